"""Tickets of a contact become one."""

import sqlalchemy as sa
from alembic import op

revision = "0053_merged_tickets"
down_revision = "0052_view_indexes"


def upgrade() -> None:
    """Add the table: no ticket was merged before."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "merged_ticket",
        sa.Column("was_id", key, primary_key=True, autoincrement=False),
        sa.Column("account_id", sa.String(36), sa.ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("ticket_id", key, sa.ForeignKey("ticket.id", ondelete="CASCADE"), nullable=False),
        sa.Column("after_seq", sa.Integer(), nullable=False),
        sa.Column("messages", sa.Integer(), nullable=False),
        sa.Column("merged_at", sa.BigInteger(), nullable=False),
        sa.UniqueConstraint("account_id", "number", name="uq_merged_ticket_account_id_number"),
    )
    op.create_index("ix_merged_ticket_ticket_id", "merged_ticket", ["ticket_id"])
