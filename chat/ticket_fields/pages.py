"""The page of the fields of tickets: adding, changing, moving and retiring them."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import structs
from starlette.responses import RedirectResponse, Response

from chat.core.errors import ChangedMeanwhile, InvalidField, NotFound
from chat.core.versions import precondition, tag_of
from chat.ticket_fields import actions as ticket_fields
from chat.ticket_fields.actions import Fields
from chat.ticket_fields.domain import KINDS, TicketField, key_for
from chat.web.forms import Errors, Form
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint

PAGE, NEW = "/admin/ticket-fields", "new"
CHANGE, CHANGED = "ticket_field.change", {"ticket_fields.changed"}
EMPTY: Form = {"label": "", "key": "", "kind": "text", "options": ""}
BESIDE = {"key": "key", "options": "options"}
"""Beside which field of the form it is said what is wrong, where that is not the label."""


@page_endpoint("GET /admin/ticket-fields", permission=CHANGE, query=[SAVED])
async def show_fields(ask: PageAsk) -> Response:
    """Show them."""
    return await _page(ask, "", {}, 200)


@page_endpoint("POST /admin/ticket-fields", permission=CHANGE, audited=CHANGED)
async def add_field(ask: PageAsk) -> Response:
    """Add one behind the others. Where no key was typed it is made of the label."""

    def make(was: Fields) -> Fields:
        key = ask.form.get("key", "").strip() or key_for(ask.form.get("label", ""), [each.key for each in was])
        return [*was, _typed(ask.form, key)]

    return await _after(ask, NEW, make, "new-label")


@page_endpoint("POST /admin/ticket-fields/{id}", permission=CHANGE, audited=CHANGED)
async def save_field(ask: PageAsk) -> Response:
    """Save one, or do to it what the button says: move it `up` or `down`, `retire` it, or `offer` it again."""
    key, way = ask.path["id"], ask.form.get("do", "save")

    def make(was: Fields) -> Fields:
        here = [each.key for each in was]
        if key not in here:
            raise NotFound("No such field")
        made, at = [*was], here.index(key)
        if way in {"up", "down"}:
            return _moved(made, at, up=way == "up")
        if way in {"retire", "offer"}:
            made[at] = structs.replace(made[at], retired=way == "retire")
        else:
            made[at] = structs.replace(_typed(ask.form, key), retired=made[at].retired)
        return made

    return await _after(ask, key, make, f"{way if way in {'up', 'down'} else 'field'}-{key}")


def _moved(fields: list[TicketField], at: int, *, up: bool) -> list[TicketField]:
    """Change places with the next one that is offered, if there is one."""
    others = range(at - 1, -1, -1) if up else range(at + 1, len(fields))
    to = next((n for n in others if not fields[n].retired), at)
    fields[at], fields[to] = fields[to], fields[at]
    return fields


def _typed(form: Form, key: str) -> TicketField:
    kind = form.get("kind", "")
    if kind not in KINDS:
        raise InvalidField(f"A kind is one of {', '.join(KINDS)}", field="fields", why="kind")
    lines = form.get("options", "").splitlines() if kind == "choice" else []
    options = [text for each in lines if (text := each.strip())]
    return TicketField(key, form.get("label", ""), kind, options)


async def _after(ask: PageAsk, of: str, make: Callable[[Fields], Fields], anchor: str) -> Response:
    """Change the fields and go back to the same place; what is wrong stands beside its field."""
    try:
        await ticket_fields.change(ask.services, ask.actor, make, precondition(ask.form.get("seen")))
    except InvalidField as error:
        why = str(error.extra.get("why", "label"))
        beside = f"{of}-{BESIDE.get(why, 'label')}"
        return await _page(ask, of, {beside: f"ticket_fields.error.{why}"}, error.status)
    except ChangedMeanwhile as error:
        return await _page(ask, of, {f"{of}-label": "ticket_fields.error.changed"}, error.status)
    return RedirectResponse(f"{PAGE}?saved=1#{anchor}", 303)


async def _page(ask: PageAsk, of: str, errors: Errors, status: int) -> Response:
    found = await ticket_fields.fields(ask.services, ask.actor)
    forms = {each.key: _form(each) for each in found.fields} | {NEW: EMPTY}
    if of in forms and errors:
        forms[of] = forms[of] | {name: ask.form[name] for name in EMPTY if name in ask.form}
    return ask.page(
        "admin-ticket-fields.html",
        status,
        errors=errors,
        offered=[each for each in found.fields if not each.retired],
        retired=[each for each in found.fields if each.retired],
        forms=forms,
        kinds=KINDS,
        seen=tag_of(found),
        opened=of if errors else "",
    )


def _form(field: TicketField) -> Form:
    return {"label": field.label, "key": field.key, "kind": field.kind, "options": "\n".join(field.options)}
