"""Every path of the server, as one list: what the features serve, and the server itself."""

from __future__ import annotations

from starlette.routing import BaseRoute, Mount, Route

from chat.features import FEATURES, Features
from chat.web import server
from chat.web.files import PACKED, ServedFolder
from chat.web.parameters import strict


def routes(features: Features = FEATURES) -> list[BaseRoute]:
    """Return every route."""
    return [
        *strict(
            [
                Route("/healthz", server.healthz),
                Route("/readyz", server.readyz),
                Route("/metrics", server.metrics),
                Route("/.well-known/jwks.json", server.jwks),
            ]
        ),
        *(route for each in features for route in each.files),
        *strict([route for each in features for route in each.widget]),
        *(route for each in features for route in each.sockets),
        *strict([route for each in features for route in each.pages], "locale"),
        Mount("/api/v1", routes=strict(rest(features))),
        Mount("/widget-assets", ServedFolder("widget", "/widget-assets/main.js"), middleware=PACKED),
        Mount("/static", ServedFolder("static"), middleware=PACKED),
    ]


def rest(features: Features = FEATURES) -> list[BaseRoute]:
    """Return the routes of `/api/v1`: for programs, and for the inbox."""
    return [route for each in features for route in each.rest]
