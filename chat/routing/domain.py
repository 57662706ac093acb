"""How tickets are given out."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Mode = Literal["off", "round_robin", "least_busy"]
MODES: tuple[Mode, ...] = ("off", "round_robin", "least_busy")
MOST, LONGEST = 500, 1440


class RoutingRule(Struct, frozen=True, forbid_unknown_fields=True):
    """
    How an account or a department gives its tickets out: to whose turn it is (`round_robin`), to who has the fewest
    (`least_busy`), or to nobody (`off`). An agent with `most` open tickets gets no more, 0 is for no limit. Where a
    visitor waits so many `minutes`, the ticket is given back, 0 is for never.
    """

    mode: Mode = "off"
    most: int = 0
    minutes: int = 0


class Candidate(Struct, frozen=True):
    """An agent who may get a ticket: how many open ones they have, up to how many they take, when their last came."""

    agent_id: str
    has: int
    most: int
    routed_at: int


def choose(candidates: list[Candidate], mode: Mode, but: str | None) -> str | None:
    """Return who gets a ticket, None where nobody can: who let it lie before (`but`) only where nobody else can."""
    free = [each for each in candidates if not each.most or each.has < each.most]
    fresh = [each for each in free if each.agent_id != but] or free
    if mode == "off" or not fresh:
        return None
    busy = (lambda each: each.has) if mode == "least_busy" else (lambda _: 0)
    return min(fresh, key=lambda each: (busy(each), each.routed_at, each.agent_id)).agent_id
