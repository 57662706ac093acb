"""
Taking second factors away from somebody who lost them, codes and passkeys alike: by who manages agents, never from
their own superior, or by the server's operator. From then on the password alone lets them in, so who is asked for this
makes sure who asks.
"""

from __future__ import annotations

from dataclasses import dataclass

from chat.agent_mail import actions as letters
from chat.core.errors import NotFound, NotNow
from chat.core.events import CredentialsRevoked, WorkDue
from chat.core.model import Actor
from chat.factors import store
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.passkeys import store as passkeys
from chat.team import store as team
from chat.team.actions import agents


@dataclass(frozen=True, slots=True)
class FactorReset:
    """Whose second factor was taken away, and how many of their sessions ended."""

    agent_id: str
    sessions: int


async def has_factor(services: Services, actor: Actor, agent_id: str) -> bool:
    """Whether an agent of the actor's account has a second factor. Raises NotFound where there is no such agent."""
    account = agents.require(actor)
    return await services.store.read(lambda tx: store.is_set(tx, team.one(tx, account, agent_id).id))


async def reset(services: Services, actor: Actor, agent_id: str) -> None:
    """
    Take an agent's second factors and recovery codes away, and end their sessions. Raises NotFound, Forbidden for one's
    superior, and NotNow where there is no factor, or it is one's own, which is turned off otherwise.
    """
    account = agents.require(actor)
    if agent_id == actor.agent_id:
        raise NotNow("Turn your own second factor off at /second-factor")
    await _reset(services, actor, account, agent_id)


async def reset_by_operator(services: Services, email: str) -> FactorReset:
    """Do the same for the server's operator. Raises NotFound where no agent has the address, and NotNow."""
    email_hash = services.email_hash("agents", email)
    row = await services.store.read(lambda tx: team.by_email(tx, email_hash))
    if row is None:
        raise NotFound("No agent has this address")
    return await _reset(services, None, row.account_id, row.id)


async def _reset(services: Services, actor: Actor | None, account: str, agent_id: str) -> FactorReset:
    def work(tx: Tx) -> FactorReset:
        stands = agents.standing(services, tx, actor, account)
        row = team.one(tx, account, agent_id, lock=True)
        stands.require_manageable(row.role)
        if not store.is_set(tx, row.id):
            raise NotNow("This agent has no second factor")
        gone = passkeys.remove_all(tx, row.id)
        store.remove_totp(tx, row.id)
        ended = team.end_sessions(tx, row.id)
        letters.queue(services, tx, row, "mail.factor_reset")
        audit.record(services, tx, account, stands.agent_id, "factor.reset", row.id)
        for each in gone:
            removed = {"agent": row.id, "passkey": each, "made": None, "has": False}
            services.ledger.enter(services.clock(), "passkey", removed)
        services.ledger.enter(services.clock(), "factor", {"agent": row.id, "set": None})
        return FactorReset(row.id, ended)

    made = await services.store.write(work)
    services.bus.publish(CredentialsRevoked(account, made.agent_id), WorkDue())
    return made
