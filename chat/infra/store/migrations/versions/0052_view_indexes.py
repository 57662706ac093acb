"""Views that anybody may keep find their tickets by indexes too."""

import sqlalchemy as sa
from alembic import op

revision = "0052_view_indexes"
down_revision = "0051_mentions"

SOME = (
    ("ix_ticket_put_aside", "snoozed_until IS NOT NULL", ["account_id", "updated_at"]),
    (
        "ix_ticket_waiting",
        "waiting_since IS NOT NULL AND status IN ('open', 'pending')",
        ["account_id", "updated_at"],
    ),
    ("ix_ticket_priority", "priority <> 'none'", ["account_id", "priority", "updated_at"]),
    ("ix_ticket_tagged", "json_array_length(tags) > 0", ["account_id", "updated_at"]),
)


def upgrade() -> None:
    """Make the indexes. That of departments alone is the beginning of one of them."""
    op.create_index("ix_ticket_site_id_updated_at", "ticket", ["site_id", "updated_at"])
    op.create_index("ix_ticket_department_id_updated_at", "ticket", ["department_id", "updated_at"])
    op.drop_index("ix_ticket_department_id", "ticket")
    for name, where, columns in SOME:
        op.create_index(name, "ticket", columns, sqlite_where=sa.text(where), postgresql_where=sa.text(where))
