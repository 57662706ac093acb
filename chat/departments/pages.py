"""The owner's page of departments: their names, and the days in which they differ from the account."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.core.errors import InvalidField
from chat.departments import actions as departments
from chat.infra.services import Services
from chat.retention.actions import retention, rules
from chat.retention.actions.rules import DAYS, Thought
from chat.retention.pages import confirm
from chat.web.context import context_of
from chat.web.forms import Errors, Form, just_saved, manager, posted, saved, whole
from chat.web.pages import Reader, page
from chat.web.parameters import takes

PAGE = "/admin/departments"


def routes() -> list[Route]:
    """Return the page and what its forms post to."""
    return [
        Route(PAGE, show_departments),
        Route(PAGE, add_department, methods=["POST"]),
        Route(PAGE + "/{id}", save_department, methods=["POST"]),
        Route(PAGE + "/{id}/delete", delete_department, methods=["POST"]),
    ]


@takes("saved")
async def show_departments(request: Request) -> Response:
    """`GET /admin/departments`."""
    return await _page(request, await manager(request), {}, {})


async def add_department(request: Request) -> Response:
    """`POST /admin/departments`."""
    who, form = await posted(request)
    services = context_of(request).services
    try:
        await departments.add(services, who.actor, form.get("name", ""), _own(services, form))
    except InvalidField as error:
        return await _page(request, who, {"new": form}, _wrong("new", error), 422)
    return saved(PAGE)


async def save_department(request: Request) -> Response:
    """`POST /admin/departments/{id}`: fewer days are shown with what they would take before they are saved."""
    who, form = await posted(request)
    services, uid = context_of(request).services, request.path_params["id"]
    try:
        days = _own(services, form)
        thought = Thought(departments={uid: rules.own_days(services, days)})
        await departments.one(services, who.actor, uid)
        if "confirmed" not in form and await retention.shortens(services, who.actor, thought):
            return await confirm(request, who, form, thought)
        await departments.change(services, who.actor, uid, name=form.get("name", ""), retention=days)
    except InvalidField as error:
        return await _page(request, who, {uid: form}, _wrong(uid, error), 422)
    return saved(PAGE)


async def delete_department(request: Request) -> Response:
    """`POST /admin/departments/{id}/delete`: its tickets stay."""
    who, form = await posted(request)
    services, uid = context_of(request).services, request.path_params["id"]
    await departments.one(services, who.actor, uid)
    thought = Thought(departments={uid: {}})
    if "confirmed" not in form and await retention.shortens(services, who.actor, thought):
        return await confirm(request, who, form, thought)
    await departments.delete(services, who.actor, uid)
    return saved(PAGE)


def _fields(services: Services) -> list[str]:
    """Return the fields of days that a department may have of its own."""
    return [rule.name + DAYS for rule in services.gathered.rules if rule.by_department]


def _own(services: Services, form: Form) -> dict[str, Any]:
    """Return the days that were typed; an empty field leaves a rule to the account. Raises InvalidField."""
    return {name: whole(name, form[name]) for name in _fields(services) if form.get(name, "").strip()}


def _wrong(of: str, error: InvalidField) -> Errors:
    field = str(error.extra["field"])
    return {f"{of}-{field}": "departments.error.name" if field == "name" else "retention.error"}


async def _page(request: Request, who: Reader, forms: dict[str, Form], errors: Errors, status: int = 200) -> Response:
    services = context_of(request).services
    fields = _fields(services)
    empty = dict.fromkeys(("name", *fields), "")
    found = [retention.department(each) for each in await departments.departments(services, who.actor)]
    shown = {each["id"]: empty | {"name": each["name"]} | _typed(each["retention"]) for each in found}
    usual = await retention.settings(services, who.actor)
    more: dict[str, Any] = {
        "departments": found,
        "forms": {"new": empty}
        | {uid: typed | forms.get(uid, {}) for uid, typed in shown.items()}
        | _new(empty, forms),
        "fields": fields,
        "usual": {name: usual[name] for name in fields},
    }
    return page(request, "admin-departments.html", who, status, saved=just_saved(request), errors=errors, **more)


def _typed(days: dict[str, int]) -> Form:
    return {name: str(value) for name, value in days.items()}


def _new(empty: Form, forms: dict[str, Form]) -> dict[str, Form]:
    return {"new": empty | forms["new"]} if "new" in forms else {}
