"""The filter's page for admins: retraining, its versions and their reports, the target."""

from __future__ import annotations

from typing import Any

from msgspec import convert
from starlette.responses import RedirectResponse, Response

from chat.account.actions import accounts
from chat.core.errors import InvalidField, NotNow
from chat.spam_filter.actions import runs, training
from chat.spam_filter.domain import HAM_HELD
from chat.spam_filter.pages import curves
from chat.spam_filter.pages.curves import Cost, Measured
from chat.team.actions import agents
from chat.web.forms import Errors
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint
from chat.web.plots import shown
from chat.web.requests import number

SHOWN = 50
LEAST = 20
"""Messages of each kind that a report has to be measured on before its version is recommended."""


@page_endpoint("GET /admin/filter", permission="filter.train", query=[SAVED])
async def show_filter(ask: PageAsk) -> Response:
    """Show what serves, the target, the versions."""
    return await _filter_page(ask)


@page_endpoint("POST /admin/filter/train", permission="filter.train", audited={"filter.trained"})
async def train(ask: PageAsk) -> Response:
    """Start a retraining, or show the one under way."""
    try:
        run = await runs.start(ask.services, ask.actor)
    except NotNow:
        return await _filter_page(ask, {"train": "filter.train.no_labels"}, 409)
    return RedirectResponse(f"/admin/filter/{run.id}", 303)


@page_endpoint("POST /admin/filter/target", permission="account.change", audited={"account.changed"})
async def save_target(ask: PageAsk) -> Response:
    """Save the share of ham that may be held, in percent."""
    try:
        share = float(ask.form.get("target", "").replace(",", ".")) / 100
        await accounts.change_account(ask.services, ask.actor, ham_held=round(share, 6))
    except (ValueError, InvalidField):
        return await _filter_page(ask, {"target": "filter.target.wrong"}, 422)
    return RedirectResponse("/admin/filter?saved=1#target", 303)


@page_endpoint("POST /admin/filter/use", permission="filter.train", audited={"filter.promoted"})
async def use(ask: PageAsk) -> Response:
    """Put a version to use, `version` 0 for the shipped head."""
    await runs.use(ask.services, ask.actor, number(ask.form.get("version", ""), "version"))
    return RedirectResponse("/admin/filter?saved=1", 303)


@page_endpoint("POST /admin/filter/{id}/discard", permission="filter.train", audited={"filter.discarded"})
async def discard(ask: PageAsk) -> Response:
    """Say that a version is not wanted."""
    await runs.discard(ask.services, ask.actor, ask.path["id"])
    return RedirectResponse("/admin/filter?saved=1", 303)


@page_endpoint("GET /admin/filter/{id}", permission="filter.train")
async def show_run(ask: PageAsk) -> Response:
    """Show a run's progress, and its report with plots and mistakes."""
    run = await runs.one(ask.services, ask.actor, ask.path["id"])
    report = run.report
    drawn = curves.of_report(convert(report, Measured)) if report and report["candidate"] else []
    few = LEAST if run.measured < LEAST else 0
    more: dict[str, Any] = {"run": run, "plots": drawn, "shown": shown, "few": few}
    return ask.page("admin-filter-run.html", **more)


async def _filter_page(ask: PageAsk, errors: Errors | None = None, status: int = 200) -> Response:
    services, actor, account = ask.services, ask.actor, ask.reader.account
    found, _ = await runs.page(services, actor, None, SHOWN)
    used = next((each for each in found if each.in_use), None)
    measured = used or next((each for each in found if each.state == "done" and each.labels), None)
    report = (await runs.one(services, actor, measured.id)).report if measured else None
    cost = (report or {}).get("cost") or []
    more: dict[str, Any] = {
        "runs": found,
        "used": used,
        "running": next((each for each in found if each.state in {"queued", "running"}), None),
        "model": await training.model(services, actor),
        "unused": await training.unused(services, actor),
        "history": await runs.history(services, actor),
        "names": {each.id: each.name for each in await agents.agents(services, actor)},
        "cost": cost,
        "plot": curves.of_cost(convert(cost, list[Cost]), account[HAM_HELD]),
        "target": f"{100 * account[HAM_HELD]:g}",
        "shown": shown,
        "least": LEAST,
    }
    return ask.page("admin-filter.html", status, errors=errors, **more)
