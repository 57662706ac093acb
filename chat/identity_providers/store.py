"""Identity providers and who is who there. Each row is bound; one that does not hold signs nobody in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from sqlalchemy import Row, delete, insert, literal, select, update

from chat.core.errors import NotFound
from chat.identity_providers.schema import identity_provider, provider_identity, used_sign_in
from chat.infra.store.bound import bind, holds, rebound
from chat.infra.store.columns import metadata
from chat.infra.store.tx import Tx
from chat.infra.store.upsert import once

ProviderRow: TypeAlias = Row[*tuple[Any, ...]]
IdentityRow: TypeAlias = Row[*tuple[Any, ...]]


def add(tx: Tx, made: Mapping[str, Any]) -> bool:
    """Store a provider, unless there is one with its id. Return whether it was stored."""
    return once(tx, identity_provider, {**made, "mac": bind(tx, identity_provider, made)})


def of_account(tx: Tx, account_id: str) -> list[ProviderRow]:
    """Return an account's providers, oldest first."""
    query = select(identity_provider).where(identity_provider.c.account_id == account_id)
    rows = tx.execute(query.order_by(identity_provider.c.created_at, identity_provider.c.id))
    return [row for row in rows if holds(tx, identity_provider, row)]


def one(tx: Tx, account_id: str, provider_id: str, *, lock: bool = False) -> ProviderRow:
    """Return a provider of the account. Raises NotFound where there is none."""
    mine = (identity_provider.c.id == provider_id) & (identity_provider.c.account_id == account_id)
    query = select(identity_provider).where(mine)
    row = tx.execute(query.with_for_update() if lock else query).first()
    if row is None or not holds(tx, identity_provider, row):
        raise NotFound("No such identity provider")
    return row


def by_id(tx: Tx, provider_id: str) -> ProviderRow:
    """Return a provider by its id, which is for anybody who wants to sign in. Raises NotFound."""
    row = tx.execute(select(identity_provider).where(identity_provider.c.id == provider_id)).first()
    if row is None or not holds(tx, identity_provider, row):
        raise NotFound("No such identity provider")
    return row


def named_for(tx: Tx, domain: str) -> list[tuple[str, str, str]]:
    """Return the providers for addresses of a domain, of any account: id, name, and the account's name."""
    account = metadata.tables["account"]
    here = (literal(" ") + identity_provider.c.domains + literal(" ")).contains(f" {domain} ", autoescape=True)
    query = select(identity_provider, account.c.name.label("account_name")).where(here)
    query = query.join(account, account.c.id == identity_provider.c.account_id)
    rows = tx.execute(query.order_by(identity_provider.c.name, identity_provider.c.id))
    return [(row.id, row.name, row.account_name) for row in rows if holds(tx, identity_provider, row)]


def is_any(tx: Tx) -> bool:
    """Whether any account has a provider."""
    return tx.execute(select(identity_provider.c.id).limit(1)).first() is not None


def required_for(tx: Tx, account_id: str, domain: str) -> str | None:
    """
    Return the id of the provider through which alone agents of a domain sign in, None where there is none. One that
    does not hold is one for everybody: who can spoil a row must not open the way around it.
    """
    query = select(identity_provider).where(identity_provider.c.account_id == account_id)
    for row in tx.execute(query.order_by(identity_provider.c.created_at, identity_provider.c.id)):
        if not holds(tx, identity_provider, row) or (row.enforced and domain in row.domains.split()):
            return str(row.id)
    return None


def change(tx: Tx, row: ProviderRow, **values: Any) -> None:
    """Change a provider that was locked."""
    made = rebound(tx, identity_provider, row, **values)
    tx.execute(update(identity_provider).where(identity_provider.c.id == row.id).values(made))


def drop(tx: Tx, provider_id: str) -> None:
    """Delete a provider, and with it who is who there."""
    tx.execute(delete(identity_provider).where(identity_provider.c.id == provider_id))


def suspend(tx: Tx, provider_id: str) -> None:
    """Let nobody sign in through a provider until it is saved again."""
    query = select(identity_provider).where(identity_provider.c.id == provider_id).with_for_update()
    row = tx.execute(query).first()
    if row is not None:
        change(tx, row, suspended=True)


def link(tx: Tx, made: Mapping[str, Any]) -> None:
    """Store who an agent is at a provider. The store raises NotNow where either of the two is taken."""
    tx.execute(insert(provider_identity).values(**made, mac=bind(tx, provider_identity, made)))


def unlink(tx: Tx, provider_id: str, agent_id: str) -> bool:
    """Delete who an agent is at a provider. Return whether it was there."""
    mine = (provider_identity.c.provider_id == provider_id) & (provider_identity.c.agent_id == agent_id)
    return tx.execute(delete(provider_identity).where(mine)).rowcount > 0


def identities(tx: Tx, provider_id: str) -> list[IdentityRow]:
    """Return who is who at a provider, in the order in which they first signed in."""
    query = select(provider_identity).where(provider_identity.c.provider_id == provider_id)
    rows = tx.execute(query.order_by(provider_identity.c.created_at, provider_identity.c.id))
    return [row for row in rows if holds(tx, provider_identity, row)]


def by_subject(tx: Tx, provider_id: str, subject_hash: str) -> IdentityRow | None:
    """Return which agent somebody at a provider is, if any."""
    here = provider_identity.c.provider_id == provider_id
    query = select(provider_identity).where(here, provider_identity.c.subject_hash == subject_hash)
    row = tx.execute(query).first()
    return row if row is not None and holds(tx, provider_identity, row) else None


def has_identity(tx: Tx, provider_id: str, agent_id: str) -> bool:
    """Whether an agent is somebody at a provider, even by a row that does not hold."""
    mine = (provider_identity.c.provider_id == provider_id) & (provider_identity.c.agent_id == agent_id)
    return tx.execute(select(provider_identity.c.id).where(mine)).first() is not None


def provider_of(tx: Tx, agent_id: str) -> str | None:
    """Return the id of a provider at which an agent is somebody, None where there is none."""
    query = select(provider_identity).where(provider_identity.c.agent_id == agent_id)
    rows = tx.execute(query.order_by(provider_identity.c.created_at, provider_identity.c.id))
    return next((str(row.provider_id) for row in rows if holds(tx, provider_identity, row)), None)


def use_up(tx: Tx, secret_hash: str, until: int) -> bool:
    """Note that a sign-in was answered. Return whether it was the first time."""
    return once(tx, used_sign_in, {"secret_hash": secret_hash, "expires_at": until})


def drop_used(tx: Tx, now: int) -> int:
    """Delete the notes of sign-ins that are over, and return how many."""
    return tx.execute(delete(used_sign_in).where(used_sign_in.c.expires_at <= now)).rowcount
