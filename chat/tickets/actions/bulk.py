"""
One change made to many tickets: each in a transaction of its own, so that nobody waits for all of them, and with an
answer of its own. Cut off and sent again with its id, it goes on, and changes nothing twice.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from chat.core import access, frames
from chat.core.clock import DAY, stamp
from chat.core.errors import ChangedMeanwhile, Forbidden, InvalidField, NotFound
from chat.core.ids import uuid7, uuid_bytes, uuid_text
from chat.core.model import Actor, Ticket
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.tickets.actions import changing, tickets
from chat.tickets.store import changing as rows

MOST = 200
Outcome = Literal["changed", "not_found", "forbidden", "changed_meanwhile"]
REFUSED: dict[type[Exception], Outcome] = {
    NotFound: "not_found",
    Forbidden: "forbidden",
    ChangedMeanwhile: "changed_meanwhile",
}


class ChosenTicket(Struct, frozen=True, forbid_unknown_fields=True):
    """A ticket to change, with `updated_at` only if it is still as it was then."""

    number: frames.Number
    updated_at: Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\Z")] | None = None


class AnyTicketsChange(changing.TicketChange, frozen=True, forbid_unknown_fields=True):
    """What is to be changed, as of one ticket, or `spam` alone: whether they are spam."""

    spam: bool | UnsetType = UNSET


class BulkChange(Struct, frozen=True, forbid_unknown_fields=True):
    """One change of up to 200 tickets. `id` is made by the client: sent again, nothing is changed twice."""

    tickets: Annotated[list[ChosenTicket], Meta(min_length=1, max_length=MOST)]
    change: AnyTicketsChange
    id: frames.ClientId | None = None


class BulkAnswer(Struct, frozen=True):
    """What became of one ticket."""

    number: int
    outcome: Outcome


async def change(services: Services, actor: Actor, wanted: BulkChange) -> list[BulkAnswer]:
    """
    Make a change to each of some tickets, and return what became of each, in their order. Raises what refuses all of
    it before anything is changed: InvalidField, Forbidden, and NotFound for an agent or department that is not there.
    """
    access.require(actor, "ticket.change")
    made = await _checked(services, actor, wanted)
    return [BulkAnswer(each.number, await _outcome(services, actor, each, made)) for each in wanted.tickets]


class _Change(Struct, frozen=True):
    """A change that may be made: columns of a ticket, or whether its messages are held; and its id."""

    id: str
    values: changing.TicketValues
    held: bool | UnsetType


async def _checked(services: Services, actor: Actor, wanted: BulkChange) -> _Change:
    numbers = [each.number for each in wanted.tickets]
    if len({*numbers}) < len(numbers):
        raise InvalidField("Name each ticket once", field="tickets")
    values, held = wanted.change.given(), wanted.change.spam
    values.pop("spam", None)
    if held is not UNSET and values:
        raise InvalidField("Mark as spam, or change something else: one at a time", field="spam")
    bulk_id = uuid_text(uuid_bytes(wanted.id)) if wanted.id else uuid7()
    if held is not UNSET:
        access.require(actor, "spam.mark")
        return _Change(bulk_id, {}, held)
    columns = changing.checked(actor, values)
    await services.store.read(lambda tx: changing.require_there(tx, actor, columns))
    return _Change(bulk_id, columns, UNSET)


async def _outcome(services: Services, actor: Actor, chosen: ChosenTicket, made: _Change) -> Outcome:
    def once(tx: Tx, ticket: Ticket) -> bool:
        # First: what was changed by this very change is not as it was seen any more.
        if not rows.enter(tx, ticket, made.id, services.clock()):
            return False
        if chosen.updated_at not in {None, stamp(ticket.updated_at)}:
            raise ChangedMeanwhile
        return True

    try:
        if made.held is UNSET:
            await changing.apply(services, actor, chosen.number, made.values, once)
        else:
            await tickets.hold(services, actor, chosen.number, held=bool(made.held), once=once)
    except tuple(REFUSED) as error:
        return REFUSED[type(error)]
    return "changed"


async def forget(services: Services) -> int:
    """Forget which tickets were changed by what more than a day ago, and return how many."""
    return await services.store.write(lambda tx: rows.drop_before(tx, services.clock() - DAY))
