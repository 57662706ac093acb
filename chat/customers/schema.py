"""The secrets by which sites prove who is signed in, and which contact is which customer."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, LargeBinary, String, Table

from chat.infra.store.columns import about, mac, metadata, personal, plain, to, uid

# The secret itself is not kept: it is made of the row and the server's secret (`actions/secrets.py`).
customer_secret = Table(
    "customer_secret",
    metadata,
    uid(),
    Column("site_id", String(36), to("site.id"), nullable=False, index=True),
    Column("way", String(4), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("until", BigInteger),
    mac(),
    CheckConstraint("way IN ('jwt', 'hash')", name="way"),
    info=about("nobody", "a website's proof of who is signed in", bound=("id", "site_id", "way", "until")),
)

customer = Table(
    "customer",
    metadata,
    plain("contact_id", to("contact.id"), primary_key=True, autoincrement=False),
    personal("external_id", LargeBinary, "identifier", context="customer", nullable=False),
    personal(
        "external_hash",
        String(64),
        "identifier",
        purpose="to find a signed-in customer's chats on another device",
        withheld="a keyed hash of the id that is given",
        index=True,
        nullable=False,
    ),
    personal("since", BigInteger, "time", nullable=False),
    mac(),
    info=about(
        "contact",
        "to know a customer again who is signed in at the shop",
        basis="consent",
        kept="contacts",
        bound=("contact_id", "external_hash"),
    ),
)
