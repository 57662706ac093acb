"""The owner's page of departments: their names, and the days in which they differ from the account."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from chat.core.errors import InvalidField
from chat.departments import actions as departments
from chat.departments.actions import department_view
from chat.infra.services import Services
from chat.retention.actions import retention, rules
from chat.retention.actions.rules import DAYS, Thought
from chat.retention.pages import confirm
from chat.web.forms import Errors, Form, saved, whole
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint

PAGE = "/admin/departments"


@page_endpoint("GET /admin/departments", permission="department.change", query=[SAVED])
async def show_departments(ask: PageAsk) -> Response:
    """Show them."""
    return await _page(ask, {}, {})


@page_endpoint("POST /admin/departments", permission="department.change", audited={"department.changed"})
async def add_department(ask: PageAsk) -> Response:
    """Make one."""
    try:
        await departments.add(ask.services, ask.actor, ask.form.get("name", ""), _own(ask.services, ask.form))
    except InvalidField as error:
        return await _page(ask, {"new": ask.form}, _wrong("new", error), 422)
    return saved(PAGE)


@page_endpoint("POST /admin/departments/{id}", permission="department.change", audited={"department.changed"})
async def save_department(ask: PageAsk) -> Response:
    """Save one. Fewer days are shown with what they would take before they are saved."""
    services, uid, form = ask.services, ask.path["id"], ask.form
    try:
        days = _own(services, form)
        thought = Thought(scopes={uid: rules.own_days(services, days)})
        await departments.one(services, ask.actor, uid)
        if "confirmed" not in form and await retention.shortens(services, ask.actor, thought):
            return await confirm(ask, thought, PAGE)
        await departments.change(services, ask.actor, uid, name=form.get("name", ""), retention=days)
    except InvalidField as error:
        return await _page(ask, {uid: form}, _wrong(uid, error), 422)
    return saved(PAGE)


@page_endpoint("POST /admin/departments/{id}/delete", permission="department.change", audited={"department.changed"})
async def delete_department(ask: PageAsk) -> Response:
    """Delete one. Its tickets stay."""
    services, uid = ask.services, ask.path["id"]
    await departments.one(services, ask.actor, uid)
    thought = Thought(scopes={uid: {}})
    if "confirmed" not in ask.form and await retention.shortens(services, ask.actor, thought):
        return await confirm(ask, thought, PAGE)
    await departments.delete(services, ask.actor, uid)
    return saved(PAGE)


def _fields(services: Services) -> list[str]:
    """Return the fields of days that a department may have of its own."""
    return [rule.name + DAYS for rule in services.gathered.retention_rules if rule.by_scope]


def _own(services: Services, form: Form) -> dict[str, int]:
    """Return the days that were typed. An empty field leaves a rule to the account. Raises InvalidField."""
    return {name: whole(name, form[name]) for name in _fields(services) if form.get(name, "").strip()}


def _wrong(of: str, error: InvalidField) -> Errors:
    field = str(error.extra["field"])
    return {f"{of}-{field}": "departments.error.name" if field == "name" else "retention.error"}


async def _page(ask: PageAsk, forms: dict[str, Form], errors: Errors, status: int = 200) -> Response:
    fields = _fields(ask.services)
    empty = dict.fromkeys(("name", *fields), "")
    found = [department_view(each) for each in await departments.departments(ask.services, ask.actor)]
    shown = {each.id: empty | {"name": each.name} | _typed(each.retention) for each in found}
    usual = await retention.settings(ask.services, ask.actor)
    more: dict[str, Any] = {
        "departments": found,
        "forms": {"new": empty}
        | {uid: typed | forms.get(uid, {}) for uid, typed in shown.items()}
        | _new(empty, forms),
        "fields": fields,
        "members": await departments.members(ask.services, ask.actor),
        "usual": usual.days,
    }
    return ask.page("admin-departments.html", status, errors=errors, **more)


def _typed(days: dict[str, int]) -> Form:
    return {name: str(value) for name, value in days.items()}


def _new(empty: Form, forms: dict[str, Form]) -> dict[str, Form]:
    return {"new": empty | forms["new"]} if "new" in forms else {}
