"""Agents: adding and deactivating them, signing in and out, and who a session or token stands for."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from chat.actions.audit import audit
from chat.actions.desk import Desk
from chat.addresses import address
from chat.clock import DAY
from chat.crypt import digest
from chat.errors import Forbidden, InvalidField, LetheError, RateLimited, Unauthorized
from chat.ids import secret, uuid7
from chat.model import Actor, Agent
from chat.networks import Network
from chat.nudges import Nudge, Told
from chat.store.schema import ROLES
from chat.store.team import agents as store

T = TypeVar("T")
SESSION_DAYS = 14
PASSWORD_LEAST, PASSWORD_MOST = 10, 1000
ATTEMPTS, ATTEMPT_WINDOW = 10, 900.0

# OWASP's parameters for argon2id; two at once, so that signing in never starves the chats of memory or processor.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_threads = ThreadPoolExecutor(2, "passwords")
_NOBODY = _hasher.hash("nobody has this password")


@dataclass(frozen=True)
class Prepared:
    """An agent ready to be stored: their row, and the password in clear for showing it once."""

    row: dict[str, Any]
    password: str


async def prepared(desk: Desk, account_id: str, email: str, name: str, role: str, password: str | None) -> Prepared:
    """Check and seal what a new agent is stored with; makes their data key. Raises InvalidField."""
    email, name = address(email), " ".join(name.split())
    if not 0 < len(name) <= 200:  # noqa: PLR2004 - the length of a line everywhere
        raise InvalidField("Give 1 to 200 characters", field="name")
    if role not in ROLES:
        raise InvalidField(f"A role is one of {', '.join(ROLES)}", field="role")
    fitting(password)
    chosen = password or secrets.token_urlsafe(12)
    agent_id = uuid7()
    slot = await asyncio.to_thread(desk.keys.create, agent_id)
    row = {
        "id": agent_id,
        "account_id": account_id,
        "role": role,
        "key_slot": slot,
        "name": desk.seal(slot, agent_id, "name", name),
        "email": desk.seal(slot, agent_id, "email", email),
        "email_hash": desk.email_hash("agents", email),
        "password_hash": await hashed(chosen),
        "created_at": desk.clock(),
    }
    return Prepared(row, chosen)


def fitting(password: str | None) -> None:
    """Raise InvalidField for a password that is too short or too long; none is one to be generated."""
    if password is not None and not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST:
        raise InvalidField(f"A password has at least {PASSWORD_LEAST} characters", field="password")


async def hashed(password: str) -> str:
    """Return a password as it is kept."""
    return await _in_thread(_hasher.hash, password)


def stored(tx: Any, made: Prepared) -> None:
    """Store a prepared agent; InvalidField where the address is taken."""
    if store.by_email(tx, made.row["email_hash"]) is not None:
        raise InvalidField("An agent with this address is here already", field="email")
    store.add(tx, made.row)


async def keeping_key(desk: Desk, made: Prepared, work: Callable[[Any], T]) -> T:
    """Run `work`; where it fails, the key that was made for the agent goes again."""
    try:
        return await desk.store.write(work)
    except LetheError:
        await asyncio.to_thread(desk.keys.destroy, made.row["key_slot"], made.row["id"])
        raise


def give_token(tx: Any, agent_id: str, token: str, name: str, at: int) -> str:
    """Let a program that knows `token` act for an agent; return the token's id."""
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


async def agents(desk: Desk, actor: Actor) -> list[Agent]:
    """Return the account's agents, oldest first."""
    rows = await desk.store.read(lambda tx: store.of_account(tx, actor.account_id))
    return [_agent(desk, row) for row in rows]


async def add_agent(desk: Desk, actor: Actor, email: str, name: str, role: str) -> tuple[Agent, str]:
    """Add an agent with a generated password, which is returned and kept nowhere."""
    _manages(actor)
    if role == "owner" and actor.role != "owner":
        raise Forbidden("Only an owner adds an owner")
    made = await prepared(desk, actor.account_id, email, name, role, None)

    def work(tx: Any) -> None:
        stored(tx, made)
        audit.enter(desk, tx, actor.account_id, actor.agent_id, "agent.added", made.row["id"])

    await keeping_key(desk, made, work)
    row = await desk.store.read(lambda tx: store.one(tx, actor.account_id, made.row["id"]))
    return _agent(desk, row), made.password


