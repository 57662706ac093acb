"""The allow-list over REST."""

from __future__ import annotations

from msgspec import Struct

from chat.networks import actions as allowed
from chat.networks.actions import AllowedNetworks
from chat.web.authentication import address_of
from chat.web.endpoint import Ask, Tagged, endpoint, tagged


class WantedNetworks(Struct, frozen=True, forbid_unknown_fields=True):
    """The networks that are to be allowed, all of them. None: everywhere."""

    networks: list[str]


@endpoint("GET /networks", permission="network.read", audited=())
async def get_networks(ask: Ask[None]) -> Tagged[AllowedNetworks]:
    """Return the account's list."""
    return tagged(await allowed.allowed(ask.services, ask.actor))


@endpoint("PUT /networks", permission="network.change", audited={"networks.changed"}, step_up=True)
async def put_networks(ask: Ask[WantedNetworks]) -> Tagged[AllowedNetworks]:
    """Set it as a whole. One that would shut out who asks is refused."""
    address, wanted = address_of(ask.request), ask.body.networks
    return tagged(await allowed.change(ask.services, ask.actor, wanted, address, ask.precondition))
