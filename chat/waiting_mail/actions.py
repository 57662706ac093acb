"""
Mail to agents when a visitor has waited for long: to the ticket's own agent, else to those of its department who want
it. Once for each wait, several tickets in one letter, which says their numbers and no more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from chat.account import store as accounts
from chat.agent_mail import actions as agent_mail
from chat.agent_profile.domain import is_quiet
from chat.core.events import WorkDue
from chat.core.model import Ticket
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.routing.store import has_members
from chat.team import store as agents
from chat.team.actions.agents import get_preferences
from chat.team.store import AgentRow
from chat.tickets.actions import mentions
from chat.waiting_mail import store
from chat.waiting_mail.domain import AGAIN, AN_HOUR, WAITING_MINUTES

SOME = 50
Wanted = Mapping[int, Collection[str]]
"""Of each ticket, by key, the ids of the agents whom it concerns."""


async def sweep(services: Services) -> int:
    """Queue what is due, and return how many letters that is."""
    if not services.mails_links:
        return 0
    due: defaultdict[str, list[Ticket]] = defaultdict(list)
    for each in await services.store.read(lambda tx: store.list_due(tx, services.clock(), SOME)):
        due[each.account_id].append(each)
    return sum([await _tell(services, account_id, some) for account_id, some in due.items()])


async def _tell(services: Services, account_id: str, waiting: Sequence[Ticket]) -> int:
    """Write to whoever the waiting tickets of an account concern."""
    wanted = await services.store.read(lambda tx: {each.id: _concerned(services, tx, each) for each in waiting})
    ready = {each for each in set().union(*wanted.values()) if await _is_ready(services, account_id, each)}
    queued = await services.store.write(lambda tx: _queue(services, tx, waiting, wanted, ready))
    if queued:
        services.bus.publish(WorkDue())
    return queued


def _concerned(services: Services, tx: Tx, waits: Ticket) -> list[str]:
    """Return its agent, else those who want it of the department, or of the account where nobody works in that."""
    if waits.assignee is not None and mentions.can_answer(services, tx, waits, waits.assignee):
        return [waits.assignee]
    department, everybody = waits.department_id, agents.of_account(tx, waits.account_id)
    if department is not None and has_members(tx, department):
        everybody = [each for each in everybody if department in agents.departments_of(tx, each.id)]
    wanting = [each.id for each in everybody if _wants(services, each)]
    return [each for each in wanting if mentions.can_answer(services, tx, waits, each)]


def _wants(services: Services, row: AgentRow) -> bool:
    return row.deactivated_at is None and get_preferences(services, row).notifications.waiting


async def _is_ready(services: Services, account_id: str, agent_id: str) -> bool:
    """Whether an agent may be written to now: not in their quiet hours, and not too often."""
    row = await services.store.read(lambda tx: agents.one(tx, account_id, agent_id))
    if is_quiet(get_preferences(services, row), services.clock()):
        return False
    return not await services.bus.allow(f"waiting:{agent_id}", AN_HOUR, 3600.0)


def _queue(services: Services, tx: Tx, waiting: Sequence[Ticket], wanted: Wanted, ready: Collection[str]) -> int:
    """Note which waits are told of, and queue the letters; a process that dies leaves both or neither."""
    now, numbers = services.clock(), defaultdict[str, list[int]](list)
    for each in sorted(waiting, key=lambda waits: waits.id):
        to = [agent for agent in wanted[each.id] if agent in ready]
        if store.claim(tx, each, now, None if to or not wanted[each.id] else now + AGAIN):
            for agent_id in to:
                numbers[agent_id].append(each.number)
    return sum(bool(_write(services, tx, waiting[0].account_id, *each)) for each in numbers.items())


def _write(services: Services, tx: Tx, account_id: str, agent_id: str, numbers: Sequence[int]) -> str:
    account, row = accounts.one(tx, account_id), agents.one(tx, account_id, agent_id)
    base = f"{services.settings.base_url}/inbox/open"
    links = "\n".join(f"#{each}: {base}/{each}" for each in numbers)
    minutes = account[WAITING_MINUTES]
    return agent_mail.queue(services, tx, row, "mail.waiting", name=account.name, minutes=minutes, links=links)
