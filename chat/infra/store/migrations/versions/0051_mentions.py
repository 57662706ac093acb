"""Who is named in a note finds it when they come."""

import sqlalchemy as sa
from alembic import op

revision = "0051_mentions"
down_revision = "0050_waiting_mail"


def upgrade() -> None:
    """Add the table. Who was named before is not noted."""
    op.create_table(
        "mention",
        sa.Column("agent_id", sa.String(36), sa.ForeignKey("agent.id", ondelete="CASCADE"), primary_key=True),
        sa.Column(
            "ticket_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.ForeignKey("ticket.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("note", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
    )
    op.create_index("ix_mention_ticket_id", "mention", ["ticket_id"])
