"""What is done with a ticket is entered in it."""

import sqlalchemy as sa
from alembic import op

revision = "0041_system_entries"
down_revision = "0040_deleted_sites"


def upgrade() -> None:
    """Add the count and the table. What was done before is known to nobody."""
    op.add_column("ticket", sa.Column("last_entry", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "system_entry",
        sa.Column(
            "ticket_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.ForeignKey("ticket.id", ondelete="CASCADE"),
            primary_key=True,
            autoincrement=False,
        ),
        sa.Column("entry", sa.Integer(), primary_key=True),
        sa.Column("after_seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("author", sa.String(8), nullable=False),
        sa.Column("agent_id", sa.String(36)),
        sa.Column("assignee", sa.String(36)),
        sa.Column("department_id", sa.String(36)),
        sa.Column("number", sa.Integer()),
        sa.Column("until_at", sa.BigInteger()),
        sa.Column("tags", sa.LargeBinary()),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("author IN ('visitor', 'agent', 'system')", name="author"),
        sqlite_with_rowid=False,
    )
