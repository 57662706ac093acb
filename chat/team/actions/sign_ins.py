"""Signing in and out: what shows who somebody is, and the session that begins with it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from chat.core.crypt import digest
from chat.core.errors import (
    ProviderRequired,
    SecondFactorRequired,
    Unauthorized,
)
from chat.core.events import CredentialsRevoked
from chat.core.ids import secret, uuid7
from chat.core.model import Actor
from chat.core.networks import Address, Network, is_inside
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.networks import store as networks
from chat.team import store
from chat.team.actions import attempts, passwords
from chat.team.actions.attempts import AttemptSource
from chat.team.store import AgentRow

NOWHERE = Network("")
EVEN = 0.2
"""So many seconds a failure takes at least: what is noted of a known address must not show in the time."""


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
    return is_inside(address, [await services.store.read(lambda tx: networks.of_account(tx, row.account_id))])


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


async def has_providers(services: Services) -> bool:
    """Whether anybody signs in through an identity provider."""
    return await services.store.read(services.gathered.sign_in_providers.is_any)
