"""Retention over REST: the days, rehearsals, runs and their reports. Owner or admin."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.core.errors import InvalidField
from chat.retention.actions import retention
from chat.web.answers import JSON
from chat.web.authentication import actor_of
from chat.web.context import context_of
from chat.web.lists import uid_cursor_of
from chat.web.parameters import takes
from chat.web.requests import body_of, limit_of


class NewRun(Struct, frozen=True, forbid_unknown_fields=True):
    """A run, or a rehearsal of one, which may be tried with days that are not saved."""

    dry_run: bool
    days: dict[str, Any] = {}


def routes() -> list[Route]:
    """Return the routes of `/api/v1/retention`."""
    return [
        Route("/retention", get_retention),
        Route("/retention", put_retention, methods=["PUT"]),
        Route("/retention/months", get_months),
        Route("/retention/runs", list_runs),
        Route("/retention/runs", post_run, methods=["POST"]),
        Route("/retention/runs/{id}", get_run),
    ]


async def get_retention(request: Request) -> Response:
    """`GET /retention`."""
    actor = await actor_of(request)
    return JSON(await retention.settings(context_of(request).services, actor))


async def put_retention(request: Request) -> Response:
    """`PUT /retention`: sets the days that are named."""
    actor = await actor_of(request)
    values = await body_of(request, dict[str, Any])
    return JSON(await retention.change(context_of(request).services, actor, values))


async def get_months(request: Request) -> Response:
    """`GET /retention/months`: what falls due in this month and each of the next twelve."""
    actor = await actor_of(request)
    return JSON({"items": await retention.coming(context_of(request).services, actor), "next": None})


@takes("limit", "cursor")
async def list_runs(request: Request) -> Response:
    """`GET /retention/runs`, newest first."""
    actor, limit = await actor_of(request), limit_of(request)
    before = uid_cursor_of(request)
    items, after = await retention.page(context_of(request).services, actor, before, limit)
    return JSON({"items": items, "next": after})


async def post_run(request: Request) -> Response:
    """`POST /retention/runs`: a rehearsal, 201 with its counts; or a run, 202, which goes on by itself."""
    actor, services = await actor_of(request), context_of(request).services
    asked: NewRun = await body_of(request, NewRun)
    if asked.dry_run:
        return JSON(await retention.rehearse(services, actor, asked.days), 201)
    if asked.days:
        raise InvalidField("Other days than the saved ones are for rehearsals only", field="days")
    return JSON(await retention.start(services, actor), 202)


async def get_run(request: Request) -> Response:
    """`GET /retention/runs/{id}`."""
    actor = await actor_of(request)
    return JSON(await retention.report(context_of(request).services, actor, request.path_params["id"]))
