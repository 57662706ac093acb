"""Agents have pictures."""

import sqlalchemy as sa
from alembic import op

revision = "0030_portraits"
down_revision = "0029_sign_in_sources"


def upgrade() -> None:
    """Add them, none yet."""
    op.add_column("agent", sa.Column("portrait", sa.String(22)))
    op.create_index("ix_agent_portrait", "agent", ["portrait"], unique=True)
    op.create_table(
        "portrait",
        sa.Column("agent_id", sa.String(36), nullable=False),
        sa.Column("image", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name="fk_portrait_agent_id_agent", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("agent_id", name="pk_portrait"),
    )
