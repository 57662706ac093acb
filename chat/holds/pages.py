"""The owner's page of what privacy leaves them to decide: days between withdrawal and erasure, consent's age, holds."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.account.actions import accounts
from chat.core.errors import BeingErased, InvalidField
from chat.core.model import Account
from chat.holds import actions as holds
from chat.team.actions import agents
from chat.web.context import context_of
from chat.web.forms import Errors, Form, just_saved, manager, named, posted, saved, whole
from chat.web.pages import Reader, page
from chat.web.parameters import takes

PAGE = "/admin/privacy"
DAYS = ("grace_days", "consent_days")


def routes() -> list[Route]:
    """Return the page and what its forms post to."""
    return [
        Route(PAGE, show),
        Route(PAGE, save, methods=["POST"]),
        Route(f"{PAGE}/holds", place_hold, methods=["POST"]),
        Route(f"{PAGE}/holds/{{id}}/lift", lift, methods=["POST"]),
    ]


@takes("saved")
async def show(request: Request) -> Response:
    """`GET /admin/privacy`."""
    return await _shown(request, await manager(request))


async def save(request: Request) -> Response:
    """`POST /admin/privacy`: the days."""
    who, form = await posted(request)
    try:
        days = {name: whole(name, form.get(name, "")) for name in DAYS}
        await accounts.change_account(context_of(request).services, who.actor, **days)
    except InvalidField as error:
        return await _shown(request, who, form, named(error), 422)
    return saved(PAGE)


async def place_hold(request: Request) -> Response:
    """`POST /admin/privacy/holds`: holds each contact with an address, or the one with an id."""
    who, form = await posted(request)
    services, whom = context_of(request).services, form.get("whom", "")
    try:
        days = whole("days", form.get("days", ""))
        for uid in await holds.find_contacts(services, who.actor, whom):
            await holds.place_hold(services, who.actor, uid, form.get("reason", ""), days)
    except InvalidField as error:
        return await _shown(request, who, form, named(error), 422)
    except BeingErased:
        return await _shown(request, who, form, {"whom": "field.whom.erased"}, 409)
    return saved(PAGE)


async def lift(request: Request) -> Response:
    """`POST /admin/privacy/holds/{id}/lift`: an erasure that waited goes on."""
    who, _ = await posted(request)
    await holds.lift(context_of(request).services, who.actor, request.path_params["id"])
    return saved(PAGE)


async def _shown(
    request: Request, who: Reader, typed: Form | None = None, errors: Errors | None = None, status: int = 200
) -> Response:
    services = context_of(request).services
    known = {each.id: each.name for each in await agents.agents(services, who.actor)}
    more: dict[str, Any] = {
        "holds": [each | {"name": known.get(each["placed_by"], "")} for each in await holds.page(services, who.actor)],
        "form": _form(who.account) | (typed or {}),
        "errors": errors or {},
        "saved": just_saved(request),
    }
    return page(request, "admin-privacy.html", who, status, **more)


def _form(account: Account) -> Form:
    days = {name: str(getattr(account, name)) for name in DAYS}
    return days | {"whom": "", "reason": "", "days": "365"}
