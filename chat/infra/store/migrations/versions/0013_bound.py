"""
Rows that open something are bound by a MAC, passwords sealed; failed attempts, generated passwords and idle sessions
are known.
"""

import sqlalchemy as sa
from alembic import context, op

from chat.core.clock import now
from chat.infra.store.migrations.binding import bind_all, seal_passwords, seal_ratings

revision = "0013_bound"
down_revision = "0012_transcript"

BOUND = {
    "site": ("id", "account_id", "key"),
    "agent": ("id", "account_id", "role", "deactivated_at"),
    "session": ("id", "agent_id", "secret_hash", "expires_at"),
    "token": ("id", "agent_id", "secret_hash", "revoked_at"),
    "contact": ("id", "uid", "account_id", "email_hash"),
    "link": ("secret_hash", "contact_id", "opened", "expires_at"),
}
KEYS = {"link": ("secret_hash", "contact_id")}


def upgrade() -> None:
    """Add the columns, and bind and seal what is there as it is: from now on it cannot be changed unseen."""
    for name in BOUND:
        op.add_column(name, sa.Column("mac", sa.String(length=64), server_default="", nullable=False))
    op.add_column("agent", sa.Column("password_due", sa.Boolean(), server_default=sa.false(), nullable=False))
    for table, column, kind in (
        ("agent", "failed", sa.Integer()),
        ("session", "failed", sa.Integer()),
        ("session", "seen_at", sa.BigInteger()),
    ):
        op.add_column(table, sa.Column(column, kind, server_default="0", nullable=False))
    op.get_bind().execute(sa.text("UPDATE session SET seen_at = :now"), {"now": now()})
    settings = context.config.attributes["settings"]
    for name, said in BOUND.items():
        bind_all(op.get_bind(), settings, name, said, KEYS.get(name, ("id",)))
    seal_passwords(op.get_bind(), settings)
    seal_ratings(op.get_bind(), settings)
