"""A site may have a notice of its own, and stands in a corner of its choice."""

import sqlalchemy as sa
from alembic import op

revision = "0044_site_notices"
down_revision = "0043_views"


def upgrade() -> None:
    """
    Add the columns. What was published is the account's notice, so no site has one of its own, and whoever has agreed
    has agreed to what is in force.
    """
    op.add_column("site", sa.Column("notice_version", sa.Integer(), nullable=True))
    op.add_column("site", sa.Column("position", sa.String(length=5), server_default="end", nullable=False))
    op.add_column("notice", sa.Column("site_id", sa.String(length=36), nullable=True))
