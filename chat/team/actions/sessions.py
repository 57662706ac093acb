"""Who is signed in: signing in and out, and who a session or token stands for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from chat.core.clock import DAY, HOUR
from chat.core.crypt import digest
from chat.core.errors import PasswordDue, Unauthorized
from chat.core.events import CredentialsRevoked
from chat.core.ids import secret, uuid7
from chat.core.model import Actor, Agent
from chat.core.networks import Network
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team import store
from chat.team.actions import attempts, passwords
from chat.team.actions.agents import agent_of
from chat.team.actions.attempts import AttemptSource
from chat.team.store import AgentRow, SessionRow, TokenRow

SESSION_DAYS = 14
EVEN = 0.2
"""So many seconds a failure takes at least: what is noted of a known address must not show in the time."""
IDLE, SEEN = 1 * DAY, HOUR // 6
"""A session nobody used for IDLE ms has ended. That it is used is noted every SEEN ms."""


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


async def sign_in(services: Services, email: str, password: str, network: Network, device: str = "") -> SignedIn:
    """
    Check a password and begin a session. `network` is where the attempt comes from, `device` what a known device shows.

    Raises Unauthorized, alike for unknown, deactivated and wrong, and RateLimited after too many failures.
    """
    email_hash = services.email_hash("agents", email)
    row = await services.store.read(lambda tx: store.by_email(tx, email_hash))
    source = attempts.known(services, row, AttemptSource(network, device))
    # Counted before it is checked: of a thousand at once all would be checked before the first had failed.
    await attempts.begin(services, email_hash, source)
    known = row is not None and row.deactivated_at is None
    good = await passwords.right(services, row if known else None, password)
    if row is None or not known or not good:
        await asyncio.gather(_record_failure(services, row, source), asyncio.sleep(EVEN))
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
    await attempts.succeeded(services, email_hash, source)
    device = services.tokens.device(row.id, source.device or uuid7(), now)
    return SignedIn(made, device, failed=failed, password_due=row.password_due)


async def _record_failure(services: Services, row: AgentRow | None, source: AttemptSource) -> None:
    """
    Let whom it was tried on know: entered at most every ten minutes, and counted until they sign in, unless it was on
    their own device.
    """
    if row is None:
        return

    def work(tx: Tx) -> None:
        if not source.device:
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


async def get_own(services: Services, actor: Actor) -> Agent:
    """Return the agent who acts, with no other agent's row read or name opened."""
    return agent_of(services, await services.store.read(lambda tx: store.one(tx, actor.account_id, actor.agent_id)))


async def end_expired(services: Services) -> int:
    """Sweep: delete sessions that have expired, or were idle for too long."""
    return await services.store.write(lambda tx: store.end_expired(tx, services.clock(), services.clock() - IDLE))


def _actor(
    services: Services, row: AgentRow, session_id: str = "", token_id: str = "", until: int | None = None
) -> Actor:
    name = services.unseal(row.key_slot, row.id, "name", row.name) or ""
    may = services.gathered.permissions.get(row.role, frozenset())
    return Actor(row.account_id, row.id, row.role, name, session_id, token_id, until, may)
