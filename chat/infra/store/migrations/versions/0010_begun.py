"""Agreeing twice is agreeing once: a contact, and later its erasure, keeps a hash of the id it was agreed with."""

import sqlalchemy as sa
from alembic import op

revision = "0010_begun"
down_revision = "0009_picture_sizes"


def upgrade() -> None:
    """Add the columns; who began before has none."""
    op.add_column("contact", sa.Column("begun", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_contact_begun"), "contact", ["begun"], unique=True)
    op.add_column("erasure", sa.Column("begun", sa.String(length=64), nullable=True))
    op.create_index(op.f("ix_erasure_begun"), "erasure", ["begun"])
