"""Agents ask for an erasure, which waits until somebody confirms it."""

import sqlalchemy as sa
from alembic import op

revision = "0026_erasure_asks"
down_revision = "0025_networks"

serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "erasure_ask",
        sa.Column("id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("contact_id", serial, nullable=False),
        sa.Column("agent_id", sa.String(length=36), nullable=False),
        sa.Column("requested_at", sa.BigInteger(), nullable=False),
        sa.Column("refused_by", sa.String(length=36)),
        sa.Column("refused_at", sa.BigInteger()),
        sa.Column("reason", sa.LargeBinary()),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_erasure_ask_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_erasure_ask_contact_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure_ask")),
        sa.UniqueConstraint("contact_id", name=op.f("uq_erasure_ask_contact_id")),
    )
    op.create_index(op.f("ix_erasure_ask_account_id"), "erasure_ask", ["account_id"], unique=False)
