"""The page of saved replies: adding, changing and deleting them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from chat.canned_responses import actions as responses
from chat.canned_responses.actions import MOST, CannedResponseChange, NewCannedResponse
from chat.core.errors import ChangedMeanwhile, InvalidField, NotNow
from chat.core.model import LOCALES
from chat.core.versions import precondition, tag_of
from chat.departments import actions as departments
from chat.web.forms import Errors, Form, saved
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint

PAGE = "/admin/canned-responses"
NEW = "new"
MANAGE = "canned_response.manage"
EMPTY: Form = dict.fromkeys(
    ("shortcut", "title", "text", "department", *(f"translations.{locale}" for locale in LOCALES)), ""
)


@page_endpoint("GET /admin/canned-responses", permission=MANAGE, query=[SAVED])
async def show_responses(ask: PageAsk) -> Response:
    """Show them."""
    return await _page(ask, "", {}, 200)


@page_endpoint("POST /admin/canned-responses", permission=MANAGE, audited={"canned_response.added"})
async def add_response(ask: PageAsk) -> Response:
    """Keep one."""
    wanted = NewCannedResponse(**typed(ask.form))
    return await REPLIES.after(ask, NEW, responses.add(ask.services, ask.actor, wanted))


@page_endpoint("POST /admin/canned-responses/{id}", permission=MANAGE, audited={"canned_response.changed"})
async def save_response(ask: PageAsk) -> Response:
    """Save one, unless somebody else did since the page was drawn."""
    uid, wanted, state = ask.path["id"], CannedResponseChange(**typed(ask.form)), precondition(ask.form.get("state"))
    return await REPLIES.after(ask, uid, responses.change(ask.services, ask.actor, uid, wanted, state))


@page_endpoint("POST /admin/canned-responses/{id}/delete", permission=MANAGE, audited={"canned_response.deleted"})
async def drop_response(ask: PageAsk) -> Response:
    """Delete one."""
    await responses.delete(ask.services, ask.actor, ask.path["id"])
    return saved(PAGE)


def typed(form: Form) -> dict[str, Any]:
    """Return what was typed of a reply, with the line ends of a text as programs send them, and only those fields."""
    given = {name: value.replace("\r\n", "\n") for name, value in form.items() if name in EMPTY}
    said = {name: given.get(name, "") for name in ("shortcut", "title", "text")}
    texts = {locale: given.get(f"translations.{locale}", "") for locale in LOCALES}
    made: dict[str, Any] = said | {"translations": {locale: text for locale, text in texts.items() if text}}
    return made | ({"department": given["department"]} if "department" in given else {})


@dataclass(frozen=True)
class RepliesPage:
    """A page where replies are kept: its path, what it says of too many, and how it is drawn."""

    path: str
    many: str
    draw: Callable[[PageAsk, str, Errors, int], Awaitable[Response]]

    async def after(self, ask: PageAsk, of: str, work: Awaitable[object]) -> Response:
        """Do what a form says of the reply `of` (an id, or NEW) and go back; what is wrong stands beside its field."""
        try:
            await work
        except InvalidField as error:
            field = str(error.extra["field"])
            return await self.draw(ask, of, {f"{of}-{field}": f"canned.error.{field.partition('.')[0]}"}, error.status)
        except ChangedMeanwhile as error:
            return await self.draw(ask, of, {f"{of}-title": "canned.error.changed"}, error.status)
        except NotNow as error:
            return await self.draw(ask, of, {f"{of}-title": self.many}, error.status)
        return saved(self.path)


@dataclass(frozen=True)
class Drawn:
    """A page of replies: its template and path, where REST lists them, the replies, and the tag of each by its id."""

    template: str
    base: str
    rest: str
    responses: Sequence[Any]
    states: Mapping[str, str]


def drawn(ask: PageAsk, shown: Drawn, of: str, errors: Errors, status: int, **more: Any) -> Response:
    """Draw a page of replies. What was typed for the one `of` which something is wrong stays in its fields."""
    forms = {each.id: EMPTY | _form(each) for each in shown.responses} | {NEW: EMPTY}
    if of:
        forms[of] = EMPTY | {name: value.replace("\r\n", "\n") for name, value in ask.form.items() if name in EMPTY}
    said = {"responses": shown.responses, "base": shown.base, "rest": shown.rest, "states": shown.states}
    return ask.page(shown.template, status, errors=errors, forms=forms, opened=of, **said, **more)


def _form(found: Any) -> Form:
    texts = {f"translations.{locale}": text for locale, text in found.translations.items()}
    said = {name: getattr(found, name) for name in ("shortcut", "title", "text")}
    return said | texts | {"department": getattr(found, "department", None) or ""}


async def _page(ask: PageAsk, of: str, errors: Errors, status: int) -> Response:
    found, _ = await responses.page(ask.services, ask.actor, None, MOST)
    shown = Drawn(
        "admin-canned-responses.html",
        PAGE,
        "/canned-responses",
        sorted(found, key=lambda each: each.shortcut),
        {each.id: tag_of(each) for each in found},
    )
    listed = await departments.departments(ask.services, ask.actor)
    return drawn(ask, shown, of, errors, status, departments=listed)


REPLIES = RepliesPage(PAGE, "canned.error.many", _page)
