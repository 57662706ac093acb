"""Agents are mailed when a visitor has waited for long."""

import sqlalchemy as sa
from alembic import op

revision = "0050_waiting_mail"
down_revision = "0049_busy_webhooks"


def upgrade() -> None:
    """Add the setting, which mails nobody, and the table."""
    op.add_column("account", sa.Column("waiting_minutes", sa.Integer(), server_default="0", nullable=False))
    op.create_table(
        "waiting_mail",
        sa.Column(
            "ticket_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.ForeignKey("ticket.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("again_at", sa.BigInteger()),
    )
