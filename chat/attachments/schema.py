"""Files that people send."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Integer, LargeBinary, String, Table

from chat.infra.store.columns import about, metadata, personal, plain, to, uid

# The bytes are in files; each has a key of its own here, sealed under its contact's. Until a message names it `seq` is
# null, and it goes after a day.
attachment = Table(
    "attachment",
    metadata,
    uid(),
    plain("contact_id", to("contact.id"), nullable=False, index=True),
    plain("ticket_id", to("ticket.id"), index=True),
    plain("seq", Integer),
    plain("author", String(8), nullable=False),
    plain("blob", String(43), nullable=False, unique=True, inner=True),
    personal("name", LargeBinary, "attachment", nullable=False, context="attachment/{id}/name"),
    personal(
        "file_key", LargeBinary, "attachment", nullable=False, withheld="opens the file, which itself is in the archive"
    ),
    plain("type", String(40), nullable=False),
    plain("size", Integer, nullable=False),
    plain("preview", Boolean(create_constraint=False), nullable=False, default=False),
    plain("width", Integer),
    plain("height", Integer),
    personal("created_at", BigInteger, "time", nullable=False),
    CheckConstraint("author IN ('visitor', 'agent')", name="author"),
    info=about("contact", "files sent to be answered", basis="consent", kept="attachments"),
)
