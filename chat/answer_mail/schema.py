"""Mail about answers on its way, up to where a ticket's visitor was sent one, and the links in it."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, String, Table

from chat.account.schema import add_settings
from chat.answer_mail.domain import ANSWER_MINUTES, ANSWER_TEXT
from chat.infra.store.columns import about, mac, metadata, personal, plain, serial, to, uid

add_settings(ANSWER_MINUTES, ANSWER_TEXT)

WHY = "to mail an answer to who left"

# Gone once it is delivered or refused for good. `letter` is sealed under the contact's key.
answer_letter = Table(
    "answer_letter",
    metadata,
    uid(),
    plain("contact_id", to("contact.id"), nullable=False, index=True),
    personal("letter", LargeBinary, "message", nullable=False, context="letter/{id}"),
    plain("tries", Integer, nullable=False, default=0, inner=True),
    plain("due_at", BigInteger, nullable=False, index=True, inner=True),
    personal("created_at", BigInteger, "time", nullable=False),
    info=about("contact", WHY, basis="consent", kept="until delivered, a day at most", saved=False),
)

# One mail for all that is unread: the next one only after its visitor has read. `seq` is the first answer it was about.
answer_mail = Table(
    "answer_mail",
    metadata,
    plain("ticket_id", serial, to("ticket.id"), primary_key=True, autoincrement=False),
    plain("contact_id", to("contact.id"), nullable=False, index=True),
    plain("seq", Integer, nullable=False),
    plain("letter_id", String(36), nullable=False, unique=True, inner=True),
    personal("mailed_at", BigInteger, "time", nullable=False),
    plain("bounced", Boolean(create_constraint=False), nullable=False, default=False),
    info=about("contact", WHY, basis="consent", kept="transcripts"),
)

# `secret_hash` is that of 256 random bits. A used one is kept until it is over, to say so.
answer_link = Table(
    "answer_link",
    metadata,
    plain("secret_hash", String(64), primary_key=True, inner=True),
    plain("contact_id", to("contact.id"), nullable=False, index=True),
    plain("used", Boolean(create_constraint=False), nullable=False, default=False),
    personal("expires_at", BigInteger, "time", nullable=False, index=True),
    mac(),
    info=about(
        "contact",
        "to bring a chat back to who left it",
        basis="consent",
        kept="14 days",
        saved=False,
        bound=("secret_hash", "contact_id", "used", "expires_at"),
    ),
)
