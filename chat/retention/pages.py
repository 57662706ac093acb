"""The owner's pages about retention: the days, what they would take before they are saved, what falls due, the runs."""

from __future__ import annotations

from functools import partial
from typing import Any

from starlette.responses import RedirectResponse, Response

from chat.account.actions import quotas
from chat.core.errors import InvalidField
from chat.retention.actions import retention, rules
from chat.retention.actions.rules import DAYS, Thought
from chat.retention.actions.views import MonthDue
from chat.web import plots
from chat.web.forms import Errors, Form, saved, whole
from chat.web.page_endpoint import SAVED, PageAsk, page_endpoint
from chat.web.pages import words_of
from chat.web.sizes import size

PAGE = "/admin/retention"
SHOWN = 10
EVERY_OTHER = 2


@page_endpoint("GET /admin/retention", permission="retention.read", query=[SAVED])
async def show_retention(ask: PageAsk) -> Response:
    """Show the days, what they take, and what falls due."""
    return await _page(ask, {}, {})


@page_endpoint("POST /admin/retention", permission="retention.change", audited={"retention.changed"})
async def save_retention(ask: PageAsk) -> Response:
    """Save the days. Fewer are shown with what they would take, and saved when that is confirmed."""
    services, form = ask.services, ask.form
    try:
        fields = [rule.name + DAYS for rule in services.gathered.retention_rules]
        values = {name: whole(name, form[name]) for name in fields if name in form}
        thought = Thought(rules.read_days(services, values))
    except InvalidField as error:
        return await _page(ask, form, {str(error.extra["field"]): "retention.error"}, 422)
    if "confirmed" not in form and await retention.shortens(services, ask.actor, thought):
        return await confirm(ask, thought, PAGE)
    await retention.change(services, ask.actor, values)
    return saved(PAGE)


@page_endpoint("POST /admin/retention/runs", permission="retention.run", audited={"retention.run"})
async def start_run(ask: PageAsk) -> Response:
    """Run the rules now, and lead to the report."""
    made, _ = await retention.start(ask.services, ask.actor)
    return RedirectResponse(f"/admin/retention/runs/{made.id}", 303)


@page_endpoint("GET /admin/retention/runs/{id}", permission="retention.read")
async def show_run(ask: PageAsk) -> Response:
    """Show the report of a run."""
    made = await retention.report(ask.services, ask.actor, ask.path["id"])
    return ask.page("admin-retention-run.html", run=made)


async def confirm(ask: PageAsk, thought: Thought, back: str) -> Response:
    """Show what days that are not saved yet would take, with the form that saves them, or leads `back`."""
    more: dict[str, Any] = {
        "counts": await retention.look(ask.services, ask.actor, thought),
        "now": {each.rule: each.days for each in await retention.look(ask.services, ask.actor)},
        "form": ask.form,
        "of_account": bool(thought.days),
        "back": back,
    }
    return ask.page("admin-retention-confirm.html", **more)


async def _page(ask: PageAsk, form: Form, errors: Errors, status: int = 200) -> Response:
    services, actor = ask.services, ask.actor
    known = await retention.settings(services, actor)
    last, kinds = await retention.last(services, actor), services.gathered.retention_scopes
    months = await retention.coming(services, actor)
    more: dict[str, Any] = {
        "rules": known.rules,
        "scopes": [(kind, [each for each in known.scopes[kind.name] if each.retention]) for kind in kinds],
        "form": {name: str(days) for name, days in known.days.items()} | form,
        "due": {each.rule: each for each in await retention.look(services, actor)},
        "last": last,
        "took": {each.rule: each for each in last.rules} if last else {},
        "runs": (await retention.page(services, actor, None, SHOWN))[0],
        "storage": await quotas.storage(services, actor),
        "size": partial(size, words_of(ask.request, ask.reader)),
        "months": [(_month(ask, each.month), each.counts) for each in months],
        "plots": _plots(ask, months),
    }
    return ask.page("admin-retention.html", status, errors=errors, **more)


def _plots(ask: PageAsk, months: list[MonthDue]) -> list[plots.Plot]:
    """Return a plot for each rule under which anything falls due."""
    short = words_of(ask.request, ask.reader)("retention.plot.months").split()
    labels = [f"{short[int(each.month[5:]) - 1]} {each.month[2:4]}" for each in months]
    labels = ["" if at % EVERY_OTHER else label for at, label in enumerate(labels)]
    counts = {rule.name: [each.counts[rule.name] for each in months] for rule in ask.services.gathered.retention_rules}
    return [plots.of_counts(name, found, labels) for name, found in counts.items() if any(found)]


def _month(ask: PageAsk, month: str) -> str:
    """Return `2026-11` in words."""
    year, _, number = month.partition("-")
    return f"{words_of(ask.request, ask.reader)(f'month.{int(number)}')} {year}"
