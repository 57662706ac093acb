"""The page of the allow-list."""

from __future__ import annotations

from starlette.responses import Response

from chat.core.errors import ChangedMeanwhile, InvalidField
from chat.core.versions import precondition, tag_of
from chat.networks import actions as allowed
from chat.web.authentication import address_of
from chat.web.forms import Errors, saved
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint

PAGE = "/admin/networks"


@page_endpoint("GET /admin/networks", permission="network.read", query=[SAVED])
async def show_networks(ask: PageAsk) -> Response:
    """Show it."""
    return await _page(ask)


@page_endpoint("POST /admin/networks", permission="network.change", audited={"networks.changed"}, step_up=True)
async def save_networks(ask: PageAsk) -> Response:
    """Save it, unless somebody changed it since it was shown."""
    typed, seen = ask.form.get("networks", ""), precondition(ask.form.get("seen"))
    try:
        await allowed.change(ask.services, ask.actor, typed.split(), address_of(ask.request), seen)
    except InvalidField as error:
        why = str(error.extra.get("why", ""))
        return await _page(ask, typed, {"networks": "networks.error" + (f".{why}" if why else "")}, 422)
    except ChangedMeanwhile as error:
        return await _page(ask, typed, {"networks": "networks.error.changed"}, error.status)
    return saved(PAGE)


async def _page(ask: PageAsk, typed: str | None = None, errors: Errors | None = None, status: int = 200) -> Response:
    now = await allowed.allowed(ask.services, ask.actor)
    shown = "\n".join(now.networks) if typed is None else typed
    more = {"typed": shown, "now": now.networks, "seen": tag_of(now), "own": str(address_of(ask.request) or "")}
    return ask.page("admin-networks.html", status, errors=errors, **more)
