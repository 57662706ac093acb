"""
How many tickets are in each view. The database is asked once for an account: what an agent is told follows from that,
and is the same for all who see the same departments but for the tickets that are their own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from chat.core import access, frames
from chat.core.model import ENDED, Actor
from chat.infra.services import Services
from chat.tickets.store import counting
from chat.tickets.store.counting import TicketGroup
from chat.tickets.store.tickets import Departments

ALWAYS = ("unassigned", "mine", "open", "waiting", "pending", "snoozed", "quarantine", "unread")
"""The views that are told also where nothing is in them."""


class Counted:
    """The tickets of an account as they were counted once."""

    def __init__(self, groups: Iterable[TicketGroup]) -> None:
        self._groups = tuple(groups)
        self._seen: dict[Departments, tuple[Counter[str], dict[str | None, Counter[str]]]] = {}
        self._lines: dict[tuple[Departments, int, int], str] = {}

    def of(self, agent_id: str, departments: Departments) -> dict[str, int]:
        """Return how many of those that an agent sees are in each view."""
        shared, whose = self._of(departments)
        mine, unread = whose[agent_id]["open"], whose[agent_id]["unread"] + whose[None]["unread"]
        return dict.fromkeys(ALWAYS, 0) | shared | {"mine": mine, "unread": unread}

    def line_of(self, agent_id: str, departments: Departments) -> str:
        """Return the frame that tells it, written once for all to whom it says the same."""
        mine = self._of(departments)[1][agent_id]
        same = departments, mine["open"], mine["unread"]
        if same not in self._lines:
            self._lines[same] = frames.encode(frames.ViewsOut(self.of(agent_id, departments)))
        return self._lines[same]

    def _of(self, departments: Departments) -> tuple[Counter[str], dict[str | None, Counter[str]]]:
        if departments not in self._seen:
            shared: Counter[str] = Counter()
            whose: defaultdict[str | None, Counter[str]] = defaultdict(Counter)
            for group in self._groups:
                if departments is None or group.department is None or group.department in departments:
                    views = set(_views_of(group))
                    shared.update(dict.fromkeys(views, group.number))
                    if "open" in views:
                        whose[group.assignee].update({"open": group.number, "unread": group.number * group.unread})
            self._seen[departments] = shared, whose
        return self._seen[departments]


def _views_of(group: TicketGroup) -> Iterator[str]:
    """Say in which views tickets of a kind are; `mine` is a matter of who looks."""
    if group.held:
        yield "quarantine"
    if group.hidden or group.status in ENDED:
        return
    if group.snoozed:
        yield "snoozed"
    elif group.status == "pending":
        yield "pending"
    else:
        yield from _views_of_open(group)


def _views_of_open(group: TicketGroup) -> Iterator[str]:
    yield "open"
    yield f"site:{group.site}"
    if group.department is not None:
        yield f"department:{group.department}"
    if group.assignee is None:
        yield "unassigned"
    if group.waiting:
        yield "waiting"


async def count(services: Services, account_id: str) -> Counted:
    """Count the tickets of an account."""
    return Counted(await services.store.read(lambda tx: counting.groups(tx, account_id)))


async def counts(services: Services, actor: Actor) -> dict[str, int]:
    """Return how many tickets that the actor sees are in each view."""
    access.require(actor, "ticket.read")
    return (await count(services, actor.account_id)).of(actor.agent_id, actor.departments)
