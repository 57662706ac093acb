"""Colleagues named in a note: only who may see the ticket can be named, and is told of it."""

from __future__ import annotations

from collections.abc import Sequence

from chat.core.errors import MentionRefused, NotFound
from chat.core.events import AgentMentioned
from chat.core.model import Actor, Ticket
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.roles.actions import of_role
from chat.team import store as agents


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
