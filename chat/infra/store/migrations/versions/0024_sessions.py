"""Sessions know of what kind of device they are."""

import sqlalchemy as sa
from alembic import op

revision = "0024_sessions"
down_revision = "0023_former_agents"


def upgrade() -> None:
    """Add the column, sealed and empty."""
    op.add_column("session", sa.Column("device", sa.LargeBinary()))
