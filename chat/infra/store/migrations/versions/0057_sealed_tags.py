"""Tags are sealed under the key of whose ticket it is, and found by keyed hashes."""

import sqlalchemy as sa
from alembic import context, op

from chat.infra.store.migrations import binding

revision = "0057_sealed_tags"
down_revision = "0056_response_files"


def upgrade() -> None:
    """Seal the tags that are there. Those of a contact who was erased, or whose key is gone, go."""
    key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "ticket_tag",
        sa.Column(
            "ticket_id", key, sa.ForeignKey("ticket.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
        ),
        sa.Column("tag", sa.String(36), primary_key=True),
        sa.Column("account_id", sa.String(36), sa.ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_ticket_tag_account_id_tag_ticket_id", "ticket_tag", ["account_id", "tag", "ticket_id"])
    op.drop_index("ix_ticket_tagged", "ticket")
    op.add_column("ticket", sa.Column("sealed", sa.LargeBinary()))
    binding.seal_tags(op.get_bind(), context.config.attributes["settings"])
    # In words: to make the table anew would take every message along, which cascade.
    op.execute("ALTER TABLE ticket DROP COLUMN tags")
    op.execute("ALTER TABLE ticket RENAME COLUMN sealed TO tags")
    tagged = sa.text("tags IS NOT NULL")
    op.create_index(
        "ix_ticket_tagged", "ticket", ["account_id", "updated_at"], sqlite_where=tagged, postgresql_where=tagged
    )
