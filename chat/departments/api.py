"""Departments over REST."""

from __future__ import annotations

from msgspec import UNSET, Struct, UnsetType

from chat.departments import actions as departments
from chat.departments.actions import DepartmentView, department_view
from chat.web.endpoint import Ask, Tagged, endpoint, tagged
from chat.web.lists import Listed
from chat.web.requests import client_id


class NewDepartment(Struct, frozen=True, forbid_unknown_fields=True):
    """A department to make, with days of its own where it has any."""

    name: str
    retention: dict[str, object] = {}
    id: str = ""


class DepartmentChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What of a department is to be changed."""

    name: str | UnsetType = UNSET
    retention: dict[str, object] | UnsetType = UNSET


@endpoint("GET /departments", permission="department.read", audited=())
async def list_departments(ask: Ask[None]) -> Listed[DepartmentView]:
    """Return them by name."""
    return Listed([department_view(each) for each in await departments.departments(ask.services, ask.actor)])


@endpoint("POST /departments", permission="department.change", audited={"department.changed"}, status=(201, 200))
async def post_department(ask: Ask[NewDepartment]) -> Tagged[DepartmentView]:
    """
    Make one. Sent again with its `id`, a UUID that the client makes, nothing is made: the answer is 200 and the
    department as it is.
    """
    body, named = ask.body, client_id(ask.body.id)
    made, again = await departments.add_once(ask.services, ask.actor, body.name, body.retention, named)
    return tagged(department_view(made), status=200 if again else None)


@endpoint("GET /departments/{id}", permission="department.read", audited=())
async def get_department(ask: Ask[None]) -> Tagged[DepartmentView]:
    """Return one."""
    return tagged(department_view(await departments.one(ask.services, ask.actor, ask.path["id"])))


@endpoint("PATCH /departments/{id}", permission="department.change", audited={"department.changed"})
async def change_department(ask: Ask[DepartmentChange]) -> Tagged[DepartmentView]:
    """Change its `name`, or `retention` as a whole."""
    body, named, expected = ask.body, ask.path["id"], ask.precondition
    changed = await departments.change(ask.services, ask.actor, named, body.name, body.retention, expected)
    return tagged(department_view(changed))


@endpoint("DELETE /departments/{id}", permission="department.change", audited={"department.changed"}, status=204)
async def delete_department(ask: Ask[None]) -> None:
    """Delete it. Its tickets stay."""
    await departments.delete(ask.services, ask.actor, ask.path["id"], ask.precondition)
