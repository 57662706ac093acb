"""How many may agree from one network is the account's to say."""

import sqlalchemy as sa
from alembic import op

revision = "0014_agreements"
down_revision = "0013_bound"


def upgrade() -> None:
    """Add the column, with what was the limit of every account."""
    op.add_column("account", sa.Column("agreement_rate", sa.Integer(), server_default="30", nullable=False))
