"""Tickets that are put aside until a time. They come back then, or as soon as their visitor writes."""

from __future__ import annotations

from datetime import datetime

from chat.core import access, frames
from chat.core.clock import DAY
from chat.core.errors import InvalidField, NotNow
from chat.core.events import SystemEntered, TicketChanged
from chat.core.model import Actor, Ticket
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.tickets.actions import changing, entries
from chat.tickets.actions.tickets import summary
from chat.tickets.domain import SERVER, Fact
from chat.tickets.store import snoozing as rows

LONGEST = 366 * DAY
CHUNK = 200


async def snooze(services: Services, actor: Actor, number: int, until: str) -> frames.TicketSummary:
    """Put a ticket aside `until` a time (RFC 3339). Raises InvalidField, and NotNow where it has ended."""
    access.require(actor, "ticket.change")
    at = _time(until)
    if not services.clock() < at <= services.clock() + LONGEST:
        raise InvalidField("Give a time that is still to come, at most a year ahead", field="until")
    await changing.apply(services, actor, number, {"snoozed_until": at}, _runs)
    return await summary(services, actor, number)


async def wake(services: Services, actor: Actor, number: int) -> frames.TicketSummary:
    """Have a ticket back now."""
    access.require(actor, "ticket.change")
    await changing.apply(services, actor, number, {"snoozed_until": None}, _is_snoozed)
    return await summary(services, actor, number)


async def sweep(services: Services) -> int:
    """Bring back some tickets whose time has come, and return how many."""

    def work(tx: Tx) -> tuple[int, list[SystemEntered | TicketChanged]]:
        woken = rows.wake(tx, services.clock(), CHUNK)
        entered = [each for one in woken for each in entries.enter(services, tx, one.ref, SERVER, [Fact(kind="woken")])]
        happened: list[SystemEntered | TicketChanged] = [*entered]
        happened += [TicketChanged(each.ref) for each in woken]
        services.record(tx, *happened)
        return len(woken), happened

    woken, happened = await services.store.write(work)
    services.bus.publish(*happened)
    return woken


def _runs(_: Tx, ticket: Ticket) -> bool:
    if ticket.ended:
        raise NotNow("This ticket has ended")
    return True


def _is_snoozed(_: Tx, ticket: Ticket) -> bool:
    return ticket.snoozed_until is not None


def _time(value: str) -> int:
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is not None:
            return round(at.timestamp() * 1000)
    except (ValueError, OverflowError):
        pass
    raise InvalidField("Give a time as RFC 3339 has it, with its zone: 2026-11-23T18:50:00.000Z", field="until")
