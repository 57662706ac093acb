"""Of which waits agents were mailed."""

from __future__ import annotations

from sqlalchemy import BigInteger, Table

from chat.account.schema import add_settings
from chat.infra.store.columns import about, metadata, personal, plain, serial, to
from chat.waiting_mail.domain import WAITING_MINUTES

add_settings(WAITING_MINUTES)

# One mail for each wait: `since` is the ticket's own `waiting_since`. With `again_at` nobody could be written to yet.
waiting_mail = Table(
    "waiting_mail",
    metadata,
    plain("ticket_id", serial, to("ticket.id"), primary_key=True, autoincrement=False),
    personal("since", BigInteger, "time", nullable=False),
    plain("again_at", BigInteger, inner=True),
    info=about("contact", "to tell agents once that somebody waits", basis="consent", kept="transcripts"),
)
