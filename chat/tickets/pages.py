"""The inbox: one shell for every view and ticket; the browser fills it over REST and the agent's socket."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.web.context import context_of
from chat.web.pages import locale_of, page, reader_of


def routes() -> list[Route]:
    """Return the addresses of the shell; the part after `/inbox` is read in the browser."""
    return [
        Route("/inbox", shell),
        Route("/inbox/{view}", shell),
        Route("/inbox/{view}/{number:int}", shell),
    ]


async def shell(request: Request) -> Response:
    """`GET /inbox…`: the page with what its scripts begin with."""
    who, locale = await reader_of(request), locale_of(request)
    boot = {
        "csrf": who.csrf,
        "agent": {"id": who.agent.id, "name": who.agent.name, "manages": who.actor.manages},
        "account": {"name": who.account.name},
        "locale": locale,
        "strings": context_of(request).services.gathered.locales.strings(locale),
    }
    return page(request, "inbox.html", who, boot=boot)
