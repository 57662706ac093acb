"""
Passwords that are changed, and API tokens that are taken away. The ledger knows of each, so that no restore brings an
old one back, and whose password it was is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chat.core.addresses import address
from chat.core.errors import Forbidden, InvalidField, NotFound, RateLimited, Unauthorized
from chat.core.events import CredentialsRevoked, WorkDue
from chat.core.model import Actor
from chat.infra.audit import audit
from chat.infra.gathered import Entered
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team import store
from chat.team.actions import passwords
from chat.tokens import store as tokens_store


@dataclass(frozen=True, slots=True)
class PasswordStanding:
    """Whether an agent's password is `due` to be changed, and how many attempts failed before this session."""

    due: bool
    failed: int


TRIES, WINDOW = 10, 900.0


@dataclass(frozen=True, slots=True)
class Renewed:
    """An agent's new password, which is kept nowhere, and how many sessions and tokens ended with the old one."""

    agent_id: str
    password: str
    sessions: int
    tokens: int


async def renew(services: Services, email: str, password: str | None, *, with_tokens: bool) -> Renewed:
    """
    Give an agent another password, generated unless given, and end their sessions, and `with_tokens` their API tokens
    too. For the server's operator. Raises InvalidField, and NotFound where no active agent has the address.
    """
    chosen = passwords.chosen(password, email)
    known = await services.store.read(lambda tx: _active(tx, services.email_hash("agents", email), email))
    # Before the transaction: argon2 takes tens of milliseconds, and whoever writes would wait for them.
    kept = await passwords.kept(services, known.key_slot, known.id, chosen)

    def work(tx: Tx) -> tuple[str, str, int, list[str]]:
        # Found again: they may have been deactivated meanwhile.
        row = _active(tx, known.email_hash, email)
        store.change(tx, row.id, password_hash=kept, password_due=password is None)
        ended = store.end_sessions(tx, row.id)
        tokens = tokens_store.live_tokens(tx, row.id) if with_tokens else []
        for each in tokens:
            tokens_store.revoke(tx, each, services.clock())
            audit.record(services, tx, row.account_id, "command", "token.revoked", each)
        audit.record(services, tx, row.account_id, "command", "agent.password_changed", row.id)
        services.gathered.password_changed(services, tx, row)
        for each in tokens:
            services.ledger.enter(services.clock(), "revoke", {"token": each})
        services.ledger.enter(services.clock(), "password", {"agent": row.id})
        return row.account_id, row.id, ended, tokens

    account_id, agent_id, ended, tokens = await services.store.write(work)
    services.bus.publish(CredentialsRevoked(account_id, agent_id), WorkDue())
    return Renewed(agent_id, chosen, ended, len(tokens))


async def change(services: Services, actor: Actor, old: str, new: str) -> int:
    """
    Give the actor, who knows the old password, a new one, and end their other sessions, and return how many. Raises
    InvalidField, naming `old` or `password`, RateLimited, and Forbidden for who came with a token.
    """
    if not actor.session_id:
        raise Forbidden("A password is changed by whoever is signed in, not by a program")
    wait = await services.bus.allow(f"password:{actor.agent_id}", TRIES, WINDOW)
    if wait:
        raise RateLimited("Too many attempts; wait before the next", retry_after=wait)
    row = await services.store.read(lambda tx: store.active(tx, actor.agent_id))
    if not await passwords.right(services, row, old) or row is None:
        raise InvalidField("This is not your password", field="old")
    if new == old:
        raise InvalidField("Take another password than the old one", field="password", why="same")
    email = services.unseal(row.key_slot, row.id, "email", row.email) or ""
    kept = await passwords.kept(services, row.key_slot, row.id, passwords.chosen(new, email, actor.name))

    def work(tx: Tx) -> int:
        is_now = store.active(tx, row.id, lock=True)
        # Somebody changed it meanwhile: what was shown as the old password is none any more.
        if is_now is None or is_now.password_hash != row.password_hash:
            raise Unauthorized("Sign in again")
        store.change(tx, row.id, password_hash=kept, password_due=False)
        ended = store.end_sessions(tx, row.id, but=actor.session_id)
        audit.record(services, tx, row.account_id, row.id, "agent.password_changed", row.id)
        services.gathered.password_changed(services, tx, row)
        services.ledger.enter(services.clock(), "password", {"agent": row.id})
        return ended

    ended = await services.store.write(work)
    await services.bus.give_back(f"password:{actor.agent_id}", WINDOW)
    services.bus.publish(CredentialsRevoked(actor.account_id, actor.agent_id), WorkDue())
    return ended


async def standing(services: Services, actor: Actor) -> PasswordStanding:
    """Return how it stands with the actor's password."""

    def work(tx: Tx) -> PasswordStanding:
        row = store.active(tx, actor.agent_id)
        session = store.session_by_id(tx, actor.session_id, services.clock())
        return PasswordStanding(row is not None and row.password_due, 0 if session is None else session.failed)

    return await services.store.read(work)


def _active(tx: Tx, email_hash: str, email: str) -> Any:
    row = store.by_email(tx, email_hash)
    if row is None or row.deactivated_at is not None:
        address(email)
        raise NotFound("No active agent has this address")
    return row


async def lock(services: Services, agent_id: str) -> None:
    """Let no password open an agent's account until they are given another: the one in force is not known here."""
    await services.store.write(lambda tx: store.change(tx, agent_id, password_hash=""))


async def lock_again(services: Services, what: Entered) -> None:
    """Lock the account: the old password must not open it again, and the ledger holds no new one."""
    await lock(services, what["agent"])
