"""Retention over REST: the days, rehearsals, runs and their reports. Owner or admin."""

from __future__ import annotations

from typing import Any

from msgspec import Struct
from starlette.responses import Response

from chat.core.errors import InvalidField
from chat.retention.actions import retention
from chat.web.answers import JSON
from chat.web.endpoint import Ask, endpoint
from chat.web.lists import LIMIT, UID_CURSOR, Listed


class NewRun(Struct, frozen=True, forbid_unknown_fields=True):
    """A run, or a rehearsal of one, which may be tried with days that are not saved."""

    dry_run: bool
    days: dict[str, Any] = {}


@endpoint("GET /retention", permission="retention.read", audited=())
async def get_retention(ask: Ask[None]) -> dict[str, Any]:
    """Return the days."""
    return await retention.settings(ask.services, ask.actor)


@endpoint("PUT /retention", permission="retention.change", audited={"retention.changed"})
async def put_retention(ask: Ask[dict[str, Any]]) -> dict[str, Any]:
    """Set the days that are named."""
    return await retention.change(ask.services, ask.actor, ask.body)


@endpoint("GET /retention/months", permission="retention.read", audited=())
async def get_months(ask: Ask[None]) -> Listed[dict[str, Any]]:
    """Return what falls due in this month and each of the next twelve."""
    return Listed(await retention.coming(ask.services, ask.actor))


@endpoint("GET /retention/runs", permission="retention.read", query=[LIMIT, UID_CURSOR], audited=())
async def list_runs(ask: Ask[None]) -> Listed[dict[str, Any]]:
    """Return the runs, newest first."""
    limit, before = ask.query(LIMIT), ask.query(UID_CURSOR)
    return Listed(*await retention.page(ask.services, ask.actor, before, limit))


@endpoint(
    "POST /retention/runs",
    permission="retention.run",
    status=(201, 202),
    audited={"retention.rehearsed", "retention.run"},
)
async def post_run(ask: Ask[NewRun]) -> dict[str, Any] | Response:
    """Rehearse a run, 201 with its counts; or begin one, 202, which goes on by itself."""
    if ask.body.dry_run:
        return await retention.rehearse(ask.services, ask.actor, ask.body.days)
    if ask.body.days:
        raise InvalidField("Other days than the saved ones are for rehearsals only", field="days")
    return JSON(await retention.start(ask.services, ask.actor), 202)


@endpoint("GET /retention/runs/{id}", permission="retention.read", audited=())
async def get_run(ask: Ask[None]) -> dict[str, Any]:
    """Return one run's report."""
    return await retention.report(ask.services, ask.actor, ask.path["id"])
