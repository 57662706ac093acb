"""Tickets are given out by rules."""

import sqlalchemy as sa
from alembic import op

revision = "0048_routing"
down_revision = "0047_saved_views"


def upgrade() -> None:
    """Add the tables. Nothing is given out before an admin says so."""
    op.create_table(
        "routing_rule",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("account_id", sa.String(36), sa.ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
        sa.Column("department_id", sa.String(36), sa.ForeignKey("department.id", ondelete="CASCADE")),
        sa.Column("mode", sa.String(12), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
    )
    op.create_index("ix_routing_rule_account_id", "routing_rule", ["account_id"])
    op.create_index("ix_routing_rule_department_id", "routing_rule", ["department_id"])
    op.create_table(
        "agent_routing",
        sa.Column("agent_id", sa.String(36), sa.ForeignKey("agent.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("most", sa.Integer()),
        sa.Column("routed_at", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "routed_ticket",
        sa.Column(
            "ticket_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.ForeignKey("ticket.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("agent_id", sa.String(36), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
