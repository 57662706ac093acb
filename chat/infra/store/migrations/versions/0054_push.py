"""Agents are called on their devices."""

import sqlalchemy as sa
from alembic import op

revision = "0054_push"
down_revision = "0053_merged_tickets"


def upgrade() -> None:
    """Add the tables. Nobody is called before they ask for it."""
    op.create_table(
        "push_subscription",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("agent_id", sa.String(36), sa.ForeignKey("agent.id", ondelete="CASCADE"), nullable=False),
        sa.Column(
            "session_id", sa.String(36), sa.ForeignKey("session.id", ondelete="CASCADE"), nullable=False, unique=True
        ),
        sa.Column("endpoint", sa.LargeBinary(), nullable=False),
        sa.Column("endpoint_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("locale", sa.String(8), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger()),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("called_at", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("heard_at", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.String(64), server_default="", nullable=False),
    )
    op.create_index("ix_push_subscription_agent_id", "push_subscription", ["agent_id"])
    op.create_index("ix_push_subscription_due_at", "push_subscription", ["due_at"])
    op.create_table(
        "push_call",
        sa.Column(
            "ticket_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.ForeignKey("ticket.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("agent_id", sa.String(36), primary_key=True),
        sa.Column("why", sa.String(10), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("spread", sa.Boolean(create_constraint=False), nullable=False),
    )
    op.create_index("ix_push_call_at", "push_call", ["at"])
