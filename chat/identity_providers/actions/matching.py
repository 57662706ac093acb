"""
Who comes from a provider is which agent: the one who came from there under the same id before, else the one of the
account with the verified address, else a new one, where they were invited or the account wants that of everybody.

After the first time the address counts no more: who takes another's address over at the provider is somebody else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from chat.core.crypt import blind
from chat.core.errors import InvalidField, NotNow, SecondFactorRequired
from chat.core.events import CredentialsRevoked
from chat.core.ids import uuid7
from chat.core.networks import Network
from chat.identity_providers import store
from chat.identity_providers.actions.signing_in import enter_refusal
from chat.identity_providers.domain.id_tokens import Claims
from chat.identity_providers.domain.people import ProviderPerson, person_of, role_of
from chat.identity_providers.domain.refusals import ProviderSignInRefused
from chat.identity_providers.store import ProviderRow
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.invitations.actions import accepting
from chat.invitations.store import InvitationRow
from chat.team import store as team
from chat.team.actions import agents, attempts, sign_ins
from chat.team.actions.agents import Prepared
from chat.team.actions.attempts import AttemptSource
from chat.team.actions.sign_ins import SignedIn
from chat.team.domain import OWNER
from chat.team.store import AgentRow


@dataclass(frozen=True, slots=True)
class ProviderArrival:
    """Somebody who came from a provider as it was set up, from where."""

    provider: ProviderRow
    person: ProviderPerson
    source: AttemptSource


@dataclass(frozen=True, slots=True)
class SignedThrough:
    """
    A session that began, None where a second factor is to follow; whose it is; whether their role is another now; by
    which invitation they came.
    """

    session: SignedIn | None
    row: AgentRow
    moved: bool
    invited: InvitationRow | None = None


async def sign_in(
    services: Services, provider: ProviderRow, claims: Claims, network: Network, device: str = ""
) -> SignedIn:
    """
    Begin a session of the agent who comes from a provider.

    Raises ProviderSignInRefused, which is entered in the audit log, and SecondFactorRequired where the agent has a
    second factor of ours and the provider's word is not taken for one.
    """
    try:
        person = person_of(claims, provider.domains.split(), provider.role_claim)
        arrival = ProviderArrival(provider, person, AttemptSource(network, device))
        return await _signed_in(services, arrival)
    except ProviderSignInRefused as error:
        await enter_refusal(services, provider, error, network)
        raise


def subject_hash(services: Services, provider: ProviderRow, subject: str) -> str:
    """Return what somebody at a provider is found by: a keyed hash, from which nobody reads their id there."""
    return blind(services.index_key, f"subject/{provider.id}/{provider.issuer}", subject)


async def _signed_in(services: Services, arrival: ProviderArrival) -> SignedIn:
    made = await _prepared(services, arrival)

    def work(tx: Tx) -> SignedThrough:
        return _begin(services, tx, arrival, made)

    try:
        done = await (agents.with_key_kept(services, made, work) if made else services.store.write(work))
    except (InvalidField, NotNow):
        # Who comes twice at once for the first time is there by now.
        if not made or await services.store.read(lambda tx: _found(services, tx, arrival)) is None:
            raise ProviderSignInRefused("taken") from None
        return await _signed_in(services, arrival)
    if done.invited is not None:
        await accepting.destroy_key(services, done.invited)
    if done.moved:
        services.bus.publish(CredentialsRevoked(done.row.account_id, done.row.id))
    if done.session is None:
        mark, now = sign_ins.password_mark(done.row), services.clock()
        raise SecondFactorRequired(services.tokens.half_session(done.row.id, mark, now, arrival.provider.id))
    return done.session


def _begin(services: Services, tx: Tx, arrival: ProviderArrival, made: Prepared | None) -> SignedThrough:
    """Begin the session of who comes, or only say who that is where a second factor is to follow."""
    # As it is now: what an owner has changed or taken away since counts.
    provider = store.one(tx, arrival.provider.account_id, arrival.provider.id, lock=True)
    if provider.mac != arrival.provider.mac:
        raise ProviderSignInRefused("state")
    invited = _invited(services, tx, arrival, lock=True) if made else None
    row = _added(services, tx, arrival, made, invited) if made else _found(services, tx, arrival, lock=True)
    if row is None:
        raise ProviderSignInRefused("nobody")
    moved = _give_role(services, tx, arrival, row)
    _drop_generated(services, tx, row)
    row = team.one(tx, row.account_id, row.id)
    if services.gathered.second_factors.is_set(tx, row.id) and not _has_shown_factor(arrival):
        return SignedThrough(None, row, moved, invited)
    device, network = attempts.known(services, row, arrival.source).device, arrival.source.network
    begun = sign_ins.begin_session(services, tx, row, device, network, method="provider", provider=provider.id)
    return SignedThrough(begun, row, moved, invited)


async def _prepared(services: Services, arrival: ProviderArrival) -> Prepared | None:
    """Return a new agent, ready to be stored, where nobody is there yet and they are to be."""
    if await services.store.read(lambda tx: _found(services, tx, arrival)) is not None:
        return None
    provider, person = arrival.provider, arrival.person
    role = _role_of(arrival, await services.store.read(lambda tx: _invited(services, tx, arrival)))
    # With a password that nobody knows.
    return await agents.prepare_agent(services, provider.account_id, person.email, person.name, role, None, due=False)


def _found(services: Services, tx: Tx, arrival: ProviderArrival, *, lock: bool = False) -> AgentRow | None:
    """
    Return who comes, None where nobody is there for them. Where their row is to be locked they are theirs from then on.
    Raises ProviderSignInRefused.
    """
    provider = arrival.provider
    known = store.by_subject(tx, provider.id, subject_hash(services, provider, arrival.person.subject))
    if known is not None:
        return _active(tx, known.agent_id, provider.account_id, lock=lock)
    by_address = team.by_email(tx, services.email_hash("agents", arrival.person.email))
    if by_address is None or by_address.account_id != provider.account_id:
        return None
    row = _active(tx, by_address.id, provider.account_id, lock=lock)
    if store.has_identity(tx, provider.id, row.id):
        raise ProviderSignInRefused("linked")
    if lock:
        _link(services, tx, arrival, row.id)
    return row


def _invited(services: Services, tx: Tx, arrival: ProviderArrival, *, lock: bool = False) -> InvitationRow | None:
    email_hash = services.email_hash("agents", arrival.person.email)
    return accepting.good_for(services, tx, arrival.provider.account_id, email_hash, lock=lock)


def _role_of(arrival: ProviderArrival, invited: InvitationRow | None) -> str:
    """Return the role of a new agent: what the provider says where that counts, else as they were invited."""
    provider = arrival.provider
    mapped = json.loads(provider.roles)
    if invited is not None and not mapped:
        return str(invited.role)
    if invited is None and not provider.creates:
        raise ProviderSignInRefused("nobody")
    return role_of(arrival.person.roles, mapped, provider.default_role)


def _added(
    services: Services, tx: Tx, arrival: ProviderArrival, made: Prepared, invited: InvitationRow | None
) -> AgentRow:
    """
    Store a new agent who comes for the first time. Raises InvalidField where their address is taken, and
    ProviderSignInRefused where they are not to be added, or not as that, any more.
    """
    account_id, agent_id = arrival.provider.account_id, made.row["id"]
    if _role_of(arrival, invited) != made.row["role"]:
        raise ProviderSignInRefused("nobody")  # invited anew, as something else, a moment ago
    agents.insert_agent(tx, made)
    if invited is None:
        audit.record(services, tx, account_id, "system", "agent.added", agent_id)
    else:
        accepting.use_up(services, tx, invited, agent_id)
    _link(services, tx, arrival, agent_id)
    return team.one(tx, account_id, agent_id)


def _active(tx: Tx, agent_id: str, account_id: str, *, lock: bool) -> AgentRow:
    row = team.active(tx, agent_id, lock=lock)
    if row is None or row.account_id != account_id:
        raise ProviderSignInRefused("deactivated")
    return row


def _link(services: Services, tx: Tx, arrival: ProviderArrival, agent_id: str) -> None:
    provider = arrival.provider
    hashed = subject_hash(services, provider, arrival.person.subject)
    made = {"id": uuid7(), "agent_id": agent_id, "provider_id": provider.id, "subject_hash": hashed}
    store.link(tx, made | {"created_at": services.clock()})
    audit.record(services, tx, provider.account_id, agent_id, "provider.linked", provider.id)


def _give_role(services: Services, tx: Tx, arrival: ProviderArrival, row: AgentRow) -> bool:
    """Give an agent the role that the provider says, where the account heeds that, and return whether it is new."""
    mapped = json.loads(arrival.provider.roles)
    if not mapped or row.role == OWNER:
        return False
    role = role_of(arrival.person.roles, mapped, arrival.provider.default_role)
    if role == row.role:
        return False
    team.set_role(tx, row.id, role)
    audit.record(services, tx, row.account_id, "system", "agent.role_changed", f"{row.id}/{row.role}>{role}")
    services.ledger.enter(services.clock(), "role", {"agent": row.id, "role": role})
    return True


def _drop_generated(services: Services, tx: Tx, row: AgentRow) -> None:
    """
    Let a password that was generated and never changed open nothing: who added the agent knows it, and the agent, who
    comes another way, would be asked to change one that they may never have seen.
    """
    if row.password_due:
        team.change(tx, row.id, password_hash="", password_due=False)
        services.ledger.enter(services.clock(), "password", {"agent": row.id})


def _has_shown_factor(arrival: ProviderArrival) -> bool:
    """Whether the provider says that a second factor was shown, in words that the account takes for that."""
    return not arrival.person.factors.isdisjoint(arrival.provider.factors.split())
