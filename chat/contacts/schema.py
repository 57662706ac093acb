"""Contacts, and the legal holds on them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, LargeBinary, String, Table

from chat.infra.store.columns import AGENT, about, mac, metadata, personal, plain, serial, to, uid

contact = Table(
    "contact",
    metadata,
    plain("id", serial, primary_key=True, autoincrement=True),
    personal("uid", String(36), "identifier", nullable=False, unique=True),
    plain("account_id", to("account.id"), nullable=False, index=True),
    plain("site_id", to("site.id"), nullable=False),
    plain("key_slot", Integer, nullable=False, inner=True),
    personal("name", LargeBinary, "name", context="name"),
    personal("email", LargeBinary, "e-mail", context="email"),
    personal(
        "email_hash",
        String(64),
        "e-mail",
        purpose="to find a contact by address",
        withheld="a keyed hash of the address that is given",
        index=True,
    ),
    personal("phone", LargeBinary, "phone", context="phone"),
    personal("fields", LargeBinary, "custom-field", context="fields"),
    personal("locale", String(12), "locale", nullable=False),
    personal("created_at", BigInteger, "time", nullable=False),
    # No foreign key: receipts point at contacts, and of two tables that point at each other neither can be filled
    # first.
    plain("receipt_id", BigInteger, inner=True),
    plain("notice_version", Integer),
    personal("emptied_at", BigInteger, "time", purpose="to keep a contact no longer than the last ticket needs"),
    personal(
        "begun",
        String(64),
        "identifier",
        purpose="to agree once where the answer was lost",
        withheld="a keyed hash of the random id that the browser agreed with",
        index=True,
        unique=True,
    ),
    personal("corrected_at", BigInteger, "time", purpose="to know what an older backup lacks"),
    personal("blocked_until", BigInteger, "time", purpose="to hold back what is written by who was blocked"),
    mac(),
    sqlite_autoincrement=True,
    info=about(
        "contact",
        "to answer whoever writes in",
        basis="consent",
        kept="contacts",
        bound=("id", "uid", "account_id", "email_hash"),
    ),
)

# Two contacts whom agents take for one person: this one is shown as a part of the contact with the public id `person`.
# No key leads there: who is erased alone must not take the other along.
merge = Table(
    "merge",
    metadata,
    plain("contact_id", serial, to("contact.id"), primary_key=True, autoincrement=False),
    personal(
        "person",
        String(36),
        "identifier",
        nullable=False,
        withheld="the id of another chat, whose holder it may not be",
        index=True,
    ),
    personal("merged_at", BigInteger, "time", nullable=False),
    mac(),
    info=about(
        "contact",
        "to show who writes from two places as one person",
        basis="consent",
        kept="contacts",
        bound=("contact_id", "person"),
    ),
)

hold = Table(
    "hold",
    metadata,
    uid(),
    plain("contact_id", to("contact.id"), nullable=False, unique=True),
    personal(
        "reason",
        LargeBinary,
        "message",
        nullable=False,
        withheld="what the account notes for a legal claim, Art. 15(4) GDPR",
    ),
    personal("agent_id", String(36), "identifier", nullable=False, context=AGENT),
    personal("placed_at", BigInteger, "time", nullable=False),
    plain("expires_at", BigInteger, nullable=False, index=True),
    info=about(
        "contact", "to keep what a legal claim needs", basis="claims", kept="until the day it names, 10 years at most"
    ),
)
