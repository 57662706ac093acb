"""A site may be deleted: it is marked so, since its contacts and tickets stay."""

import sqlalchemy as sa
from alembic import context, op

from chat.infra.store.migrations.binding import bind_again

revision = "0040_deleted_sites"
down_revision = "0039_provisioned"

BEFORE = ("id", "account_id", "key")


def upgrade() -> None:
    """Add the column, and bind each site with it; none is deleted."""
    op.add_column("site", sa.Column("deleted_at", sa.BigInteger(), nullable=True))
    bind_again(op.get_bind(), context.config.attributes["settings"], "site", BEFORE, (*BEFORE, "deleted_at"))
