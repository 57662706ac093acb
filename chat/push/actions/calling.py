"""What agents are to be called for, noted in the transaction in which it happens, and whom it concerns later."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import assert_never

from chat.agent_profile.domain import is_quiet
from chat.core.events import AgentMentioned, Event, MessageStored, TicketAssigned
from chat.core.model import Ticket
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.push import store
from chat.push.store import CallRow
from chat.team import store as agents
from chat.team.actions.agents import get_preferences
from chat.tickets.actions import mentions

Calling = MessageStored | AgentMentioned | TicketAssigned


def record(services: Services, tx: Tx, happened: Sequence[Event]) -> None:
    """Note what happened that agents are called for, where any of the account's is called on a device."""
    calling = [each for each in happened if isinstance(each, Calling)]
    called = store.accounts_called(tx, {each.ticket.account for each in calling}) if calling else set()
    for each in calling:
        if each.ticket.account in called:
            _note(services, tx, each)


def _note(services: Services, tx: Tx, event: Calling) -> None:
    ticket_id, now = event.ticket.id, services.clock()
    match event:
        case MessageStored():
            if store.is_from_visitor(tx, ticket_id, event.seq):
                store.put_call(tx, ticket_id, "", "written", now)
        case AgentMentioned():
            store.put_call(tx, ticket_id, event.agent, "mentioned", now)
        case TicketAssigned():
            store.put_call(tx, ticket_id, event.agent, "assigned", now)
        case _:
            assert_never(event)


def concerned(services: Services, tx: Tx, call: CallRow, among: Collection[str] | None = None) -> dict[str, str]:
    """
    Return whom a call concerns as things stand now, of those who are called on a device or `among` some, and as what:
    `new`, `mine`, `assigned` or `mentioned`. It is nobody's where it was read, quarantined, deleted or erased since.
    """
    ticket = store.ticket_by_id(tx, call.ticket_id)
    if ticket is None:
        return {}
    known = store.called_agents(tx, ticket.account_id)
    return {
        agent_id: why
        for agent_id, why in _asked(tx, ticket, call, known if among is None else among)
        if _wants(services, tx, ticket, agent_id, why)
    }


def _asked(tx: Tx, ticket: Ticket, call: CallRow, among: Collection[str]) -> Iterator[tuple[str, str]]:
    for agent_id in among:
        mine = ticket.assignee == agent_id
        if call.agent_id == "":
            unread = ticket.status == "open" and ticket.last_seq > ticket.agent_read
            if unread and (mine or ticket.assignee is None):
                yield agent_id, "mine" if mine else "new"
        elif call.agent_id == agent_id and _holds(tx, ticket, call):
            yield agent_id, call.why


def _holds(tx: Tx, ticket: Ticket, call: CallRow) -> bool:
    """Whether a ticket is still whom it was given to, or a note that names somebody not seen yet."""
    if call.why == "assigned":
        return bool(ticket.assignee == call.agent_id)
    return store.is_mentioned(tx, call.agent_id, ticket.id)


def _wants(services: Services, tx: Tx, ticket: Ticket, agent_id: str, why: str) -> bool:
    if not mentions.can_read(services, tx, ticket, agent_id):
        return False
    likes = get_preferences(services, agents.one(tx, ticket.account_id, agent_id))
    return why not in likes.notifications.without and not is_quiet(likes, services.clock())
