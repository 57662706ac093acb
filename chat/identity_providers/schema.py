"""The identity providers of accounts, and which of their people is which agent."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, LargeBinary, String, Table, Text, UniqueConstraint

from chat.infra.store.columns import about, mac, metadata, personal, plain, to, uid

# The secret by which the provider knows this server is sealed under a key of the provider's own. `domains` and
# `factors` are words with blanks between, `roles` is JSON.
identity_provider = Table(
    "identity_provider",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("account_id", to("account.id"), nullable=False, index=True),
    Column("key_slot", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("client_id", Text, nullable=False),
    Column("client_secret", LargeBinary),
    Column("domains", Text, nullable=False),
    Column("creates", Boolean(create_constraint=False), nullable=False),
    Column("enforced", Boolean(create_constraint=False), nullable=False),
    Column("suspended", Boolean(create_constraint=False), nullable=False),
    Column("default_role", String(10), nullable=False),
    Column("role_claim", Text, nullable=False),
    Column("roles", Text, nullable=False),
    Column("factors", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    mac(),
    info=about(
        "nobody",
        "where the organisation keeps its people, who sign in there",
        bound=(
            *("id", "account_id", "issuer", "client_id", "client_secret", "domains", "creates", "enforced"),
            *("suspended", "default_role", "role_claim", "roles", "factors"),
        ),
    ),
)

provider_identity = Table(
    "provider_identity",
    metadata,
    uid(),
    personal("agent_id", to("agent.id"), "identifier", nullable=False, index=True),
    plain("provider_id", to("identity_provider.id"), nullable=False),
    personal("subject_hash", String(64), "identifier", nullable=False),
    personal("created_at", BigInteger, "time", nullable=False),
    mac(),
    UniqueConstraint("provider_id", "subject_hash"),
    UniqueConstraint("provider_id", "agent_id"),
    info=about(
        "agent",
        "who an agent is at the identity provider, as a keyed hash",
        basis="contract",
        kept="until parted from the provider, and as long as the agent",
        bound=("id", "agent_id", "provider_id", "subject_hash"),
    ),
)

used_sign_in = Table(
    "used_sign_in",
    metadata,
    Column("secret_hash", String(64), primary_key=True),
    Column("expires_at", BigInteger, nullable=False, index=True),
    # In no backup: what it keeps from being used again is over within minutes.
    info=about("nobody", "that the way back from a provider counts once", saved=False),
)
