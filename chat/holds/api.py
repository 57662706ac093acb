"""Legal holds over REST."""

from __future__ import annotations

from msgspec import Struct

from chat.holds import actions as holds
from chat.web.endpoint import Ask, endpoint
from chat.web.lists import Listed


class NewHold(Struct, frozen=True, forbid_unknown_fields=True):
    """Why and how long a contact is held."""

    reason: str
    days: int


@endpoint("GET /holds", permission="hold.read", audited={"holds.viewed"})
async def list_holds(ask: Ask[None]) -> Listed[holds.HoldView]:
    """Return them, the first to end first."""
    return Listed(await holds.page(ask.services, ask.actor))


@endpoint("PUT /contacts/{id}/hold", permission="hold.change", audited={"hold.placed"}, step_up=True)
async def put_hold(ask: Ask[NewHold]) -> holds.PlacedHold:
    """Hold a contact: nothing of it is erased or shown until that ends."""
    return await holds.place_hold(ask.services, ask.actor, ask.path["id"], ask.body.reason, ask.body.days)


@endpoint("DELETE /contacts/{id}/hold", permission="hold.change", audited={"hold.lifted"}, status=204, step_up=True)
async def lift_hold(ask: Ask[None]) -> None:
    """End it: an erasure that waited goes on."""
    await holds.lift(ask.services, ask.actor, ask.path["id"])
