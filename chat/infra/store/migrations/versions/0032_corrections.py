"""An agent may correct what a contact gave, and a restore has to know when that was."""

import sqlalchemy as sa
from alembic import op

revision = "0032_corrections"
down_revision = "0031_bulk_changes"


def upgrade() -> None:
    """Add the column; nobody was corrected yet."""
    op.add_column("contact", sa.Column("corrected_at", sa.BigInteger()))
