"""Retention over REST: the days, rehearsals, runs and their reports. Owner or admin."""

from __future__ import annotations

from msgspec import Struct
from starlette.responses import Response

from chat.core.errors import InvalidField
from chat.retention.actions import retention
from chat.retention.actions.views import RetentionRunView
from chat.web.answers import JSON
from chat.web.endpoint import Ask, Tagged, endpoint, tagged
from chat.web.lists import LIMIT, UID_CURSOR, Listed
from chat.web.requests import client_id


class NewRun(Struct, frozen=True, forbid_unknown_fields=True):
    """
    A run, or a rehearsal of one, which may be tried with days that are not saved. `id` is a UUID that the client makes.
    """

    dry_run: bool
    days: dict[str, object] = {}
    id: str = ""


@endpoint("GET /retention", permission="retention.read", audited=())
async def get_retention(ask: Ask[None]) -> Tagged[dict[str, object]]:
    """Return the days."""
    return tagged((await retention.settings(ask.services, ask.actor)).shown)


@endpoint("PUT /retention", permission="retention.change", audited={"retention.changed"})
async def put_retention(ask: Ask[dict[str, object]]) -> Tagged[dict[str, object]]:
    """Set the days that are named."""
    return tagged((await retention.change(ask.services, ask.actor, ask.body, ask.precondition)).shown)


@endpoint("GET /retention/months", permission="retention.read", audited=())
async def get_months(ask: Ask[None]) -> Listed[dict[str, str | int]]:
    """Return what falls due in this month and each of the next twelve."""
    return Listed([{"month": each.month, **each.counts} for each in await retention.coming(ask.services, ask.actor)])


@endpoint("GET /retention/runs", permission="retention.read", query=[LIMIT, UID_CURSOR], audited=())
async def list_runs(ask: Ask[None]) -> Listed[RetentionRunView]:
    """Return the runs, newest first."""
    limit, before = ask.query(LIMIT), ask.query(UID_CURSOR)
    return Listed(*await retention.page(ask.services, ask.actor, before, limit))


@endpoint(
    "POST /retention/runs",
    permission="retention.run",
    status=(201, 202, 200),
    audited={"retention.rehearsed", "retention.run"},
)
async def post_run(ask: Ask[NewRun]) -> RetentionRunView | Response:
    """
    Rehearse a run, 201 with its counts, or begin one, 202, which goes on by itself. Sent again with its `id`, neither
    is done: the answer is 200 and the report as it is.
    """
    named = client_id(ask.body.id)
    if ask.body.dry_run:
        made, again = await retention.rehearse_once(ask.services, ask.actor, ask.body.days, named)
        return JSON(made, 200 if again else 201)
    if ask.body.days:
        raise InvalidField("Other days than the saved ones are for rehearsals only", field="days")
    made, again = await retention.start(ask.services, ask.actor, named)
    return JSON(made, 200 if again else 202)


@endpoint("GET /retention/runs/{id}", permission="retention.read", audited=())
async def get_run(ask: Ask[None]) -> RetentionRunView:
    """Return one run's report."""
    return await retention.report(ask.services, ask.actor, ask.path["id"])
