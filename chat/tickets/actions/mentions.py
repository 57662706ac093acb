"""Colleagues named in a note: only who may see the ticket can be named, and is told of it."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from chat.core import access
from chat.core.clock import stamp
from chat.core.errors import MentionRefused, NotFound
from chat.core.events import AgentMentioned
from chat.core.model import Actor, Ticket
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.roles.actions import of_role
from chat.team import store as agents
from chat.tickets.store import mentioned, tickets


class UnseenMention(Struct, frozen=True):
    """A ticket in which an agent is named: the first `note` that they have not seen, and when it was written."""

    ticket: int
    note: int
    at: str


def require_seeing(services: Services, tx: Tx, ticket: Ticket, mentions: Sequence[str]) -> None:
    """Raise MentionRefused unless all of these are agents of the account who are active and see the ticket."""
    for agent_id in dict.fromkeys(each.lower() for each in mentions):
        if not _sees(services, tx, ticket, agent_id):
            raise MentionRefused("A colleague who is named here is deactivated, or may not see this ticket")


def events_of(actor: Actor, ticket: Ticket, note: int, mentions: Sequence[str]) -> list[AgentMentioned]:
    """Return what is told to those named in a note that was stored; oneself is told nothing."""
    named = dict.fromkeys(each.lower() for each in mentions)
    who = (actor.account_id, actor.agent_id)
    return [AgentMentioned(who[0], each, who[1], ticket.ref, note) for each in named if each != actor.agent_id]


def keep(tx: Tx, named: Sequence[AgentMentioned], at: int) -> None:
    """Note who was named, until they look: who is away finds it when they come."""
    mentioned.put(tx, [(each.agent, each.ticket.id, each.note) for each in named], at)


async def unseen(services: Services, actor: Actor) -> list[UnseenMention]:
    """Return in which tickets that the actor sees a note names them since they last looked, the newest first."""
    access.require(actor, "ticket.read")
    found = await services.store.read(lambda tx: mentioned.of_agent(tx, actor.agent_id, actor.departments))
    return [UnseenMention(number, note, stamp(at)) for number, note, at in found]


async def see(services: Services, actor: Actor, number: int) -> None:
    """Note that the actor has looked at the notes of a ticket. Raises NotFound."""
    access.require(actor, "ticket.read")

    def work(tx: Tx) -> None:
        seen, _ = tickets.one(tx, actor.account_id, number, actor.departments)
        mentioned.drop(tx, actor.agent_id, seen.id)

    await services.store.write(work)


def can_read(services: Services, tx: Tx, ticket: Ticket, agent_id: str) -> bool:
    """Whether an agent is active and sees a ticket."""
    return _sees(services, tx, ticket, agent_id)


def can_answer(services: Services, tx: Tx, ticket: Ticket, agent_id: str) -> bool:
    """Whether an agent is active, sees a ticket, and may answer in it."""
    return _sees(services, tx, ticket, agent_id, "ticket.answer")


def _sees(services: Services, tx: Tx, ticket: Ticket, agent_id: str, right: str = "ticket.read") -> bool:
    try:
        row = agents.one(tx, ticket.account_id, agent_id)
    except NotFound:
        return False
    may = of_role(services, tx, row.account_id, row.role)
    if row.deactivated_at is not None or not {"ticket.read", right} <= may:
        return False
    everywhere = "ticket.read_all" in may or ticket.department_id is None
    return everywhere or ticket.department_id in agents.departments_of(tx, row.id)
