"""Which tickets a bulk change was made to already."""

import sqlalchemy as sa
from alembic import op

revision = "0031_bulk_changes"
down_revision = "0030_portraits"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "bulk_change",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_bulk_change_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "id", "number", name=op.f("pk_bulk_change")),
    )
    op.create_index(op.f("ix_bulk_change_at"), "bulk_change", ["at"])
