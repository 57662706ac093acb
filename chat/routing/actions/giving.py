"""
Tickets are given out, and given back where nobody answers. Each decision is a transaction of its own behind the
account's lock, so that processes that sweep at once give nothing twice, and one that is killed loses nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from functools import partial

from chat.core import events
from chat.core.model import Ticket
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.routing import store
from chat.routing.domain import Candidate, RoutingRule, choose
from chat.routing.store import RoutedTicket
from chat.team import store as agents
from chat.tickets.actions import calling, entries, mentions
from chat.tickets.domain import SERVER, facts
from chat.tickets.store import changing, tickets

GRACE = 60.0
"""An agent who was online so many seconds ago has only loaded the page again."""
MINUTE = 60_000

Happened = list[events.Event]


async def sweep(services: Services) -> int:
    """Give back what lies, then give out what waits, in each account that does; return how many moved."""
    return sum([await give(services, each) for each in await services.store.read(store.accounts)])


async def give(services: Services, account_id: str) -> int:
    """Do so in one account."""
    online = {agent for agent, status in services.bus.agents(account_id).items() if status == "online"}
    given = await services.store.read(lambda tx: store.given_out(tx, account_id))
    left = _left.of(account_id, {each.agent_id for each in given}, online | services.bus.agents(account_id).keys())
    moved = 0
    for each in given:
        moved += await _change(services, partial(_give_back, services, each, left))
    for waits in await services.store.read(lambda tx: store.waiting(tx, account_id)):
        moved += await _change(services, partial(_give_out, services, waits, online))
    return moved


class _Left:
    """Since when agents who have tickets are not there, as this process saw it: after a start nobody has left yet."""

    def __init__(self) -> None:
        self._since: dict[str, dict[str, float]] = {}

    def of(self, account_id: str, asked: Collection[str], here: Collection[str]) -> set[str]:
        """Return those of some agents who are not there, and have not been for a while."""
        known, now = self._since.get(account_id, {}), time.monotonic()
        self._since[account_id] = since = {each: known.get(each, now) for each in asked if each not in here}
        return {each for each, at in since.items() if now - at >= GRACE}


_left = _Left()


async def _change(services: Services, work: Callable[[Tx], Happened]) -> int:
    happened = await services.store.write(work)
    services.bus.publish(*happened)
    return bool(happened)


def _give_back(services: Services, lies: RoutedTicket, left: Collection[str], tx: Tx) -> Happened:
    store.lock(tx, lies.ticket.account_id)
    was = changing.lock(tx, lies.ticket.id)
    if was.assignee != lies.agent_id or was.status != "open" or was.waiting_since is None:
        return []
    minutes = _rule(tx, was).minutes * MINUTE
    late = bool(minutes) and services.clock() - max(lies.at, was.waiting_since) >= minutes
    gone = lies.agent_id in left or agents.active(tx, lies.agent_id) is None
    return _assign(services, tx, was, None) if late or gone else []


def _give_out(services: Services, waits: Ticket, online: Collection[str], tx: Tx) -> Happened:
    store.lock(tx, waits.account_id)
    was = changing.lock(tx, waits.id)
    rule = _rule(tx, was)
    if rule.mode == "off" or not store.waits(was):
        return []
    chosen = choose(_candidates(services, tx, was, rule, online), rule.mode, store.last_routed(tx, was.id))
    if chosen is None:
        return []
    store.note_routed(tx, was.id, chosen, services.clock())
    return _assign(services, tx, was, chosen)


def _assign(services: Services, tx: Tx, was: Ticket, assignee: str | None) -> Happened:
    values = {"assignee": assignee}
    # Nothing was said or done in it, so it stays where it is in lists, and ages as it did.
    tickets.change(tx, was.id, **values)
    happened: Happened = [events.TicketChanged(was.ref)]
    happened += entries.enter(services, tx, was.ref, SERVER, facts(was, values, SERVER))
    happened += calling.events_of(was, assignee)
    services.record(tx, *happened)
    return happened


def _rule(tx: Tx, ticket: Ticket) -> RoutingRule:
    known = store.rules(tx, ticket.account_id)
    return known.get(ticket.department_id or "") or known.get(ticket.account_id) or RoutingRule()


def _candidates(
    services: Services, tx: Tx, ticket: Ticket, rule: RoutingRule, online: Collection[str]
) -> list[Candidate]:
    """Return who is online, may answer the ticket, and works in its department, where anybody does."""
    here = [each for each in sorted(online) if mentions.can_answer(services, tx, ticket, each)]
    if ticket.department_id is not None:
        members = [each for each in here if ticket.department_id in agents.departments_of(tx, each)]
        here = members if store.has_members(tx, ticket.department_id) else here
    loads, limits = store.loads(tx, ticket.account_id, here), store.limits(tx, ticket.account_id)
    return [_candidate(each, loads.get(each, 0), *limits.get(each, (None, 0)), rule.most) for each in here]


def _candidate(agent_id: str, has: int, own: int | None, routed_at: int, most: int) -> Candidate:
    return Candidate(agent_id, has, most if own is None else own, routed_at)
