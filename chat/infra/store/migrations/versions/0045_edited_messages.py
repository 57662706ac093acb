"""Messages that were changed by who wrote them, and contacts who are blocked."""

import sqlalchemy as sa
from alembic import op

revision = "0045_edited_messages"
down_revision = "0044_site_notices"


def upgrade() -> None:
    """Add the columns: nothing was changed and nobody blocked before."""
    op.add_column("message", sa.Column("edited_at", sa.BigInteger(), nullable=True))
    op.add_column("contact", sa.Column("blocked_until", sa.BigInteger(), nullable=True))
