"""Agents: adding and deactivating them, signing in and out, and who a session or token stands for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from chat.core import access, texts
from chat.core.addresses import address
from chat.core.clock import DAY, HOUR
from chat.core.crypt import digest
from chat.core.errors import Forbidden, InvalidField, LetheError, PasswordDue, Unauthorized
from chat.core.events import CredentialsRevoked
from chat.core.ids import secret, uuid7
from chat.core.model import Actor, Agent
from chat.core.networks import Network
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team import store
from chat.team.actions import attempts, passwords
from chat.team.actions.attempts import Whence
from chat.team.schema import ROLES
from chat.team.store import AgentRow, SessionRow, TokenRow

T = TypeVar("T")
SESSION_DAYS = 14
EVEN = 0.2
"""So many seconds a failure takes at least: what is noted of a known address must not show in the time."""
IDLE, SEEN = 1 * DAY, HOUR // 6
"""A session nobody used for IDLE ms has ended. That it is used is noted every SEEN ms."""


@dataclass(frozen=True)
class Prepared:
    """An agent ready to be stored: their row, and the password in clear for showing it once."""

    row: dict[str, Any]
    password: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """
    A session that has begun: its secret for the cookie, what the device shows next time, how many attempts failed since
    the last one, and whether the password was generated and must be changed.
    """

    secret: str
    device: str
    failed: int
    password_due: bool


async def prepare_agent(
    services: Services, account_id: str, email: str, name: str, role: str, password: str | None, *, due: bool
) -> Prepared:
    """
    Check and seal what a new agent is stored with, and make their data key. A password that is generated must be
    changed at the first sign-in where it is `due`. Raises InvalidField.
    """
    email, name = address(email), texts.line(name)
    if not 0 < len(name) <= 200:  # noqa: PLR2004 - the length of a line everywhere
        raise InvalidField("Give 1 to 200 characters", field="name")
    if role not in ROLES:
        raise InvalidField(f"A role is one of {', '.join(ROLES)}", field="role")
    chosen = passwords.chosen(password, email, name)
    agent_id = uuid7()
    slot = await asyncio.to_thread(services.keys.create, agent_id)
    row = {
        "id": agent_id,
        "account_id": account_id,
        "role": role,
        "key_slot": slot,
        "name": services.seal(slot, agent_id, "name", name),
        "email": services.seal(slot, agent_id, "email", email),
        "email_hash": services.email_hash("agents", email),
        "password_hash": await passwords.kept(services, slot, agent_id, chosen),
        "password_due": password is None and due,
        "created_at": services.clock(),
    }
    return Prepared(row, chosen)


def insert_agent(tx: Tx, made: Prepared) -> None:
    """Store a prepared agent. Raises InvalidField where the address is taken."""
    if store.by_email(tx, made.row["email_hash"]) is not None:
        raise InvalidField("An agent with this address is here already", field="email")
    store.add(tx, made.row)


async def with_key_kept(services: Services, made: Prepared, work: Callable[[Tx], T]) -> T:
    """Run `work`. Where it fails, the key that was made for the agent goes again."""
    try:
        return await services.store.write(work)
    except LetheError:
        await asyncio.to_thread(services.keys.destroy, made.row["key_slot"], made.row["id"])
        raise


def give_token(tx: Tx, agent_id: str, token: str, name: str, at: int) -> str:
    """Let a program that knows `token` act for an agent, and return the token's id."""
    token_id = uuid7()
    row = {
        "id": token_id,
        "agent_id": agent_id,
        "secret_hash": digest(token),
        "name": name,
        "created_at": at,
    }
    store.add_token(tx, row)
    return token_id


async def agents(services: Services, actor: Actor) -> list[Agent]:
    """Return the account's agents, oldest first."""
    access.require(actor, "agent.read")
    rows = await services.store.read(lambda tx: store.of_account(tx, actor.account_id))
    return [_agent(services, row) for row in rows]


async def get_own(services: Services, actor: Actor) -> Agent:
    """Return the agent who acts, with no other agent's row read or name opened."""
    return _agent(services, await services.store.read(lambda tx: store.one(tx, actor.account_id, actor.agent_id)))


