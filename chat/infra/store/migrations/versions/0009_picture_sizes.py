"""How large an image is, so that its place can be kept free before it is loaded."""

import sqlalchemy as sa
from alembic import op

revision = "0009_picture_sizes"
down_revision = "0008_evidence"


def upgrade() -> None:
    """Add the columns; images kept before have no size: their files open only with their contact's key."""
    op.add_column("attachment", sa.Column("width", sa.Integer(), nullable=True))
    op.add_column("attachment", sa.Column("height", sa.Integer(), nullable=True))
