"""The transcript is mailed once its reader has opened a link in that mailbox."""

import sqlalchemy as sa
from alembic import op

revision = "0012_transcript"
down_revision = "0011_addresses"


def upgrade() -> None:
    """Add the column; a link that is on its way brings no transcript."""
    op.add_column("link", sa.Column("transcript", sa.Boolean(), server_default=sa.false(), nullable=False))
