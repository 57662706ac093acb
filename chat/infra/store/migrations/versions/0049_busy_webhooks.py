"""An endpoint that asks to be left alone is."""

import sqlalchemy as sa
from alembic import op

revision = "0049_busy_webhooks"
down_revision = "0048_routing"


def upgrade() -> None:
    """Add until when; none asks as yet."""
    op.add_column("webhook", sa.Column("busy_until", sa.BigInteger(), nullable=True))
