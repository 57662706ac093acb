"""API tokens have scopes, networks, an end and a last use. One that is there keeps all it could."""

import sqlalchemy as sa
from alembic import context, op

from chat.infra.store.migrations.binding import bind_again

revision = "0019_tokens"
down_revision = "0018_factors"

BEFORE = ("id", "agent_id", "secret_hash", "revoked_at")
SINCE = ("id", "account_id", "agent_id", "secret_hash", "scopes", "networks", "expires_at", "revoked_at")


def upgrade() -> None:
    """Add the columns, and bind again each row that held."""
    op.add_column("token", sa.Column("account_id", sa.String(length=36), server_default="", nullable=False))
    op.add_column("token", sa.Column("scopes", sa.Text(), server_default="all", nullable=False))
    op.add_column("token", sa.Column("networks", sa.Text(), server_default="", nullable=False))
    op.add_column("token", sa.Column("expires_at", sa.BigInteger(), nullable=True))
    op.add_column("token", sa.Column("used_at", sa.BigInteger(), nullable=True))
    op.create_index(op.f("ix_token_account_id"), "token", ["account_id"])
    whose = "SELECT account_id FROM agent WHERE agent.id = token.agent_id"
    op.execute(f"UPDATE token SET account_id = ({whose})")  # noqa: S608 - nothing in it is from outside
    bind_again(op.get_bind(), context.config.attributes["settings"], "token", BEFORE, SINCE)
