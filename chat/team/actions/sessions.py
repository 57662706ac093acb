"""Who is signed in: signing in and out, and who a session or token stands for."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace

from chat.core.clock import stamp
from chat.core.crypt import digest
from chat.core.errors import (
    NotFound,
    PasswordDue,
    ProviderRequired,
    SecondFactorDue,
    SecondFactorRequired,
    Unauthorized,
)
from chat.core.events import CredentialsRevoked
from chat.core.ids import secret, uuid7
from chat.core.model import Actor, Agent
from chat.core.networks import Address, Network, is_inside
from chat.infra.audit import audit
from chat.infra.gathered import SessionLimits
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.networks import store as networks
from chat.roles import actions as roles
from chat.team import store
from chat.team.actions import agents as team
from chat.team.actions import attempts, passwords
from chat.team.actions.agents import agent_of, get_alias, get_name
from chat.team.actions.attempts import AttemptSource
from chat.team.actions.lasting import SEEN, ends_at, is_over, note_use
from chat.team.store import AgentRow, SessionRow
from chat.tokens import store as tokens
from chat.tokens.store import TokenRow

NOWHERE = Network("")
EVEN = 0.2
"""So many seconds a failure takes at least: what is noted of a known address must not show in the time."""


@dataclass(frozen=True, slots=True)
class Reach:
    """What an agent may do, from which networks, and of which departments they see the tickets (None: of all)."""

    permissions: frozenset[str] = frozenset()
    networks: str = ""
    departments: frozenset[str] | None = frozenset()


@dataclass(frozen=True, slots=True)
class SignedIn:
    """
    A session that has begun: its secret for the cookie, what the device shows next time, how many attempts failed since
    the last one, whether the password was generated and must be changed, and for how many ms it lasts at the most.
    """

    secret: str
    device: str
    failed: int
    password_due: bool
    longest: int


async def sign_in(
    services: Services,
    email: str,
    password: str,
    network: Network,
    device: str = "",
    address: Address | None = None,
) -> SignedIn:
    """
    Check a password and begin a session. `network` is where the attempt comes from, `device` what a known device shows.

    Raises Unauthorized, alike for unknown, deactivated, wrong and from outside of the account's networks; RateLimited
    after too many failures; ProviderRequired where the password was right and is not for signing in; and
    SecondFactorRequired, with what shows that it was right, where a second factor is to follow.
    """
    email_hash = services.email_hash("agents", email)
    row = await services.store.read(lambda tx: store.by_email(tx, email_hash))
    source = attempts.known(services, row, AttemptSource(network, device))
    # Counted before it is checked: of a thousand at once all would be checked before the first had failed.
    await attempts.begin(services, email_hash, source)
    # From outside nobody's password is looked at, and it takes as long: no answer says which addresses are known.
    known = row is not None and row.deactivated_at is None and await lets_in(services, row, address)
    good = await passwords.right(services, row if known else None, password)
    if row is None or not good:
        await record_failure(services, row, source, "password")
        raise Unauthorized("Address or password is wrong")

    def work(tx: Tx) -> SignedIn | None:
        # Looked at again where it is stored: the password may have been changed while it was being checked.
        is_now = store.active(tx, row.id, lock=True)
        if is_now is None or is_now.password_hash != row.password_hash:
            raise Unauthorized("Address or password is wrong")
        require_provider_optional(services, tx, is_now)
        if services.gathered.second_factors.is_set(tx, row.id):
            return None
        return begin_session(services, tx, is_now, source.device, network, method="password")

    made = await services.store.write(work)
    await attempts.succeeded(services, email_hash, source)
    if made is None:
        raise SecondFactorRequired(services.tokens.half_session(row.id, password_mark(row), services.clock()))
    return made


async def lets_in(services: Services, row: AgentRow, address: Address | None) -> bool:
    """Whether the account of an agent lets anybody sign in from an address."""
    return is_inside(address, [await services.store.read(lambda tx: _allowed(tx, row))])


def password_mark(row: AgentRow) -> str:
    """Return what a step that follows the password shows of it: once the password is another, so is this."""
    return digest(row.password_hash)


def require_provider_optional(services: Services, tx: Tx, row: AgentRow) -> None:
    """Raise ProviderRequired where an agent signs in through their organisation's identity provider alone."""
    provider = services.gathered.sign_in_providers.required(services, tx, row)
    if provider is not None:
        raise ProviderRequired(provider)


def begin_session(
    services: Services,
    tx: Tx,
    row: AgentRow,
    device: str,
    network: Network = NOWHERE,
    *,
    method: str,
    provider: str = "",
) -> SignedIn:
    """
    Begin a session of an agent who has shown all that is asked of them, whose row is locked. Call it last. `device` is
    the id of one that is known, or "", `network` where they ask from, `method` how they signed in
    (`chat.core.sources.METHODS`), and `provider` through which identity provider they came, "" for none. Raises
    ProviderRequired where that is the only way.
    """
    if not provider:
        require_provider_optional(services, tx, row)
    made, now, session_id = secret(), services.clock(), uuid7()
    kind = services.seal(row.key_slot, row.id, f"session/{session_id}", network.device) if network.device else None
    session = {"id": session_id, "agent_id": row.id, "secret_hash": digest(made), "created_at": now, "seen_at": now}
    longest = services.gathered.session_limits(tx, row.account_id).longest
    until = now + longest
    store.add_session(tx, session | {"expires_at": until, "failed": row.failed, "device": kind})
    store.change(tx, row.id, failed=0)
    services.gathered.second_factors.note_shown(tx, session_id, now)
    if not device:
        services.gathered.new_device(services, tx, row, network.device)
    source = audit.source_of(services, row.account_id, network, method)
    audit.record_from(services, tx, row.account_id, row.id, "agent.signed_in", session_id, source)
    known = services.tokens.device(row.id, device or uuid7(), now)
    return SignedIn(made, known, failed=row.failed, password_due=row.password_due, longest=longest)


async def record_failure(services: Services, row: AgentRow | None, source: AttemptSource, method: str) -> None:
    """
    Let whom it was tried on know: entered, of each network once in ten minutes, and counted until they sign in, unless
    it was on their own device. What is tried on nobody's address belongs to no account, and is counted alone. It takes
    as long for nobody.
    """
    await asyncio.gather(_note_failure(services, row, source, method), asyncio.sleep(EVEN))


async def _note_failure(services: Services, row: AgentRow | None, source: AttemptSource, method: str) -> None:
    if row is None:
        return

    def work(tx: Tx) -> None:
        if not source.device:
            store.count_failure(tx, row.id)
        came_from = audit.source_of(services, row.account_id, source.network, method)
        audit.record_failure(services, tx, row.account_id, "agent.sign_in_failed", row.id, came_from)

    await services.store.write(work)


async def sign_out(services: Services, actor: Actor, network: Network = NOWHERE) -> None:
    """End the actor's session and the sockets opened with it."""

    def work(tx: Tx) -> None:
        store.end_session(tx, actor.session_id)
        source = audit.source_of(services, actor.account_id, network)
        of, session = actor.account_id, actor.session_id
        audit.record_from(services, tx, of, actor.agent_id, "agent.signed_out", session, source)

    await services.store.write(work)
    services.bus.publish(CredentialsRevoked(actor.account_id, actor.agent_id))


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


async def has_providers(services: Services) -> bool:
    """Whether anybody signs in through an identity provider."""
    return await services.store.read(services.gathered.sign_in_providers.is_any)


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


def _allowed(tx: Tx, row: AgentRow) -> str:
    return networks.of_account(tx, row.account_id)


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
    return row, Reach(may, _allowed(tx, row), sees)


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
