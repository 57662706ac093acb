"""People who are invited to sign in, and the mail to them that is to go out."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Integer, LargeBinary, String, Table, UniqueConstraint, false

from chat.infra.store.columns import about, mac, metadata, personal, plain, to, uid

# Gone once it is accepted or taken back, with its data key, under which address and letters are sealed. `secret_hash`
# is that of 256 random bits. `invited_by` is null where the server's operator invites.
invitation = Table(
    "invitation",
    metadata,
    uid("identifier"),
    plain("account_id", to("account.id"), nullable=False, index=True),
    personal("invited_by", to("agent.id"), "identifier", index=True),
    personal("role", String(10), "role", nullable=False),
    plain("key_slot", Integer, nullable=False),
    personal("email", LargeBinary, "e-mail", nullable=False),
    personal("email_hash", String(64), "e-mail", nullable=False),
    personal("secret_hash", String(64), "credential", nullable=False, unique=True),
    personal("created_at", BigInteger, "time", nullable=False),
    personal("expires_at", BigInteger, "time", nullable=False, index=True),
    plain("returned", Boolean(create_constraint=False), nullable=False, default=False, server_default=false()),
    mac(),
    UniqueConstraint("account_id", "email_hash"),
    info=about(
        "agent",
        "a person who is invited to answer for the account",
        basis="contract",
        kept="until accepted or taken back, 14 days at most; sealed under a key of its own",
        # In no backup: none brings one back that was accepted or taken back.
        saved=False,
        bound=("id", "account_id", "invited_by", "role", "email_hash", "secret_hash", "expires_at"),
    ),
)

invitation_letter = Table(
    "invitation_letter",
    metadata,
    uid(),
    plain("invitation_id", to("invitation.id"), nullable=False, index=True),
    personal("letter", LargeBinary, "message", nullable=False, context="letter/{id}"),
    plain("tries", Integer, nullable=False, default=0, inner=True),
    plain("due_at", BigInteger, nullable=False, index=True, inner=True),
    personal("created_at", BigInteger, "time", nullable=False),
    info=about(
        "agent",
        "to invite them by mail",
        basis="contract",
        kept="until delivered, a day at most",
        saved=False,
    ),
)
