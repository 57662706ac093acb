"""The page about the rights of roles: owners change them, others read."""

from __future__ import annotations

from starlette.responses import Response

from chat.core.access import LINE, ROLES, SHOWN
from chat.roles import actions as roles
from chat.web.forms import saved
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint

PAGE = "/admin/roles"


@page_endpoint("GET /admin/roles", permission="role.read", query=[SAVED])
async def show_roles(ask: PageAsk) -> Response:
    """Show the table."""
    view = await roles.roles(ask.services, ask.actor)
    return ask.page("admin-roles.html", roles=SHOWN, rights=sorted(view.rights.items(), key=_place))


@page_endpoint("POST /admin/roles", permission="role.change", audited={"right.given", "right.taken"}, step_up=True)
async def save_roles(ask: PageAsk) -> Response:
    """Save what is ticked."""
    view = await roles.roles(ask.services, ask.actor)
    ticked = {value for name, value in ask.fields if name == "allowed"}
    wanted = {
        role: {name: f"{role}/{name}" in ticked for name, cells in view.rights.items() if cells[role].open}
        for role in ROLES
    }
    await roles.change(ask.services, ask.actor, wanted)
    return saved(PAGE)


def _place(row: tuple[str, dict[str, roles.RightView]]) -> tuple[int, str]:
    """Those first that agents have usually, then those of admins."""
    name, cells = row
    return -sum(cells[role].usual for role in LINE), name