async def deactivate_agent(desk: Desk, actor: Actor, agent_id: str) -> None:
    """Deactivate an agent and end their sessions, tokens and sockets. The last owner stays."""
    _manages(actor)

    def work(tx: Any) -> None:
        row = store.one(tx, actor.account_id, agent_id)
        if row.role == "owner" and actor.role != "owner":
            raise Forbidden("Only an owner deactivates an owner")
        if row.role == "owner" and row.deactivated_at is None and store.active_owners(tx, actor.account_id) == 1:
            raise Forbidden("The last owner cannot be deactivated; add another owner first")
        store.deactivate(tx, agent_id, desk.clock())
        audit.enter(desk, tx, actor.account_id, actor.agent_id, "agent.deactivated", agent_id)
        desk.ledger.enter(desk.clock(), "deactivate", {"agent": agent_id})

    await desk.store.write(work)
    desk.live.publish(Told(Nudge("signout", account=actor.account_id, agent=agent_id)))


async def sign_in(desk: Desk, email: str, password: str, network: Network) -> str:
    """
    Check a password and begin a session; return its secret, for the cookie.

    `network` is where the attempt comes from. Raises Unauthorized, alike for unknown, deactivated and
    wrong, and RateLimited after ten attempts on an address or thirty from a network in a quarter of an hour.
    """
    email_hash = desk.email_hash("agents", email)
    wait = await desk.live.allow_from("signin", network, ATTEMPTS * 3, ATTEMPT_WINDOW)
    wait = wait or await desk.live.allow(f"signin:{email_hash}", ATTEMPTS, ATTEMPT_WINDOW)
    if wait:
        raise RateLimited("Too many attempts; wait before the next", retry_after=round(wait))
    row = await desk.store.read(lambda tx: store.by_email(tx, email_hash))
    known = row is not None and row.deactivated_at is None
    right = await _in_thread(
        _verified,
        row.password_hash if row is not None and known else _NOBODY,
        password[:PASSWORD_MOST],
    )
    if row is None or not known or not right:
        raise Unauthorized("Address or password is wrong")
    made, now = secret(), desk.clock()
    session = {"id": uuid7(), "agent_id": row.id, "secret_hash": digest(made), "created_at": now}

    def work(tx: Any) -> None:
        store.add_session(tx, session | {"expires_at": now + SESSION_DAYS * DAY})
        audit.enter(desk, tx, row.account_id, row.id, "agent.signed_in", session["id"])

    await desk.store.write(work)
    return made


async def sign_out(desk: Desk, actor: Actor) -> None:
    """End the actor's session and the sockets opened with it."""

    def work(tx: Any) -> None:
        store.end_session(tx, actor.session_id)
        audit.enter(desk, tx, actor.account_id, actor.agent_id, "agent.signed_out", actor.session_id)

    await desk.store.write(work)
    nudge = Nudge("signout", account=actor.account_id, agent=actor.agent_id, by=actor.session_id)
    desk.live.publish(Told(nudge))


async def by_session(desk: Desk, cookie: str) -> Actor:
    """Return who is signed in with this cookie; Unauthorized where nobody is."""
    shown = digest(desk.tokens.read_cookie(cookie))
    row = await desk.store.read(lambda tx: store.by_session(tx, shown, desk.clock()))
    if row is None:
        raise Unauthorized("Sign in first")
    return _actor(desk, row, row.session_id)


async def by_token(desk: Desk, token: str) -> Actor:
    """Return for whom this API token acts; Unauthorized where for nobody."""
    shown = digest(token)
    row = await desk.store.read(lambda tx: store.by_token(tx, shown))
    if row is None:
        raise Unauthorized("This API token is not good, or no longer")
    return _actor(desk, row)


async def names(desk: Desk, account_id: str) -> dict[str, str]:
    """Return the name of each agent of an account by id."""
    rows = await desk.store.read(lambda tx: store.of_account(tx, account_id))
    return {row.id: desk.unseal(row.key_slot, row.id, "name", row.name) or "" for row in rows}


async def end_expired(desk: Desk) -> int:
    """Sweep: delete sessions that have expired."""
    return await desk.store.write(lambda tx: store.end_expired(tx, desk.clock()))


def _actor(desk: Desk, row: Any, session_id: str = "") -> Actor:
    name = desk.unseal(row.key_slot, row.id, "name", row.name) or ""
    return Actor(row.account_id, row.id, row.role, name, session_id)


def _agent(desk: Desk, row: Any) -> Agent:
    return Agent(
        id=row.id,
        account_id=row.account_id,
        role=row.role,
        name=desk.unseal(row.key_slot, row.id, "name", row.name) or "",
        email=desk.unseal(row.key_slot, row.id, "email", row.email) or "",
        active=row.deactivated_at is None,
        created_at=row.created_at,
    )


def _manages(actor: Actor) -> None:
    if not actor.manages:
        raise Forbidden("This needs an owner or admin of the account")


def _verified(kept: str, password: str) -> bool:
    try:
        return _hasher.verify(kept, password)
    except VerificationError:
        return False


async def _in_thread(work: Callable[..., T], *arguments: str) -> T:
    return await asyncio.get_running_loop().run_in_executor(_threads, work, *arguments)
