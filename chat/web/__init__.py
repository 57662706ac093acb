"""The doors: every path of the server, as one list."""

from __future__ import annotations

from starlette.routing import BaseRoute, Mount, Route

from chat.web import api, html, server, sockets, widget
from chat.web.files import PACKED, Files
from chat.web.parameters import strict


def routes() -> list[BaseRoute]:
    """Return every route."""
    return [
        *strict(
            [
                Route("/", widget.redirect_home),
                Route("/healthz", server.healthz),
                Route("/readyz", server.readyz),
                Route("/metrics", server.metrics),
                Route("/.well-known/jwks.json", server.jwks),
            ]
        ),
        # Files take any query and heed none: pages and their systems add theirs against caches (`?cb=1`, `?ver=6`).
        Route("/widget.js", widget.loader, middleware=PACKED),
        *strict(widget.routes()),
        *sockets.routes(),
        *strict(html.routes(), "locale"),
        Mount("/api/v1", routes=strict(rest())),
        Mount("/widget-assets", Files("widget", "/widget-assets/main.js"), middleware=PACKED),
        Mount("/static", Files("static"), middleware=PACKED),
    ]


def rest() -> list[BaseRoute]:
    """Return the routes of `/api/v1`."""
    return api.routes()
