"""Mailed links to one's own data."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, String, Table, false

from chat.infra.store.columns import about, mac, metadata, personal, plain, serial, to

# A mailed way to one's own data, one row for each contact it covers; `secret_hash` is that of 256 random bits. Opening
# it changes the secret, so a link works once. `opened` tells the two apart. Opening it has the `transcript` mailed of
# the contact who asked for that: only then is it known whose address it is.
link = Table(
    "link",
    metadata,
    plain("secret_hash", String(64), primary_key=True, inner=True),
    plain("contact_id", serial, to("contact.id"), primary_key=True, autoincrement=False, index=True),
    plain("opened", Boolean(create_constraint=False), nullable=False, default=False),
    plain("transcript", Boolean(create_constraint=False), nullable=False, default=False, server_default=false()),
    personal("expires_at", BigInteger, "time", nullable=False, index=True),
    mac(),
    info=about(
        "contact",
        "to know whose mailbox asked",
        basis="duty",
        kept="an hour",
        saved=False,
        bound=("secret_hash", "contact_id", "opened", "expires_at"),
    ),
)
