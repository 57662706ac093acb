"""
An agent is given a ticket: they are told, and mailed while they are away, where they want that. Both say its number,
and no more.
"""

from __future__ import annotations

from chat.account import store as accounts
from chat.agent_mail import actions as agent_mail
from chat.agent_profile.domain import is_quiet
from chat.core.events import TicketAssigned
from chat.core.model import Actor, Ticket
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team import store as agents
from chat.team.actions.agents import get_preferences

AN_HOUR = 6
"""So many letters an agent gets of it: two hundred tickets may be given to them at once."""


def events_of(was: Ticket, assignee: str | None, by: str = "") -> list[TicketAssigned]:
    """Return what is told to whom a ticket is given by somebody else. Of what shows nothing but spam nobody is told."""
    hidden = was.held > 0 and was.held >= was.last_seq
    if assignee is None or assignee in {was.assignee, by} or hidden:
        return []
    return [TicketAssigned(was.account_id, assignee, by, was.ref)]


async def is_called(services: Services, actor: Actor, ticket: Ticket, assignee: str | None) -> bool:
    """
    Whether an agent who is given a ticket is to be called: somebody else gives it, they are away, and they want it.
    Raises NotFound where there is no such agent.
    """
    if assignee is None or assignee in {actor.agent_id, ticket.assignee} or not services.mails_links:
        return False
    row = await services.store.read(lambda tx: agents.one(tx, actor.account_id, assignee))
    likes = get_preferences(services, row)
    away = services.bus.status(actor.account_id, row.id) != "online"
    if not away or not likes.notifications.mail or is_quiet(likes, services.clock()):
        return False
    return not await services.bus.allow(f"called:{row.id}", AN_HOUR, 3600.0)


def call(services: Services, tx: Tx, actor: Actor, number: int, assignee: str) -> None:
    """Queue the letter, in the transaction that gives the ticket."""
    link = f"{services.settings.base_url}/inbox/mine/{number}"
    row, name = agents.one(tx, actor.account_id, assignee), accounts.one(tx, actor.account_id).name
    agent_mail.queue(services, tx, row, "mail.assigned", name=name, number=number, link=link)
