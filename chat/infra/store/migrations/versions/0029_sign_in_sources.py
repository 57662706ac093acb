"""The audit log says where sign-ins come from."""

import sqlalchemy as sa
from alembic import op

revision = "0029_sign_in_sources"
down_revision = "0028_session_limits"


def upgrade() -> None:
    """Add the column, empty: what was entered before verifies as it did."""
    op.add_column("audit", sa.Column("source", sa.String(60), server_default="", nullable=False))
