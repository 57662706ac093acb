"""How long sessions last is the account's to say."""

import sqlalchemy as sa
from alembic import op

revision = "0028_session_limits"
down_revision = "0027_factor_rules"


def upgrade() -> None:
    """Add the columns, with what held for every account."""
    for name, usual in (("session_days", "14"), ("session_idle_minutes", "1440")):
        op.add_column("account", sa.Column(name, sa.Integer(), server_default=usual, nullable=False))
