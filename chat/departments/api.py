"""Departments over REST."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct

from chat.departments import actions as departments
from chat.retention.actions import retention
from chat.web.endpoint import Ask, endpoint
from chat.web.lists import Listed


class NewDepartment(Struct, frozen=True, forbid_unknown_fields=True):
    """A department to make, with days of its own where it has any."""

    name: str
    retention: dict[str, Any] = {}


class Change(Struct, frozen=True, forbid_unknown_fields=True):
    """What of a department is to be changed."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    retention: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


@endpoint("GET /departments", permission="department.read", audited=())
async def list_departments(ask: Ask[None]) -> Listed[dict[str, Any]]:
    """Return them by name."""
    return Listed([retention.department(each) for each in await departments.departments(ask.services, ask.actor)])


@endpoint("POST /departments", permission="department.change", audited={"department.changed"}, status=201)
async def post_department(ask: Ask[NewDepartment]) -> dict[str, Any]:
    """Make one."""
    return retention.department(await departments.add(ask.services, ask.actor, ask.body.name, ask.body.retention))


@endpoint("GET /departments/{id}", permission="department.read", audited=())
async def get_department(ask: Ask[None]) -> dict[str, Any]:
    """Return one."""
    return retention.department(await departments.one(ask.services, ask.actor, ask.path["id"]))


@endpoint("PATCH /departments/{id}", permission="department.change", audited={"department.changed"})
async def change_department(ask: Ask[Change]) -> dict[str, Any]:
    """Change its `name`, or `retention` as a whole."""
    values = msgspec.structs.asdict(ask.body)
    given = {name: value for name, value in values.items() if value is not msgspec.UNSET}
    return retention.department(await departments.change(ask.services, ask.actor, ask.path["id"], **given))


@endpoint("DELETE /departments/{id}", permission="department.change", audited={"department.changed"}, status=204)
async def delete_department(ask: Ask[None]) -> None:
    """Delete it; its tickets stay."""
    await departments.delete(ask.services, ask.actor, ask.path["id"])
