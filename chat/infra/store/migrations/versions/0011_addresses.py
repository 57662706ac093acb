"""One mailbox, one identity: addresses and what they are found by, made anew."""

from alembic import context, op

from chat.infra.store.migrations import readdressing

revision = "0011_addresses"
down_revision = "0010_begun"


def upgrade() -> None:
    """Seal each address in the form in which it is shown, and hash its identity."""
    readdressing.renew(op.get_bind(), context.config.attributes["settings"])
