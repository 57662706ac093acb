"""
An agent's own second factor by codes: turned on by a right one, recovery codes made anew, turned off. Each ends the
agent's other sessions, and is mailed to them: if it was somebody else, they learn of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from chat.agent_mail import actions as letters
from chat.core.errors import Forbidden, InvalidField, NotNow, Unauthorized
from chat.core.events import CredentialsRevoked, WorkDue
from chat.core.model import Actor
from chat.factors import domain, store
from chat.factors.actions.codes import code_hash
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.passkeys import store as passkeys
from chat.team import store as agents
from chat.team.store import AgentRow


@dataclass(frozen=True, slots=True)
class FactorStanding:
    """
    Since when (ms) an agent has codes by time, None without, how many recovery codes are left, and whether a second
    factor is `due`: the account wants one, and nothing else is open before. Whether they have `passkeys`, and
    whether they sign in through an identity provider.
    """

    since: int | None
    codes: int
    due: bool = False
    passkeys: bool = False
    has_provider: bool = False


@dataclass(frozen=True, slots=True)
class Offer:
    """A secret that an agent may take: in base32, as the QR code says it, and `shown` for taking it."""

    secret: str
    uri: str
    shown: str


async def standing(services: Services, actor: Actor) -> FactorStanding:
    """Return how it stands with the actor's second factor."""

    def work(tx: Tx) -> FactorStanding:
        row = agents.active(tx, actor.agent_id)
        due = row is not None and services.gathered.second_factors.is_due(tx, row, services.clock())
        linked = services.gathered.sign_in_providers.is_linked(tx, actor.agent_id)
        return replace(standing_of(tx, actor.agent_id, due=due), has_provider=linked)

    return await services.store.read(work)


def standing_of(tx: Tx, agent_id: str, *, due: bool = False) -> FactorStanding:
    """Return how it stands with an agent's second factor."""
    since, codes = store.set_at(tx, agent_id), store.count_codes(tx, agent_id)
    return FactorStanding(since, codes, due, passkeys.has_any(tx, agent_id))


def offer(services: Services, actor: Actor, email: str, account: str, shown: str = "") -> Offer:
    """Return a new secret for the actor, or the one that was `shown` before. Nothing is stored yet."""
    now = services.clock()
    secret = services.tokens.read_offer(shown, actor.agent_id, now) or domain.new_secret()
    return Offer(secret, domain.uri(secret, email, account), services.tokens.offer(actor.agent_id, secret, now))


async def turn_on(services: Services, actor: Actor, shown: str, code: str) -> list[str]:
    """
    Turn on codes by time, made of what was `shown`, with a code that is right now. Return ten recovery codes, which are
    kept as hashes alone, none where there are some already. Every other session of the actor ends.

    Raises InvalidField for a wrong code, NotNow where it is on already, or was shown too long ago.
    """
    secret = services.tokens.read_offer(shown, actor.agent_id, services.clock())
    if secret is None:
        raise NotNow("This was shown too long ago; begin again")
    step = domain.matching_step(secret, domain.typed(code), services.clock())
    if step is None:
        raise InvalidField("This is not the code of this moment", field="code")
    now = services.clock()

    def work(tx: Tx) -> list[str]:
        row = own(tx, services, actor)
        if store.has_totp(tx, row.id):
            raise NotNow("The second factor is on already")
        store.put_totp(tx, row.id, services.seal(row.key_slot, row.id, "totp", secret), step, now)
        codes = first_codes(services, tx, row)
        agents.end_sessions(tx, row.id, but=actor.session_id)
        letters.queue(services, tx, row, "mail.factor_set")
        audit.record(services, tx, row.account_id, row.id, "factor.set", row.id)
        services.ledger.enter(now, "factor", {"agent": row.id, "set": now})
        return codes

    made = await services.store.write(work)
    services.bus.publish(CredentialsRevoked(actor.account_id, actor.agent_id), WorkDue())
    return made


async def renew_codes(services: Services, actor: Actor) -> list[str]:
    """Make ten recovery codes in the place of those there are, and return them. NotNow without a second factor."""
    made = domain.new_recovery_codes()

    def work(tx: Tx) -> None:
        row = own(tx, services, actor)
        if not store.is_set(tx, row.id):
            raise NotNow("There is no second factor to recover")
        store.put_codes(tx, row.id, [code_hash(services, row.id, each) for each in made])
        agents.end_sessions(tx, row.id, but=actor.session_id)
        letters.queue(services, tx, row, "mail.codes_made")
        audit.record(services, tx, row.account_id, row.id, "factor.codes_made", row.id)
        services.ledger.enter(services.clock(), "codes", {"agent": row.id, "code": ""})

    await services.store.write(work)
    services.bus.publish(CredentialsRevoked(actor.account_id, actor.agent_id), WorkDue())
    return made


async def turn_off(services: Services, actor: Actor) -> None:
    """
    Remove the actor's codes by time, with the recovery codes where they have no passkey. Every other session of theirs
    ends.
    """

    def work(tx: Tx) -> None:
        row = own(tx, services, actor)
        if not store.remove_totp(tx, row.id):
            raise NotNow("There is no second factor")
        has = store.is_set(tx, row.id)
        agents.end_sessions(tx, row.id, but=actor.session_id)
        letters.queue(services, tx, row, "mail.codes_off" if has else "mail.factor_removed")
        audit.record(services, tx, row.account_id, row.id, "factor.removed", row.id)
        services.ledger.enter(
            services.clock(), "factor", {"agent": row.id, "set": None} | ({"has": True} if has else {})
        )

    await services.store.write(work)
    services.bus.publish(CredentialsRevoked(actor.account_id, actor.agent_id), WorkDue())


def first_codes(services: Services, tx: Tx, row: AgentRow) -> list[str]:
    """Make recovery codes for who has none, and return them; none where there are some."""
    if store.count_codes(tx, row.id):
        return []
    made = domain.new_recovery_codes()
    store.put_codes(tx, row.id, [code_hash(services, row.id, each) for each in made])
    return made


def own(tx: Tx, services: Services, actor: Actor) -> AgentRow:
    """Return the actor's row, locked, while their session is good. Raises Unauthorized, or Forbidden for a program."""
    if not actor.session_id:
        raise Forbidden("A second factor is changed by whoever is signed in, not by a program")
    row = agents.active(tx, actor.agent_id, lock=True)
    if row is None or agents.session_by_id(tx, actor.session_id, services.clock()) is None:
        raise Unauthorized("Sign in again")
    return row
