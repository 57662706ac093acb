"""What the owner's forms share: who may post them, that they are our own, and how what is wrong is named."""

from __future__ import annotations

import hmac

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from chat.account.actions import accounts
from chat.core.errors import Forbidden, InvalidField
from chat.team.pages.session import fields_of, form_of
from chat.web.pages import Reader, reader
from chat.web.parameters import number

Form = dict[str, str]
Errors = dict[str, str]


async def manager(request: Request) -> Reader:
    """Return who reads; Forbidden unless they may change these pages' matters."""
    who = await reader(request)
    accounts.manages(who.actor)
    return who


async def posted(request: Request) -> tuple[Reader, Form]:
    """Return who posts, and the form; Forbidden where it does not come from our own page."""
    who, form = await manager(request), await form_of(request)
    own_form(form.pop("csrf", ""), who)
    return who, form


async def posted_fields(request: Request) -> tuple[Reader, list[tuple[str, str]]]:
    """Return who posts, any agent, and the fields in order, each as often as it stands; Forbidden as above."""
    who, fields = await reader(request), await fields_of(request)
    own_form(dict(fields).get("csrf", ""), who)
    return who, fields


def saved(path: str) -> Response:
    """Lead back to a page, which says that it was saved."""
    return RedirectResponse(f"{path}?saved=1", 303)


def just_saved(request: Request) -> bool:
    """Tell whether a page is shown after saving."""
    return "saved" in request.query_params


def named(error: InvalidField) -> Errors:
    """Return the key of what to say, by the name the form has for the field."""
    field = str(error.extra["field"])
    shown = "privacy_url" if field.endswith(".privacy_url") else field
    return {shown: f"field.{field.rpartition('.')[2]}"}


def whole(field: str, value: str) -> int:
    """Return a number that was typed. Raises InvalidField."""
    return number(value, field)


def own_form(csrf: str, who: Reader) -> None:
    """Raise Forbidden unless a form shows that it is of the reader's session."""
    if not hmac.compare_digest(csrf.encode(), who.csrf.encode()):
        raise Forbidden("This form is not of this session; load its page again")
