"""An account gives its tickets fields of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0055_ticket_fields"
down_revision = "0054_push"


def upgrade() -> None:
    """Add the table and the column: no account has defined any."""
    op.create_table(
        "ticket_fields",
        sa.Column("account_id", sa.String(36), sa.ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("fields", sa.JSON(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
    )
    op.add_column("ticket", sa.Column("fields", sa.LargeBinary()))