async def add_agent(services: Services, actor: Actor, email: str, name: str, role: str) -> tuple[Agent, str]:
    """Add an agent with a generated password, which is returned and kept nowhere."""
    access.require(actor, "agent.manage")
    if role == "owner" and actor.role != "owner":
        raise Forbidden("Only an owner adds an owner")
    made = await prepare_agent(services, actor.account_id, email, name, role, None, due=True)

    def work(tx: Tx) -> None:
        insert_agent(tx, made)
        audit.record(services, tx, actor.account_id, actor.agent_id, "agent.added", made.row["id"])

    await with_key_kept(services, made, work)
    row = await services.store.read(lambda tx: store.one(tx, actor.account_id, made.row["id"]))
    return _agent(services, row), made.password


async def deactivate_agent(services: Services, actor: Actor, agent_id: str) -> None:
    """Deactivate an agent and end their sessions, tokens and sockets. The last owner stays."""
    access.require(actor, "agent.manage")

    def work(tx: Tx) -> None:
        row = store.one(tx, actor.account_id, agent_id)
        if row.role == "owner" and actor.role != "owner":
            raise Forbidden("Only an owner deactivates an owner")
        if row.role == "owner" and row.deactivated_at is None and store.active_owners(tx, actor.account_id) == 1:
            raise Forbidden("The last owner cannot be deactivated; add another owner first")
        store.deactivate(tx, agent_id, services.clock())
        audit.record(services, tx, actor.account_id, actor.agent_id, "agent.deactivated", agent_id)
        services.ledger.enter(services.clock(), "deactivate", {"agent": agent_id})

    await services.store.write(work)
    services.bus.publish(CredentialsRevoked(actor.account_id, agent_id))


async def sign_in(services: Services, email: str, password: str, network: Network, device: str = "") -> SignedIn:
    """
    Check a password and begin a session. `network` is where the attempt comes from, `device` what a known device shows.

    Raises Unauthorized, alike for unknown, deactivated and wrong, and RateLimited after too many failures.
    """
    email_hash = services.email_hash("agents", email)
    row = await services.store.read(lambda tx: store.by_email(tx, email_hash))
    whence = attempts.known(services, row, Whence(network, device))
    # Counted before it is checked: of a thousand at once all would be checked before the first had failed.
    await attempts.begin(services, email_hash, whence)
    known = row is not None and row.deactivated_at is None
    good = await passwords.right(services, row if known else None, password)
    if row is None or not known or not good:
        await asyncio.gather(_record_failure(services, row, whence), asyncio.sleep(EVEN))
        raise Unauthorized("Address or password is wrong")
    made, now = secret(), services.clock()
    session = {"id": uuid7(), "agent_id": row.id, "secret_hash": digest(made), "created_at": now, "seen_at": now}

    def work(tx: Tx) -> int:
        # Looked at again where it is stored: the password may have been changed while it was being checked.
        is_now = store.active(tx, row.id, lock=True)
        if is_now is None or is_now.password_hash != row.password_hash:
            raise Unauthorized("Address or password is wrong")
        until = now + SESSION_DAYS * DAY
        store.add_session(tx, session | {"expires_at": until, "failed": is_now.failed})
        store.change(tx, row.id, failed=0)
        audit.record(services, tx, row.account_id, row.id, "agent.signed_in", session["id"])
        return int(is_now.failed)

    failed = await services.store.write(work)
    await attempts.succeeded(services, email_hash, whence)
    device = services.tokens.device(row.id, whence.device or uuid7(), now)
    return SignedIn(made, device, failed=failed, password_due=row.password_due)


async def _record_failure(services: Services, row: AgentRow | None, whence: Whence) -> None:
    """
    Let whom it was tried on know: entered at most every ten minutes, and counted until they sign in, unless it was on
    their own device.
    """
    if row is None:
        return

    def work(tx: Tx) -> None:
        if not whence.device:
            store.count_failure(tx, row.id)
        audit.record_once_in(services, tx, row.account_id, "system", "agent.sign_in_failed", row.id)

    await services.store.write(work)


