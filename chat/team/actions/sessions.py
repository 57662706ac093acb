"""Who acts: whom a session or a token stands for, and how far they reach as it is now."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chat.core.clock import stamp
from chat.core.crypt import digest
from chat.core.errors import (
    NotFound,
    PasswordDue,
    SecondFactorDue,
    Unauthorized,
)
from chat.core.model import Actor, Agent
from chat.infra.gathered import SessionLimits
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.networks import store as networks
from chat.roles import actions as roles
from chat.team import store
from chat.team.actions import agents as team
from chat.team.actions.agents import agent_of, get_alias, get_name
from chat.team.actions.lasting import SEEN, ends_at, is_over, note_use
from chat.team.store import AgentRow, SessionRow
from chat.tokens import store as tokens
from chat.tokens.store import TokenRow


@dataclass(frozen=True, slots=True)
class Reach:
    """What an agent may do, from which networks, and of which departments they see the tickets (None: of all)."""

    permissions: frozenset[str] = frozenset()
    networks: str = ""
    departments: frozenset[str] | None = frozenset()


async def by_session(services: Services, cookie: str, *, due: bool = False) -> Actor:
    """
    Return who is signed in with this cookie. Raises Unauthorized where nobody is, or was idle for too long. PasswordDue
    where they must change their password first, SecondFactorDue where they must turn on a second factor, unless this
    is for whoever is `due`.
    """
    shown, now = digest(services.tokens.read_cookie(cookie)), services.clock()

    def work(tx: Tx) -> tuple[SessionRow | None, AgentRow | None, Reach, bool, SessionLimits | None]:
        session = store.by_session(tx, shown, now)
        row, reach = _who(services, tx, None if session is None else session.agent_id)
        limits = None if row is None else services.gathered.session_limits(tx, row.account_id)
        return session, row, reach, _lacks_factor(services, tx, row), limits

    session, row, reach, lacks_factor, limits = await services.store.read(work)
    if session is None or row is None or limits is None or is_over(session, limits, now):
        raise Unauthorized("Sign in first")
    await note_use(services, session, limits, now)
    if row.password_due and not due:
        raise PasswordDue("Change the password that was generated for you first, at /password")
    if lacks_factor and not due:
        raise SecondFactorDue("Your account wants a second factor of you: turn one on first, at /second-factor")
    return _actor(services, row, reach, session_id=session.id, until=ends_at(session, limits))


async def by_token(services: Services, token: str) -> Actor:
    """Return for whom this API token acts. Raises Unauthorized where for nobody, or not any more."""
    shown, now = digest(token), services.clock()

    def work(tx: Tx) -> tuple[TokenRow | None, AgentRow | None, Reach]:
        found = tokens.by_secret(tx, shown)
        return found, *_who(services, tx, None if found is None else found.agent_id)

    found, row, reach = await services.store.read(work)
    if found is None or row is None or found.account_id != row.account_id:
        raise Unauthorized("This API token is not good, or no longer")
    if tokens.has_expired(found, now):
        raise Unauthorized(f"This API token expired at {stamp(found.expires_at)}; make another under API tokens")
    await _note_use(services, found, now)
    return _with_token(_actor(services, row, reach, token_id=found.id, until=found.expires_at), found)


async def require_still(services: Services, actor: Actor) -> Actor:
    """
    Return who acts, as they are now, with the session or token they came with. Raises Unauthorized where it has ended.
    For sockets, which outlive a request.
    """
    now = services.clock()

    def work(tx: Tx) -> tuple[SessionRow | TokenRow | None, AgentRow | None, Reach, bool, SessionLimits]:
        if actor.session_id:
            mine = store.session_by_id(tx, actor.session_id, now)
        else:
            mine = tokens.by_id(tx, actor.token_id, now)
        good = mine is not None and mine.agent_id == actor.agent_id
        row, reach = _who(services, tx, actor.agent_id if good else None)
        limits = services.gathered.session_limits(tx, actor.account_id)
        return mine, row, reach, _lacks_factor(services, tx, row), limits

    mine, row, reach, lacks_factor, limits = await services.store.read(work)
    due = row is not None and actor.session_id and (row.password_due or lacks_factor)
    if mine is None or row is None or row.account_id != actor.account_id or due:
        raise Unauthorized("Sign in again")
    if not actor.session_id:
        await _note_use(services, mine, now)
        return _with_token(_actor(services, row, reach, token_id=actor.token_id, until=actor.until), mine)
    if is_over(mine, limits, now):
        raise Unauthorized("Sign in again")
    await note_use(services, mine, limits, now)
    return _actor(services, row, reach, actor.session_id, until=ends_at(mine, limits))


async def names(services: Services, account_id: str) -> dict[str, str]:
    """Return the name of each agent of an account by id."""
    return await team.names(services, account_id)


async def acting(services: Services, email: str) -> Actor:
    """Return the active agent with an address, for the server's operator. Raises NotFound."""

    def work(tx: Tx) -> tuple[AgentRow | None, Reach]:
        known = store.by_email(tx, services.email_hash("agents", email))
        return _who(services, tx, None if known is None else known.id)

    row, reach = await services.store.read(work)
    if row is None:
        raise NotFound("No active agent has this address")
    return _actor(services, row, reach)


async def get_own(services: Services, actor: Actor) -> Agent:
    """Return the agent who acts, with no other agent's row read or name opened."""
    return agent_of(services, await services.store.read(lambda tx: store.one(tx, actor.account_id, actor.agent_id)))


async def _note_use(services: Services, token: TokenRow, now: int) -> None:
    if token.used_at is None or token.used_at <= now - SEEN:
        await services.store.write(lambda tx: tokens.record_use(tx, token.id, now))


def _with_token(actor: Actor, token: TokenRow) -> Actor:
    """Return an actor who may no more than their token, and from no other networks."""
    return replace(actor, scopes=frozenset(token.scopes.split()), networks=(*actor.networks, token.networks))


def _lacks_factor(services: Services, tx: Tx, row: AgentRow | None) -> bool:
    """Whether an agent must have a second factor by now, and has none."""
    return row is not None and services.gathered.second_factors.is_due(tx, row, services.clock())


def _who(services: Services, tx: Tx, agent_id: str | None) -> tuple[AgentRow | None, Reach]:
    """Return an agent who may act, and how far they reach as it is now."""
    row = None if agent_id is None else store.active(tx, agent_id)
    if row is None:
        return None, Reach()
    may = roles.of_role(services, tx, row.account_id, row.role)
    sees = None if "ticket.read_all" in may else store.departments_of(tx, row.id)
    return row, Reach(may, networks.of_account(tx, row.account_id), sees)


def _actor(
    services: Services,
    row: AgentRow,
    reach: Reach,
    session_id: str = "",
    token_id: str = "",
    until: int | None = None,
) -> Actor:
    name = get_name(services, row)
    alias = get_alias(services, row) or name
    by = session_id, token_id, until
    who = row.account_id, row.id, row.role, name, *by
    return Actor(
        *who,
        reach.permissions,
        networks=(reach.networks,),
        alias=alias,
        departments=reach.departments,
        portrait=row.portrait or "",
    )
