"""Mail that is to go out, and what was sent to whom."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Integer, LargeBinary, String, Table

from chat.infra.store.columns import about, metadata, personal, plain, to, uid

# Mail on its way: gone once it is delivered or refused for good. `letter` is sealed under the contact's key.
outbox = Table(
    "outbox",
    metadata,
    uid(),
    plain("contact_id", to("contact.id"), nullable=False, index=True),
    personal("letter", LargeBinary, "message", nullable=False, context="letter/{id}"),
    plain("tries", Integer, nullable=False, default=0, inner=True),
    plain("due_at", BigInteger, nullable=False, index=True, inner=True),
    personal("created_at", BigInteger, "time", nullable=False),
    info=about(
        "contact", "mail the contact asked for", basis="consent", kept="until delivered, a day at most", saved=False
    ),
)

# What was sent to whom (Art. 19). `recipient` is a keyed hash of an address, or an id; `address` is sealed, and kept
# only of those who are not the contact: they are told of an erasure.
disclosure = Table(
    "disclosure",
    metadata,
    uid(),
    plain("contact_id", to("contact.id"), nullable=False, index=True),
    plain("kind", String(10), nullable=False),
    personal("recipient", String(64), "e-mail", nullable=False, withheld="a keyed hash of an address"),
    personal("address", LargeBinary, "e-mail", context="sent/{id}"),
    plain("categories", JSON, nullable=False),
    personal("at", BigInteger, "time", nullable=False),
    info=about("contact", "to tell those who were sent data", basis="duty", kept="contacts"),
)
