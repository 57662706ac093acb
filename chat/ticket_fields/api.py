"""The fields of tickets over REST."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from chat.ticket_fields import actions as ticket_fields
from chat.ticket_fields.domain import MOST, MOST_RETIRED, TicketField, TicketFields
from chat.web.endpoint import Ask, Tagged, endpoint, tagged


class WantedFields(Struct, frozen=True, forbid_unknown_fields=True):
    """The fields that tickets are to have, all of them, in their order."""

    fields: Annotated[list[TicketField], Meta(max_length=2 * (MOST + MOST_RETIRED))]


@endpoint("GET /ticket-fields", permission="ticket_field.read", audited=())
async def get_fields(ask: Ask[None]) -> Tagged[TicketFields]:
    """Return them in their order, those that are retired too."""
    return tagged(await ticket_fields.fields(ask.services, ask.actor))


@endpoint("PUT /ticket-fields", permission="ticket_field.change", audited={"ticket_fields.changed"})
async def put_fields(ask: Ask[WantedFields]) -> Tagged[TicketFields]:
    """Set them as a whole. One that was there is retired and not left out; its `key` stays."""
    wanted = ask.body.fields
    return tagged(await ticket_fields.change(ask.services, ask.actor, lambda _: wanted, ask.precondition))
