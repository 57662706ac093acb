"""Exports of what is held of a contact, and what the account says of them."""

import sqlalchemy as sa
from alembic import op

revision = "0004_exports"
down_revision = "0003_retention"


def upgrade() -> None:
    """Add the table and the account's columns."""
    for name in ("export_agent_names", "export_notes"):
        op.add_column(
            "account", sa.Column(name, sa.Boolean(create_constraint=False), nullable=False, server_default=sa.false())
        )
    op.create_table(
        "export",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("source", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("blob", sa.String(length=43), nullable=True),
        sa.Column("file_key", sa.LargeBinary(), nullable=True),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("leased_until", sa.BigInteger(), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("state IN ('queued', 'running', 'done', 'failed')", name=op.f("ck_export_state")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_export_contact_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export")),
        sa.UniqueConstraint("blob", name=op.f("uq_export_blob")),
    )
    op.create_index(op.f("ix_export_contact_id"), "export", ["contact_id"], unique=False)
    op.create_index(op.f("ix_export_expires_at"), "export", ["expires_at"], unique=False)
