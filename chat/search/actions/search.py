"""
Search: a walk through the tickets, the last changed first, in which each text is opened, compared and forgotten.

What is found is told newest first. A ticket's messages are no newer than its last change, so once the walk has come to
a ticket, whatever was found that is newer can be told. It is looked at again before: who was erased meanwhile, or what
the agent may not see any more, is not told.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Final

from msgspec import UNSET, structs

from chat.core import access
from chat.core.clock import stamp
from chat.core.errors import InvalidField, LetheError, NotFound
from chat.core.model import Actor
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.search.actions.ahead import Ahead
from chat.search.domain import Hit, Line, SearchedBackTo, SearchFailed
from chat.team.actions import sessions
from chat.tickets.actions import matching, transcripts
from chat.tickets.actions.matching import Match, Sought
from chat.tickets.domain import SearchScope
from chat.tickets.schema import STATUSES
from chat.tickets.store import searching, tickets
from chat.tickets.store.searching import SearchedTicket
from chat.tickets.store.tickets import ListedTicket

SECONDS: Final = 30.0
"""A search ends after so long and says how far it came; the same with `until` goes on from there."""
FIRST, PAGE = 20, 200
"""So many tickets are read first, so that the newest hits come at once, and then at a time."""
OF_CONTACT: Final = {"name", "email", "phone", "field"}
Key = tuple[int, str, int | None]


@dataclass
class RunningSearch:
    """
    One search while it runs: `actor` is who asks, as they are now; of what was found, `known` is which, `ahead` what
    may not be told yet, `sent` how much was told, and `last` when the last of that was said.
    """

    services: Services
    actor: Actor
    scope: SearchScope
    sought: Sought
    limit: int
    ahead: Ahead
    sent: int = 0
    last: str = ""
    known: set[Key] = field(default_factory=set)

    def is_full(self, back_to: int) -> bool:
        """Whether nothing older can be told that was found by now."""
        return self.sent >= self.limit or back_to <= self.ahead.dropped

    def reached(self, back_to: int) -> str:
        """Return since when all that was found is told, where the walk has come `back_to` a time."""
        return self.last if self.sent >= self.limit else stamp(max(back_to, self.ahead.dropped))


async def begin(search: RunningSearch) -> AsyncIterator[Line]:
    """Return the lines of a search, once it is in the audit log. Raises Forbidden, InvalidField."""
    services, actor = search.services, search.actor
    access.require(actor, "ticket.read")
    if search.scope.tickets.status not in {UNSET, *STATUSES}:
        raise InvalidField(f"A status is one of {', '.join(STATUSES)}", field="status")
    if search.sought.held:
        access.require(actor, "quarantine.read")
    addresses = access.can(actor, "contact.read")
    held = search.sought.held if access.can(actor, "quarantine.read") else False
    await audit.record_view(services, actor, "tickets.searched")
    return _lines(replace(search, sought=replace(search.sought, addresses=addresses, held=held)))


async def _lines(search: RunningSearch) -> AsyncIterator[Line]:
    try:
        async for line in _walk(search):
            yield line
    except LetheError as error:  # the answer has begun, so it says so in a line of its own
        yield SearchFailed(error.code, error.detail)


async def _walk(search: RunningSearch) -> AsyncIterator[Line]:
    begun, deadline = search.services.clock(), monotonic() + SECONDS
    for hit in await _shown(search, await _numbered(search)):
        yield hit
    back_to = begun
    async for stretch in _stretches(search):
        back_to = stretch.tickets[-1].ticket.updated_at
        await _look(search, stretch)
        over = monotonic() > deadline
        for hit in await _ready(search, 0 if over else back_to):
            yield hit
        yield SearchedBackTo(search.reached(back_to), complete=False)
        if over or search.is_full(back_to):
            return
    # What changed meanwhile went to the front, which the walk had left.
    async for stretch in _stretches(search, since=begun):
        await _look(search, stretch)
    for hit in await _ready(search, 0):
        yield hit
    yield SearchedBackTo(search.reached(back_to), complete=not search.is_full(0))


async def _look(search: RunningSearch, stretch: matching.SearchStretch) -> None:
    """Keep what is found in a stretch, but what is said of a contact once."""
    for match in await matching.look(search.services, search.actor, stretch, search.sought):
        of = match.of.contact.id if match.found in OF_CONTACT else match.of.ticket.id
        key = (of, match.found, match.seq)
        if key not in search.known:
            search.known.add(key)
            search.ahead.put(match)


async def _ready(search: RunningSearch, since: int) -> list[Hit]:
    """Return what is to be told now, newest first: what was found that is as new as `since`, up to the limit."""
    hits = (await _shown(search, search.ahead.take(since)))[: search.limit - search.sent]
    search.sent += len(hits)
    search.last = hits[-1].at if hits else search.last
    return hits


async def _stretches(search: RunningSearch, since: int | None = None) -> AsyncIterator[matching.SearchStretch]:
    """Yield the tickets to look at, the last changed first, those that changed `since` a time alone."""
    period, behind, size = search.scope.period, None, FIRST
    if since is not None:
        period = period._replace(since=max(since, period.since or 0))
    scope = structs.replace(search.scope, period=period)
    while True:
        found = await _next(search, scope, behind, size)
        for stretch in matching.stretches(found):
            yield stretch
        if len(found) < size:
            return
        last = found[-1].ticket
        behind, size = (last.updated_at, last.id), PAGE


async def _next(
    search: RunningSearch, scope: SearchScope, behind: tuple[int, int] | None, limit: int
) -> list[SearchedTicket]:
    account_id, sees = search.actor.account_id, search.actor.departments
    return await search.services.store.read(
        lambda tx: searching.next_tickets(tx, account_id, sees, scope, behind, limit)
    )


async def _numbered(search: RunningSearch) -> list[Match]:
    """Return the ticket whose number was typed, if there is one. It is the one that is meant, however old it is."""
    number, account_id = search.sought.terms.number, search.actor.account_id
    if number is None:
        return []

    def work(tx: Tx) -> list[Match]:
        seen = search.actor.departments
        into = tickets.merged_into(tx, account_id, [number], seen).get(number, number)
        ticket, contact = tickets.one(tx, account_id, into, seen)
        return [Match(SearchedTicket(ticket, contact), "number", ticket.updated_at, ["#", str(number), ""])]

    try:
        return await search.services.store.read(work)
    except NotFound:
        return []


async def _shown(search: RunningSearch, ready: Sequence[Match]) -> list[Hit]:
    """Return what may still be told of what was found, as it is now. Raises Unauthorized where the session ended."""
    if not ready:
        return []
    services = search.services
    search.actor = actor = await sessions.require_still(services, search.actor)
    access.require(actor, "ticket.read")

    def work(tx: Tx) -> tuple[dict[int, ListedTicket], dict[tuple[int, int], bool]]:
        numbers = [each.of.ticket.number for each in ready]
        open_to = tickets.there(tx, actor.account_id, numbers, actor.departments)
        ids = [each.of.ticket.id for each in ready if each.of.ticket.number in open_to]
        said = [(each.of.ticket.id, each.seq or 0) for each in ready if each.found == "message"]
        return {each.ticket.id: each for each in tickets.many(tx, actor.account_id, ids)}, searching.still_said(
            tx, said
        )

    listed, said = await services.store.read(work)
    hits = []
    for match in ready:
        now = listed.get(match.of.ticket.id)
        held = said.get((match.of.ticket.id, match.seq or 0)) if match.found == "message" else False
        if now is None or held is None or not _may(actor, match, held=held):
            continue
        try:
            hits.append(_hit(services, now, match, held=held))
        except NotFound:  # the key is gone
            continue
        if held:
            await audit.record_view(services, actor, "quarantine.viewed", str(now.ticket.number), now.contact_uid)
    return hits


def _may(actor: Actor, match: Match, *, held: bool) -> bool:
    if held and not access.can(actor, "quarantine.read"):
        return False
    return match.found not in OF_CONTACT - {"name"} or access.can(actor, "contact.read")


def _hit(services: Services, now: ListedTicket, match: Match, *, held: bool) -> Hit:
    summary = transcripts.summary(services, now)
    return Hit(
        found=match.found,
        ticket=summary.number,
        at=stamp(match.at),
        parts=match.parts,
        status=summary.status,
        contact=summary.contact,
        site=summary.site,
        assignee=summary.assignee,
        held=held,
        seq=UNSET if match.seq is None else match.seq,
        author=match.author or UNSET,
    )
