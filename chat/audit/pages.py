"""The page of the audit log: who did what, by whom and about what, and whether the log is whole."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from chat.audit.actions import reading, verdicts
from chat.audit.actions.reading import EntryView
from chat.audit.api import FILTERS, SOURCE
from chat.core.audited import OTHERS, EntryQuery
from chat.core.errors import InvalidField
from chat.core.model import Agent
from chat.team.actions import agents
from chat.web.page_endpoint import PageAsk, page_endpoint
from chat.web.requests import Parameter, number

SHOWN = 50
BEFORE: Parameter[int | None] = Parameter("before", number, None, {"type": "integer"})
OF_TICKETS = ("message", "quarantine", "spam", "ticket", "transcript")


@page_endpoint("GET /admin/audit", permission="audit.read", query=[*FILTERS, BEFORE], audited={"audit.viewed"})
async def show_audit(ask: PageAsk) -> Response:
    """Show the entries: `?agent=&action=&target=&source=` filter, `?before=` is where an older page begins."""
    services, before = ask.services, ask.query(BEFORE)
    asked = {each.name: ask.query(each).strip() for each in FILTERS}
    wrong: dict[str, str] = {}
    items: list[EntryView] = []
    older: int | None = None
    try:
        items, older = await reading.page(services, ask.actor, EntryQuery(**asked), before, SHOWN)
    except InvalidField as error:
        field = str(error.extra["field"])
        wrong = {field: "audit.source.wrong" if field == SOURCE.name else "audit.filter.wrong"}
    known = await agents.agents(services, ask.actor)
    kept = {name: value for name, value in asked.items() if value}
    more: dict[str, Any] = {
        "entries": [(each, _name(each.who, known), _of_ticket(each)) for each in items],
        "filter": asked,
        "wrong": wrong,
        "filtered": bool(kept),
        "agents": known,
        "others": OTHERS,
        "actions": sorted(services.gathered.audited),
        "newest": _address(kept) if before is not None else None,
        "older": None if older is None else _address(kept | {"before": str(older)}),
        "standing": await reading.standing(services, ask.actor),
    }
    return ask.page("admin-audit.html", 422 if wrong else 200, **more)


@page_endpoint("POST /admin/audit/check", permission="audit.check")
async def check_audit(ask: PageAsk) -> Response:
    """Check the whole log now. The page says what was found."""
    await verdicts.verify_mine(ask.services, ask.actor)
    return RedirectResponse("/admin/audit", 303)


def _address(query: dict[str, str]) -> str:
    return "/admin/audit" + (f"?{urlencode(query)}" if query else "")


def _of_ticket(entry: EntryView) -> bool:
    """Tell whether the target is a ticket's number, or that of a message in one. Ids have dashes."""
    return entry.action.partition(".")[0] in OF_TICKETS and "-" not in entry.target


def _name(who: str, known: list[Agent]) -> str:
    """Return the name of an agent that is still known, or empty for one who is not, and for who is no agent."""
    return next((each.name for each in known if each.id == who), "")
