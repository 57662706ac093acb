"""Agents have a name that visitors see, and pages as they like them."""

import sqlalchemy as sa
from alembic import op

revision = "0021_profiles"
down_revision = "0020_roles"


def upgrade() -> None:
    """Add the columns, sealed and empty."""
    for name in ("alias", "preferences"):
        op.add_column("agent", sa.Column(name, sa.LargeBinary()))
