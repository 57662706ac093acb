"""The page of API tokens: one's own, and for owners and admins those of the account."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from chat.core import access, scopes
from chat.core.errors import InvalidField, NotNow
from chat.tokens import actions as tokens
from chat.tokens.actions import DAYS, MadeToken, WantedToken
from chat.web.authentication import own_origin
from chat.web.forms import Errors, Form, saved, whole
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint

PAGE = "/admin/tokens"
CHOICES = (30, 90, 180, 365, 730)
WAYS = ("read", "write")


@page_endpoint("GET /admin/tokens", permission="token.read", query=[SAVED])
async def show_tokens(ask: PageAsk) -> Response:
    """Show them."""
    return await _page(ask)


@page_endpoint("POST /admin/tokens", permission="token.make", audited={"token.made"}, step_up=True)
async def add_token(ask: PageAsk) -> Response:
    """Make one. The answer itself shows it, the only time anything does."""
    form = ask.form
    try:
        days = whole("days", form.get("days", ""))
        wanted = WantedToken(form.get("name", ""), _scopes(form), days, form.get("networks", "").split())
        made = await tokens.make(ask.services, ask.actor, wanted)
    except InvalidField as error:
        return await _page(ask, form, _wrong(error), status=422)
    except NotNow:
        return await _page(ask, form, {"name": "tokens.error.many"}, status=422)
    return await _page(ask, made=made if isinstance(made, MadeToken) else None, status=201)


@page_endpoint("POST /admin/tokens/{id}/revoke", permission="token.make", audited={"token.revoked"})
async def drop_token(ask: PageAsk) -> Response:
    """Revoke one."""
    await tokens.revoke(ask.services, ask.actor, ask.path["id"])
    return saved(PAGE)


def _scopes(form: Form) -> list[str]:
    """Return the scopes that were chosen: of each resource a way, and the box of what visitors wrote."""
    chosen = {each: form.get(f"scope_{each}", "") for each in scopes.RESOURCES}
    found = [f"{resource}:{way}" for resource, way in chosen.items() if way in WAYS]
    # Alone it opens nothing: who ticked no more than this has chosen nothing yet.
    return [*found, scopes.VISITOR_DATA] if found and form.get("visitor_data") == "yes" else found


def _wrong(error: InvalidField) -> Errors:
    field = str(error.extra["field"])
    why = str(error.extra.get("why", ""))
    return {field: f"tokens.error.{field}" + (f".{why}" if why else "")}


async def _page(
    ask: PageAsk,
    form: Form | None = None,
    errors: Errors | None = None,
    made: MadeToken | None = None,
    status: int = 200,
) -> Response:
    usable = tokens.offered(ask.actor)
    ways = {one: [way for way in WAYS if f"{one}:{way}" in usable] for one in scopes.RESOURCES}
    more: dict[str, Any] = {
        "tokens": await tokens.tokens(ask.services, ask.actor),
        "names": await ask.context.people.names(ask.services, ask.actor.account_id),
        "overseen": access.can(ask.actor, "token.oversee"),
        "ways": {one: found for one, found in ways.items() if found},
        "choices": CHOICES,
        "origin": own_origin(ask.request),
        "form": {"name": "", "days": str(DAYS), "networks": "", "visitor_data": ""} | (form or {}),
        "made": made,
    }
    return ask.page("admin-tokens.html", status, errors=errors, **more)
