"""Parts of an audit log that were closed because they are broken."""

import sqlalchemy as sa
from alembic import op

revision = "0008_evidence"
down_revision = "0007_filter"


def upgrade() -> None:
    """Add the table, and to each log's head what seals its closed parts."""
    op.add_column("audit_head", sa.Column("closed", sa.String(length=64), server_default="", nullable=False))
    op.create_table(
        "audit_part",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("first", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("broken_at", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(length=100), nullable=False),
        sa.Column("closed_at", sa.BigInteger(), nullable=False),
        sa.Column("dropped_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_audit_part_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "first", name=op.f("pk_audit_part")),
    )