async def sign_out(services: Services, actor: Actor) -> None:
    """End the actor's session and the sockets opened with it."""

    def work(tx: Tx) -> None:
        store.end_session(tx, actor.session_id)
        audit.record(services, tx, actor.account_id, actor.agent_id, "agent.signed_out", actor.session_id)

    await services.store.write(work)
    services.bus.publish(CredentialsRevoked(actor.account_id, actor.agent_id))


async def by_session(services: Services, cookie: str, *, due: bool = False) -> Actor:
    """
    Return who is signed in with this cookie. Raises Unauthorized where nobody is, or was idle for a day. PasswordDue
    where they must change their password first, unless this is for whoever is `due`.
    """
    shown, now = digest(services.tokens.read_cookie(cookie)), services.clock()

    def work(tx: Tx) -> tuple[SessionRow | None, AgentRow | None]:
        session = store.by_session(tx, shown, now)
        return session, None if session is None else store.active(tx, session.agent_id)

    session, row = await services.store.read(work)
    if session is None or row is None or session.seen_at <= now - IDLE:
        raise Unauthorized("Sign in first")
    if session.seen_at <= now - SEEN:
        await services.store.write(lambda tx: store.record_use(tx, session.id, now))
    if row.password_due and not due:
        raise PasswordDue("Change the password that was generated for you first, at /password")
    return _actor(services, row, session_id=session.id, until=session.expires_at)


async def by_token(services: Services, token: str) -> Actor:
    """Return for whom this API token acts. Raises Unauthorized where for nobody."""
    shown = digest(token)

    def work(tx: Tx) -> tuple[TokenRow | None, AgentRow | None]:
        found = store.by_token(tx, shown)
        return found, None if found is None else store.active(tx, found.agent_id)

    found, row = await services.store.read(work)
    if found is None or row is None:
        raise Unauthorized("This API token is not good, or no longer")
    return _actor(services, row, token_id=found.id)


async def require_still(services: Services, actor: Actor) -> Actor:
    """
    Return who acts, as they are now, with the session or token they came with. Raises Unauthorized where it has ended.
    For sockets, which outlive a request.
    """
    now = services.clock()

    def work(tx: Tx) -> tuple[SessionRow | TokenRow | None, AgentRow | None]:
        if actor.session_id:
            mine = store.session_by_id(tx, actor.session_id, now)
        else:
            mine = store.token_by_id(tx, actor.token_id)
        good = mine is not None and mine.agent_id == actor.agent_id
        return mine, store.active(tx, actor.agent_id) if good else None

    mine, row = await services.store.read(work)
    due = row is not None and row.password_due and actor.session_id
    if mine is None or row is None or row.account_id != actor.account_id or due:
        raise Unauthorized("Sign in again")
    if actor.session_id and mine.seen_at <= now - SEEN:
        await services.store.write(lambda tx: store.record_use(tx, actor.session_id, now))
    return _actor(services, row, actor.session_id, actor.token_id, actor.until)


async def names(services: Services, account_id: str) -> dict[str, str]:
    """Return the name of each agent of an account by id."""
    rows = await services.store.read(lambda tx: store.of_account(tx, account_id))
    return {row.id: services.unseal(row.key_slot, row.id, "name", row.name) or "" for row in rows}


async def end_expired(services: Services) -> int:
    """Sweep: delete sessions that have expired, or were idle for too long."""
    return await services.store.write(lambda tx: store.end_expired(tx, services.clock(), services.clock() - IDLE))


def _actor(
    services: Services, row: AgentRow, session_id: str = "", token_id: str = "", until: int | None = None
) -> Actor:
    name = services.unseal(row.key_slot, row.id, "name", row.name) or ""
    may = services.gathered.permissions.get(row.role, frozenset())
    return Actor(row.account_id, row.id, row.role, name, session_id, token_id, until, may)


def _agent(services: Services, row: AgentRow) -> Agent:
    return Agent(
        id=row.id,
        account_id=row.account_id,
        role=row.role,
        name=services.unseal(row.key_slot, row.id, "name", row.name) or "",
        email=services.unseal(row.key_slot, row.id, "email", row.email) or "",
        active=row.deactivated_at is None,
        created_at=row.created_at,
    )
