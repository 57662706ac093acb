"""
How many tickets are in each view. All tickets that count are read once for an account, then those that change; what an
agent is told follows from that, and is the same for all who see the same departments but for their own tickets.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from chat.core import frames
from chat.core.model import ENDED
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.tickets.store import counting
from chat.tickets.store.counting import TicketKind
from chat.tickets.store.tickets import Departments

ALWAYS = ("unassigned", "mine", "open", "waiting", "pending", "snoozed", "quarantine", "unread")
"""The views that are told also where nothing is in them."""


@dataclass
class Tally:
    """
    What is counted for all who see some departments: tickets by view, and by whose they are the open ones, and the
    unread of these.
    """

    shared: Counter[str] = field(default_factory=Counter)
    whose: Counter[str | None] = field(default_factory=Counter)
    unread: Counter[str | None] = field(default_factory=Counter)

    def add(self, kind: TicketKind, by: int) -> None:
        """Count so many of a kind more, or fewer."""
        for view in _views_of(kind):
            self.shared[view] += by
            if view == "open":
                self.whose[kind.assignee] += by
                self.unread[kind.assignee] += by * kind.unread

    def own(self, agent_id: str) -> tuple[int, int]:
        """Return how many are an agent's, and how many unread ones that or nobody's."""
        return self.whose[agent_id], self.unread[agent_id] + self.unread[None]


class Counted:
    """The tickets of an account as they were counted, by key."""

    def __init__(self, kinds: dict[int, TicketKind], sees: Collection[Departments] = ()) -> None:
        self._kinds = kinds
        self._tallies: dict[Departments, Tally] = {}
        self._lines: dict[tuple[Departments, int, int], str] = {}
        for departments in sees:
            self._tally(departments)

    def change(self, ids: Collection[int], now: Mapping[int, TicketKind]) -> None:
        """Take in of what kind some tickets are `now`. Those that are not in it count no more."""
        self._lines.clear()
        for key in ids:
            for kind, by in ((self._kinds.pop(key, None), -1), (now.get(key), 1)):
                for departments, tally in self._tallies.items():
                    if kind is not None and _sees(departments, kind):
                        tally.add(kind, by)
            if key in now:
                self._kinds[key] = now[key]

    def of(self, agent_id: str, departments: Departments) -> dict[str, int]:
        """Return how many of those that an agent sees are in each view."""
        tally = self._tally(departments)
        there = {view: count for view, count in tally.shared.items() if count}
        mine, unread = tally.own(agent_id)
        return dict.fromkeys(ALWAYS, 0) | there | {"mine": mine, "unread": unread}

    def line_of(self, agent_id: str, departments: Departments) -> str:
        """Return the frame that tells it, written once for all to whom it says the same."""
        same = departments, *self._tally(departments).own(agent_id)
        if same not in self._lines:
            self._lines[same] = frames.encode(frames.ViewsOut(self.of(agent_id, departments)))
        return self._lines[same]

    def _tally(self, departments: Departments) -> Tally:
        if departments not in self._tallies:
            self._tallies[departments] = tally = Tally()
            for kind, count in Counter(self._kinds.values()).items():
                if _sees(departments, kind):
                    tally.add(kind, count)
        return self._tallies[departments]


def _sees(departments: Departments, kind: TicketKind) -> bool:
    return departments is None or kind.department is None or kind.department in departments


def _views_of(kind: TicketKind) -> Iterator[str]:
    """Say in which views tickets of a kind are; `mine` is a matter of who looks."""
    if kind.held:
        yield "quarantine"
    if kind.hidden or kind.status in ENDED:
        return
    if kind.snoozed:
        yield "snoozed"
    elif kind.status == "pending":
        yield "pending"
    else:
        yield from _views_of_open(kind)


def _views_of_open(kind: TicketKind) -> Iterator[str]:
    yield "open"
    yield f"site:{kind.site}"
    if kind.department is not None:
        yield f"department:{kind.department}"
    if kind.assignee is None:
        yield "unassigned"
    if kind.waiting:
        yield "waiting"


async def count(services: Services, account_id: str, sees: Collection[Departments] = ()) -> Counted:
    """Count the tickets of an account, at once for those who see these departments."""

    def work(tx: Tx) -> Counted:
        return Counted(counting.kinds(tx, account_id), sees)

    return await services.store.read(work)


async def recount(services: Services, account_id: str, counted: Counted, ids: Collection[int]) -> None:
    """Bring what was counted up to date, of which some tickets have changed."""
    counted.change(ids, await services.store.read(lambda tx: counting.kinds(tx, account_id, ids)))
