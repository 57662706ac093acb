"""The inbox: one shell for every view and ticket. The browser fills it over REST and the agent's socket."""

from __future__ import annotations

from starlette.responses import Response

from chat.web.page_endpoint import PageAsk, page_endpoint
from chat.web.pages import locale_of
from chat.web.spoken import spoken


async def shell(ask: PageAsk) -> Response:
    """Return the page with what its scripts begin with. The part after `/inbox` is read in the browser."""
    who, locale = ask.reader, locale_of(ask.request)
    boot = {
        "csrf": who.csrf,
        "agent": {"id": who.agent.id, "name": who.agent.name, "permissions": sorted(who.actor.permissions)},
        "account": {"name": who.account.name},
        "locale": locale,
        "strings": spoken("/static/inbox.js", ask.services.gathered.locales, locale),
    }
    return ask.page("inbox.html", boot=boot)


inbox = page_endpoint("GET /inbox", permission="ticket.read")(shell)
view = page_endpoint("GET /inbox/{view}", permission="ticket.read")(shell)
ticket = page_endpoint("GET /inbox/{view}/{number:int}", permission="ticket.read")(shell)
