"""Departments over REST."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.departments import actions as departments
from chat.retention.actions import retention
from chat.web.answers import JSON
from chat.web.authentication import actor_of
from chat.web.context import context_of
from chat.web.lists import listed
from chat.web.requests import body_of


class NewDepartment(Struct, frozen=True, forbid_unknown_fields=True):
    """A department to make, with days of its own where it has any."""

    name: str
    retention: dict[str, Any] = {}


class Change(Struct, frozen=True, forbid_unknown_fields=True):
    """What of a department is to be changed."""

    name: str | msgspec.UnsetType = msgspec.UNSET
    retention: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET


def routes() -> list[Route]:
    """Return the routes of `/api/v1/departments`."""
    return [
        Route("/departments", list_departments),
        Route("/departments", post_department, methods=["POST"]),
        Route("/departments/{id}", get_department),
        Route("/departments/{id}", change_department, methods=["PATCH"]),
        Route("/departments/{id}", delete_department, methods=["DELETE"]),
    ]


async def list_departments(request: Request) -> Response:
    """`GET /departments`, by name."""
    actor = await actor_of(request)
    found = await departments.departments(context_of(request).services, actor)
    return listed([retention.department(each) for each in found], None)


async def post_department(request: Request) -> Response:
    """`POST /departments`: 201. Owner or admin."""
    actor = await actor_of(request)
    body: NewDepartment = await body_of(request, NewDepartment)
    made = await departments.add(context_of(request).services, actor, body.name, body.retention)
    return JSON(retention.department(made), 201)


async def get_department(request: Request) -> Response:
    """`GET /departments/{id}`."""
    actor = await actor_of(request)
    return JSON(
        retention.department(await departments.one(context_of(request).services, actor, request.path_params["id"]))
    )


async def change_department(request: Request) -> Response:
    """`PATCH /departments/{id}`: `name`, or `retention` as a whole. Owner or admin."""
    actor, services = await actor_of(request), context_of(request).services
    values = msgspec.structs.asdict(await body_of(request, Change))
    given = {name: value for name, value in values.items() if value is not msgspec.UNSET}
    return JSON(retention.department(await departments.change(services, actor, request.path_params["id"], **given)))


async def delete_department(request: Request) -> Response:
    """`DELETE /departments/{id}`: its tickets stay: 204. Owner or admin."""
    actor = await actor_of(request)
    await departments.delete(context_of(request).services, actor, request.path_params["id"])
    return Response(status_code=204)
