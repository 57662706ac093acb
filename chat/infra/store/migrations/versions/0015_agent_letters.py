"""Mail to agents goes through an outbox of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0015_agent_letters"
down_revision = "0014_agreements"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "agent_letter",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("agent_id", sa.String(length=36), nullable=False),
        sa.Column("letter", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_agent_letter_agent_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent_letter")),
    )
    op.create_index(op.f("ix_agent_letter_agent_id"), "agent_letter", ["agent_id"])
    op.create_index(op.f("ix_agent_letter_due_at"), "agent_letter", ["due_at"])
