"""The owner's pages about retention: the days, what they would take before they are saved, what falls due, the runs."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from chat.account.actions import quotas
from chat.core.errors import InvalidField
from chat.retention.actions import retention, rules
from chat.retention.actions.rules import DAYS, Thought
from chat.web import plots
from chat.web.context import context_of
from chat.web.forms import Errors, Form, just_saved, manager, posted, saved, whole
from chat.web.pages import Reader, page, words_of
from chat.web.parameters import takes
from chat.web.sizes import size

SHOWN = 10
EVERY_OTHER = 2


def routes() -> list[Route]:
    """Return the pages and what their forms post to."""
    return [
        Route("/admin/retention", show_retention),
        Route("/admin/retention", save_retention, methods=["POST"]),
        Route("/admin/retention/runs", start_run, methods=["POST"]),
        Route("/admin/retention/runs/{id}", show_run),
    ]


@takes("saved")
async def show_retention(request: Request) -> Response:
    """`GET /admin/retention`."""
    return await _page(request, await manager(request), {}, {})


async def save_retention(request: Request) -> Response:
    """`POST /admin/retention`: fewer days are shown with what they would take, and saved when that is confirmed."""
    who, form = await posted(request)
    services = context_of(request).services
    try:
        fields = [rule.name + DAYS for rule in services.gathered.rules]
        values = {name: whole(name, form[name]) for name in fields if name in form}
        thought = Thought(rules.read_days(services, values))
    except InvalidField as error:
        return await _page(request, who, form, {str(error.extra["field"]): "retention.error"}, 422)
    if "confirmed" not in form and await retention.shortens(services, who.actor, thought):
        return await confirm(request, who, form, thought)
    await retention.change(services, who.actor, values)
    return saved("/admin/retention")


async def start_run(request: Request) -> Response:
    """`POST /admin/retention/runs`: runs the rules now; leads to the report."""
    who, _ = await posted(request)
    made = await retention.start(context_of(request).services, who.actor)
    return RedirectResponse(f"/admin/retention/runs/{made['id']}", 303)


async def show_run(request: Request) -> Response:
    """`GET /admin/retention/runs/{id}`: the report of a run."""
    who = await manager(request)
    made = await retention.report(context_of(request).services, who.actor, request.path_params["id"])
    return page(request, "admin-retention-run.html", who, saved=False, errors={}, run=made)


async def confirm(request: Request, who: Reader, form: Form, thought: Thought) -> Response:
    """Show what days that are not saved yet would take, with the form that saves them."""
    services = context_of(request).services
    more: dict[str, Any] = {
        "counts": await retention.look(services, who.actor, thought),
        "now": {each["rule"]: each["days"] for each in await retention.look(services, who.actor)},
        "form": form,
        "of_account": bool(thought.days),
    }
    return page(request, "admin-retention-confirm.html", who, saved=False, errors={}, **more)


async def _page(request: Request, who: Reader, form: Form, errors: Errors, status: int = 200) -> Response:
    services = context_of(request).services
    known = await retention.settings(services, who.actor)
    last = await retention.last(services, who.actor)
    months = await retention.coming(services, who.actor)
    more: dict[str, Any] = {
        "rules": known["rules"],
        "departments": [each for each in known["departments"] if each["retention"]],
        "form": {rule.name + DAYS: str(known[rule.name + DAYS]) for rule in services.gathered.rules} | form,
        "due": {each["rule"]: each for each in await retention.look(services, who.actor)},
        "last": last,
        "took": {each["rule"]: each for each in last["rules"]} if last else {},
        "runs": (await retention.page(services, who.actor, None, SHOWN))[0],
        "storage": await quotas.storage(services, who.actor),
        "size": partial(size, words_of(request)),
        "months": [each | {"name": _month(request, each["month"])} for each in months],
        "plots": _plots(request, months),
    }
    return page(request, "admin-retention.html", who, status, saved=just_saved(request), errors=errors, **more)


def _plots(request: Request, months: list[dict[str, Any]]) -> list[plots.Plot]:
    """Return a plot for each rule under which anything falls due."""
    short = words_of(request)("retention.plot.months").split()
    labels = [f"{short[int(each['month'][5:]) - 1]} {each['month'][2:4]}" for each in months]
    labels = ["" if at % EVERY_OTHER else label for at, label in enumerate(labels)]
    counts = {rule.name: [each[rule.name] for each in months] for rule in context_of(request).services.gathered.rules}
    return [plots.of_counts(name, found, labels) for name, found in counts.items() if any(found)]


def _month(request: Request, month: str) -> str:
    """Return `2026-11` in words."""
    year, _, number = month.partition("-")
    return f"{words_of(request)(f'month.{int(number)}')} {year}"
