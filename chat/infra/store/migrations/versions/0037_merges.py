"""Agents may take two contacts for one person."""

import sqlalchemy as sa
from alembic import op

revision = "0037_merges"
down_revision = "0036_customers"

serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table, and what erasures and exports say of it."""
    op.create_table(
        "merge",
        sa.Column("contact_id", serial, autoincrement=False, nullable=False),
        sa.Column("person", sa.String(length=36), nullable=False),
        sa.Column("merged_at", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.String(length=64), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_merge_contact_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_merge")),
    )
    op.create_index(op.f("ix_merge_person"), "merge", ["person"], unique=False)
    op.add_column("erasure", sa.Column("person", sa.String(length=36)))
    op.create_index(op.f("ix_erasure_person"), "erasure", ["person"], unique=False)
    op.add_column("export", sa.Column("merged", sa.JSON(), server_default="[]", nullable=False))
