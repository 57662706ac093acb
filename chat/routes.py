"""Every path of the server, as one list: what the features serve, and the server itself."""

from __future__ import annotations

from starlette.routing import BaseRoute, Mount, Route

from chat.features import FEATURES, Features
from chat.web import server
from chat.web.endpoint import API, Endpoint
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
        *(each.route() for each in endpoints(features) if not each.path.startswith(API)),
        *(route for each in features for route in each.sockets),
        *strict([route for each in features for route in each.pages], "locale"),
        Mount(API, routes=rest(features)),
        Mount("/widget-assets", ServedFolder("widget", "/widget-assets/main.js"), middleware=PACKED),
        Mount("/static", ServedFolder("static"), middleware=PACKED),
    ]


def rest(features: Features = FEATURES) -> list[BaseRoute]:
    """Return the routes of `/api/v1`: for programs, and for the inbox."""
    return [
        *strict(route for each in features for route in each.rest),
        *(each.route(API) for each in endpoints(features) if each.path.startswith(API)),
    ]


def endpoints(features: Features = FEATURES) -> list[Endpoint]:
    """Return every endpoint that a feature has."""
    return [each for feature in features for each in feature.endpoints]
