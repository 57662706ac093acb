"""One's own devices over REST, and what they are called for."""

from __future__ import annotations

from msgspec import Struct

from chat.push.actions import subscribing
from chat.web.endpoint import Ask, endpoint


class Device(Struct, frozen=True, forbid_unknown_fields=True):
    """A device to call on: where its push service is asked to wake it, and the language it speaks."""

    endpoint: str
    locale: str = "en"


@endpoint("GET /push", permission="session.own", audited=())
async def get_push(ask: Ask[None]) -> subscribing.PushView:
    """Return how one is called on devices, and what for."""
    return await subscribing.get_own(ask.services, ask.actor)


@endpoint("PUT /push", permission="session.own", audited=(), status=204)
async def subscribe(ask: Ask[Device]) -> None:
    """Call on the device of the session that asks."""
    await subscribing.subscribe(ask.services, ask.actor, ask.body.endpoint, ask.body.locale)


@endpoint("DELETE /push", permission="session.own", audited=(), status=204)
async def end(ask: Ask[None]) -> None:
    """Call on it no more."""
    await subscribing.end(ask.services, ask.actor)


@endpoint("POST /push/heard", permission="session.own", audited=(), status=204)
async def hear(ask: Ask[None]) -> None:
    """Note that one knows all there is, so that no device is woken for it."""
    await subscribing.hear(ask.services, ask.actor)
