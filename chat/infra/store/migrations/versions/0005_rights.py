"""Custom fields, mailed links to one's own data, and who was sent data."""

import sqlalchemy as sa
from alembic import op

revision = "0005_rights"
down_revision = "0004_exports"

serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add columns and tables."""
    with op.batch_alter_table("site") as table:
        table.add_column(sa.Column("custom_fields", sa.JSON(), server_default="[]", nullable=False))
        table.add_column(sa.Column("privacy_note", sa.Text(), server_default="", nullable=False))
    op.add_column("contact", sa.Column("phone", sa.LargeBinary()))
    op.add_column("contact", sa.Column("fields", sa.LargeBinary()))
    op.create_table(
        "link",
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("contact_id", serial, autoincrement=False, nullable=False),
        sa.Column("opened", sa.Boolean(create_constraint=False), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_link_contact_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("secret_hash", "contact_id", name=op.f("pk_link")),
    )
    op.create_index(op.f("ix_link_contact_id"), "link", ["contact_id"], unique=False)
    op.create_index(op.f("ix_link_expires_at"), "link", ["expires_at"], unique=False)
    op.create_table(
        "disclosure",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", serial, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("recipient", sa.String(length=64), nullable=False),
        sa.Column("address", sa.LargeBinary()),
        sa.Column("categories", sa.JSON(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_disclosure_contact_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosure")),
    )
    op.create_index(op.f("ix_disclosure_contact_id"), "disclosure", ["contact_id"], unique=False)
    op.create_table(
        "recipient",
        sa.Column("erasure_id", sa.String(length=36), nullable=False),
        sa.Column("recipient", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("letters", sa.JSON(), nullable=False),
        sa.Column("address", sa.LargeBinary()),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("told_at", sa.BigInteger()),
        sa.ForeignKeyConstraint(
            ["erasure_id"], ["erasure.id"], name=op.f("fk_recipient_erasure_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("erasure_id", "recipient", name=op.f("pk_recipient")),
    )
