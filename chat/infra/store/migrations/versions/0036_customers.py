"""A site may prove who is signed in on it, and a contact may be a customer of it."""

import sqlalchemy as sa
from alembic import op

revision = "0036_customers"
down_revision = "0035_passkeys"


def upgrade() -> None:
    """Add the tables; no site has a secret yet, and nobody is known."""
    op.create_table(
        "customer_secret",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("site_id", sa.String(length=36), nullable=False),
        sa.Column("way", sa.String(length=4), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.Column("mac", sa.String(length=64), server_default="", nullable=False),
        sa.CheckConstraint("way IN ('jwt', 'hash')", name=op.f("ck_customer_secret_way")),
        sa.ForeignKeyConstraint(["site_id"], ["site.id"], name=op.f("fk_customer_secret_site_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customer_secret")),
    )
    op.create_index(op.f("ix_customer_secret_site_id"), "customer_secret", ["site_id"])
    op.create_table(
        "customer",
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("external_id", sa.LargeBinary(), nullable=False),
        sa.Column("external_hash", sa.String(length=64), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("mac", sa.String(length=64), server_default="", nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_customer_contact_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_customer")),
    )
    op.create_index(op.f("ix_customer_external_hash"), "customer", ["external_hash"])
