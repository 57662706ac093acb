"""The filter's page for admins: retraining, its versions and their reports, the target."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from chat.account.actions import accounts
from chat.core.access import require_manager
from chat.core.errors import InvalidField, NotNow
from chat.infra.services import Services
from chat.spam_filter.actions import quarantine, runs, training
from chat.spam_filter.pages import curves
from chat.team.actions import agents
from chat.web.context import context_of
from chat.web.forms import posted_fields
from chat.web.pages import Reader, page, reader_of
from chat.web.parameters import number, takes
from chat.web.plots import shown

SHOWN = 50
LEAST = 20
"""Messages of each kind that a report has to be measured on before its version is recommended."""


def routes() -> list[Route]:
    """Return the pages, and what their forms post to."""
    return [
        Route("/admin/filter", show_filter),
        Route("/admin/filter/train", train, methods=["POST"]),
        Route("/admin/filter/target", save_target, methods=["POST"]),
        Route("/admin/filter/use", use, methods=["POST"]),
        Route("/admin/filter/{id}", show_run),
        Route("/admin/filter/{id}/discard", discard, methods=["POST"]),
    ]


@takes("saved")
async def show_filter(request: Request) -> Response:
    """`GET /admin/filter`: what serves, the target, the versions."""
    who = await reader_of(request)
    require_manager(who.actor)
    return await _filter_page(request, who)


async def train(request: Request) -> Response:
    """`POST /admin/filter/train`: starts a retraining, or shows the one under way."""
    who, _ = await posted_fields(request)
    try:
        run = await runs.start(context_of(request).services, who.actor)
    except NotNow:
        return await _filter_page(request, who, {"train": "filter.train.no_labels"}, 409)
    return RedirectResponse(f"/admin/filter/{run['id']}", 303)


async def save_target(request: Request) -> Response:
    """`POST /admin/filter/target`: the share of ham that may be held, in percent."""
    who, fields = await posted_fields(request)
    try:
        share = float(dict(fields).get("target", "").replace(",", ".")) / 100
        await accounts.change_account(context_of(request).services, who.actor, ham_held=round(share, 6))
    except (ValueError, InvalidField):
        return await _filter_page(request, who, {"target": "filter.target.wrong"}, 422)
    return RedirectResponse("/admin/filter?saved=1#target", 303)


async def use(request: Request) -> Response:
    """`POST /admin/filter/use`: puts a version to use, `version` 0 for the shipped head."""
    who, fields = await posted_fields(request)
    version = number(dict(fields).get("version", ""), "version")
    await runs.use(context_of(request).services, who.actor, version)
    return RedirectResponse("/admin/filter?saved=1", 303)


async def discard(request: Request) -> Response:
    """`POST /admin/filter/{id}/discard`: says that a version is not wanted."""
    who, _ = await posted_fields(request)
    await runs.discard(context_of(request).services, who.actor, request.path_params["id"])
    return RedirectResponse("/admin/filter?saved=1", 303)


async def show_run(request: Request) -> Response:
    """`GET /admin/filter/{id}`: a run's progress, and its report with plots and mistakes."""
    who, services = await reader_of(request), context_of(request).services
    run = await runs.one(services, who.actor, request.path_params["id"])
    report = run["report"]
    drawn = curves.of_report(report) if report and report["candidate"] else []
    few = LEAST if run["measured"] < LEAST else 0
    more: dict[str, Any] = {"run": run, "plots": drawn, "shown": shown, "few": few}
    return page(request, "admin-filter-run.html", who, errors={}, saved=False, **more)


async def _filter_page(
    request: Request, who: Reader, errors: dict[str, str] | None = None, status: int = 200
) -> Response:
    services = context_of(request).services
    found, _ = await runs.page(services, who.actor, None, SHOWN)
    used = next((each for each in found if each["in_use"]), None)
    measured = used or next((each for each in found if each["state"] == "done" and each["labels"]), None)
    report = (await runs.one(services, who.actor, measured["id"]))["report"] if measured else None
    cost = (report or {}).get("cost") or []
    more: dict[str, Any] = {
        "runs": found,
        "used": used,
        "running": next((each for each in found if each["state"] in {"queued", "running"}), None),
        "model": await training.model(services, who.actor),
        "unused": await quarantine.unused(services, who.actor),
        "history": await runs.history(services, who.actor),
        "names": await _names(services, who),
        "cost": cost,
        "plot": curves.of_cost(cost, who.account.ham_held),
        "target": f"{100 * who.account.ham_held:g}",
        "shown": shown,
        "least": LEAST,
        "errors": errors or {},
        "saved": "saved" in request.query_params,
    }
    return page(request, "admin-filter.html", who, status, **more)


async def _names(services: Services, who: Reader) -> dict[str, str]:
    return {each.id: each.name for each in await agents.agents(services, who.actor)}
