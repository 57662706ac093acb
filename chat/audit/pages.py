"""The page of the audit log: who did what, by whom and about what, and whether the log is whole."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from chat.audit.actions import reading, verdicts
from chat.audit.actions.reading import EntryQuery
from chat.core.audited import OTHERS
from chat.core.errors import InvalidField
from chat.core.model import Agent
from chat.team.actions import agents
from chat.web.context import context_of
from chat.web.forms import manager, posted
from chat.web.pages import page
from chat.web.parameters import number, takes

SHOWN = 50
FILTERS = ("agent", "action", "target")
OF_TICKETS = ("message", "quarantine", "spam", "ticket", "transcript")


def routes() -> list[Route]:
    """Return the page, and what its button posts to."""
    return [
        Route("/admin/audit", show_audit),
        Route("/admin/audit/check", check_audit, methods=["POST"]),
    ]


@takes("agent", "action", "target", "before")
async def show_audit(request: Request) -> Response:
    """`GET /admin/audit`: `?agent=&action=&target=` filter, `?before=` is where an older page begins."""
    who, services = await manager(request), context_of(request).services
    before = _before(request)
    asked = {name: request.query_params.get(name, "").strip() for name in FILTERS}
    wrong: dict[str, str] = {}
    items: list[dict[str, Any]] = []
    older: int | None = None
    try:
        items, older = await reading.page(services, who.actor, EntryQuery(**asked), before, SHOWN)
    except InvalidField as error:
        wrong = {str(error.extra["field"]): "audit.filter.wrong"}
    known = await agents.agents(services, who.actor)
    kept = {name: value for name, value in asked.items() if value}
    more: dict[str, Any] = {
        "entries": [each | {"name": _name(each["who"], known), "of_ticket": _of_ticket(each)} for each in items],
        "filter": asked,
        "wrong": wrong,
        "filtered": bool(kept),
        "agents": known,
        "others": OTHERS,
        "actions": sorted(services.gathered.audited),
        "newest": _address(kept) if "before" in request.query_params else None,
        "older": None if older is None else _address(kept | {"before": str(older)}),
        "standing": await reading.standing(services, who.actor),
    }
    return page(request, "admin-audit.html", who, 422 if wrong else 200, saved=False, errors={}, **more)


async def check_audit(request: Request) -> Response:
    """`POST /admin/audit/check`: check the whole log now; the page says what was found."""
    who, _ = await posted(request)
    await verdicts.verify_mine(context_of(request).services, who.actor)
    return RedirectResponse("/admin/audit", 303)


def _before(request: Request) -> int | None:
    value = request.query_params.get("before")
    return None if value is None else number(value, "before")


def _address(query: dict[str, str]) -> str:
    return "/admin/audit" + (f"?{urlencode(query)}" if query else "")


def _of_ticket(entry: dict[str, Any]) -> bool:
    """Tell whether the target is a ticket's number, or that of a message in one; ids have dashes."""
    return entry["action"].partition(".")[0] in OF_TICKETS and "-" not in entry["target"]


def _name(who: str, known: list[Agent]) -> str:
    """Return the name of an agent that is still known; empty for one who is not, and for who is no agent."""
    return next((each.name for each in known if each.id == who), "")
