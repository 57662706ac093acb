"""Departments over REST."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from chat.departments import actions as departments
from chat.departments.actions import DepartmentView, department_view
from chat.web.endpoint import Ask, endpoint
from chat.web.lists import Listed


class NewDepartment(Struct, frozen=True, forbid_unknown_fields=True):
    """A department to make, with days of its own where it has any."""

    name: str
    retention: dict[str, object] = {}


class DepartmentChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What of a department is to be changed."""

    name: str | UnsetType = UNSET
    retention: dict[str, object] | UnsetType = UNSET


@endpoint("GET /departments", permission="department.read", audited=())
async def list_departments(ask: Ask[None]) -> Listed[DepartmentView]:
    """Return them by name."""
    return Listed([department_view(each) for each in await departments.departments(ask.services, ask.actor)])


@endpoint("POST /departments", permission="department.change", audited={"department.changed"}, status=201)
async def post_department(ask: Ask[NewDepartment]) -> DepartmentView:
    """Make one."""
    return department_view(await departments.add(ask.services, ask.actor, ask.body.name, ask.body.retention))


@endpoint("GET /departments/{id}", permission="department.read", audited=())
async def get_department(ask: Ask[None]) -> DepartmentView:
    """Return one."""
    return department_view(await departments.one(ask.services, ask.actor, ask.path["id"]))


@endpoint("PATCH /departments/{id}", permission="department.change", audited={"department.changed"})
async def change_department(ask: Ask[DepartmentChange]) -> DepartmentView:
    """Change its `name`, or `retention` as a whole."""
    body = ask.body
    return department_view(await departments.change(ask.services, ask.actor, ask.path["id"], body.name, body.retention))


@endpoint("DELETE /departments/{id}", permission="department.change", audited={"department.changed"}, status=204)
async def delete_department(ask: Ask[None]) -> None:
    """Delete it. Its tickets stay."""
    await departments.delete(ask.services, ask.actor, ask.path["id"])
