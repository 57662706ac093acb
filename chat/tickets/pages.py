"""The inbox: one shell for every view and ticket. The browser fills it over REST and the agent's socket."""

from __future__ import annotations

from msgspec.structs import asdict
from starlette.responses import RedirectResponse, Response

from chat.account.actions import accounts
from chat.core import access
from chat.tickets.domain import ANSWER_MINUTES
from chat.web.page_endpoint import PageAsk, page_endpoint
from chat.web.pages import locale_of, menu_of
from chat.web.spoken import spoken


async def shell(ask: PageAsk) -> Response:
    """Return the page with what its scripts begin with. The part after `/inbox` is read in the browser."""
    who, locale = ask.reader, locale_of(ask.request, ask.reader)
    boot = {
        "csrf": who.csrf,
        "agent": {
            "id": who.agent.id,
            "name": who.agent.name,
            "alias": who.agent.alias or who.agent.name,
            "portrait": who.agent.portrait,
            "permissions": sorted(who.actor.permissions),
        },
        "account": {"name": who.account.name},
        "sites": await _sites(ask),
        "answer_minutes": ANSWER_MINUTES,
        "locale": locale,
        "notifications": asdict(who.agent.preferences.notifications),
        "time_zone": who.agent.preferences.time_zone,
        "strings": spoken("/static/inbox.js", ask.services.gathered.locales, locale),
    }
    return ask.page("inbox.html", boot=boot)


async def _sites(ask: PageAsk) -> list[dict[str, str]]:
    actor = ask.reader.actor
    if not access.can(actor, "site.read"):
        return []
    found = await accounts.sites(ask.services, actor)
    return [{"id": each.id, "name": each.name, "color": each.color} for each in found]


@page_endpoint("GET /inbox", audience="agent")
async def inbox(ask: PageAsk) -> Response:
    """Show the inbox. Who may not read tickets is led to the first page that they may open."""
    if access.can(ask.reader.actor, "ticket.read"):
        return await shell(ask)
    lines = [line for each in menu_of(ask.context.menu, ask.reader).values() for line in each]
    return RedirectResponse(lines[0].path if lines else "/password", 303)


view = page_endpoint("GET /inbox/{view}", permission="ticket.read")(shell)
ticket = page_endpoint("GET /inbox/{view}/{number:int}", permission="ticket.read")(shell)
