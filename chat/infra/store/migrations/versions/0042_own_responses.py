"""Saved replies in other languages, and those that agents keep for themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0042_own_responses"
down_revision = "0041_system_entries"


def upgrade() -> None:
    """Add a column for texts in other languages, and the table of agents' own."""
    op.add_column("canned_response", sa.Column("translations", sa.JSON(), nullable=False, server_default="{}"))
    op.create_table(
        "own_response",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("agent_id", sa.String(length=36), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_own_response_agent_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_response")),
    )
    op.create_index(op.f("ix_own_response_agent_id"), "own_response", ["agent_id"])
