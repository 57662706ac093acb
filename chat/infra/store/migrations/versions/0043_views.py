"""Tickets have a priority, may be put aside, and say since when their visitor waits; views find them by indexes."""

import sqlalchemy as sa
from alembic import op

revision = "0043_views"
down_revision = "0042_own_responses"

SOME = (
    ("ix_ticket_open_assignee", "status = 'open'", ["account_id", "assignee", "updated_at"]),
    ("ix_ticket_open_waiting", "status = 'open'", ["account_id", "waiting_since"]),
    ("ix_ticket_snoozed", "snoozed_until IS NOT NULL", ["snoozed_until"]),
    ("ix_ticket_held", "held > 0", ["account_id", "updated_at"]),
)
# Who wrote after the last answer waits since the first of these messages, as `count_held` of the store has it.
WAITING = """
    UPDATE ticket SET waiting_since = (
        SELECT min(m.at) FROM message m
        WHERE m.ticket_id = ticket.id AND m.author = 'visitor' AND m.target IS NULL AND NOT m.held
            AND m.seq > coalesce((
            SELECT max(a.seq) FROM message a
            WHERE a.ticket_id = ticket.id AND a.author = 'agent' AND a.target IS NULL
        ), 0)
    ) WHERE status IN ('open', 'pending')
"""


def upgrade() -> None:
    """Add the columns, fill in who waits, and make the indexes."""
    op.add_column("ticket", sa.Column("priority", sa.String(length=6), server_default="none", nullable=False))
    op.add_column("ticket", sa.Column("waiting_since", sa.BigInteger(), nullable=True))
    op.add_column("ticket", sa.Column("snoozed_until", sa.BigInteger(), nullable=True))
    op.execute(WAITING)
    op.create_index("ix_ticket_account_id_status_updated_at", "ticket", ["account_id", "status", "updated_at"])
    for name, where, columns in SOME:
        op.create_index(name, "ticket", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
