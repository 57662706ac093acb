"""The rights of roles over REST."""

from __future__ import annotations

from msgspec import Struct

from chat.roles import actions as roles
from chat.web.endpoint import Ask, Tagged, endpoint, tagged


class RightsChange(Struct, frozen=True, forbid_unknown_fields=True):
    """By role and permission what is not to be as usual; what it does not name is."""

    changed: dict[str, dict[str, bool]]


@endpoint("GET /roles", permission="role.read", audited=())
async def get_roles(ask: Ask[None]) -> Tagged[roles.RolesView]:
    """Return the rights of each role."""
    return tagged(await roles.roles(ask.services, ask.actor))


@endpoint("PUT /roles", permission="role.change", audited={"right.given", "right.taken"}, step_up=True)
async def put_roles(ask: Ask[RightsChange]) -> Tagged[roles.RolesView]:
    """Set what of them is not as usual."""
    return tagged(await roles.change(ask.services, ask.actor, ask.body.changed, ask.precondition))
