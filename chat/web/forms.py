"""What the owner's forms share: who may post them, that they are our own, and how what is wrong is named."""

from __future__ import annotations

import hmac
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from chat.core.account_settings import Setting
from chat.core.errors import Forbidden, InvalidField, TooLarge
from chat.core.model import Account
from chat.web.pages import PageReader
from chat.web.requests import number
from chat.web.requests import whole as body

FIELDS_MOST = 300
Form = dict[str, str]
Errors = dict[str, str]


async def fields_of(request: Request) -> list[tuple[str, str]]:
    """
    Read a form's fields in their order. Raises TooLarge or TooSlow as `bodies` says, and where it has too many.

    A field that no page has is left unread, unlike a parameter or a field of JSON: our own pages write these forms, so
    nobody misspells a name in one, and what a browser's extension adds must not cost what somebody typed.
    """
    raw = (await body(request)).decode("utf-8", "replace")
    # Counted before they are taken apart, which is what many fields cost (CVE-2026-54283).
    if raw.count("&") >= FIELDS_MOST:
        raise TooLarge(f"A form has at most {FIELDS_MOST} fields")
    return parse_qsl(raw, keep_blank_values=True)


def saved(path: str, **query: str) -> Response:
    """Lead back to a page, which says that it was saved."""
    return RedirectResponse(f"{path}?{urlencode({**query, 'saved': 1})}", 303)


def named(error: InvalidField, settings: Iterable[Setting[Any]] = ()) -> Errors:
    """Return the key of what to say, by the name the form has for the field, which may be that of one of `settings`."""
    field = str(error.extra["field"])
    if any(each.name == field for each in settings):
        return {field: "field.setting"}
    shown = "privacy_url" if field.endswith(".privacy_url") else field
    return {shown: f"field.{field.rpartition('.')[2]}"}


def whole(field: str, value: str) -> int:
    """Return a number that was typed. Raises InvalidField."""
    return number(value, field)


def typed_settings(settings: Iterable[Setting[Any]], form: Form) -> dict[str, Any]:
    """Return settings of an account as a form has them. Raises InvalidField."""
    return {
        each.name: form.get(each.name) == "yes" if each.is_switch else whole(each.name, form.get(each.name, ""))
        for each in settings
    }


def settings_form(settings: Iterable[Setting[Any]], account: Account) -> Form:
    """Return what stands in the fields of settings."""
    shown = {True: "yes", False: "no"}
    held = {each: account[each] for each in settings}
    return {each.name: shown[value] if each.is_switch else str(value) for each, value in held.items()}


def require_own_form(csrf: str, who: PageReader) -> None:
    """Raise Forbidden unless a form shows that it is of the reader's session."""
    if not hmac.compare_digest(csrf.encode(), who.csrf.encode()):
        raise Forbidden("This form is not of this session; load its page again")
