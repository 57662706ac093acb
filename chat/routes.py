"""Every path of the server, as one list: what the features serve, and the server itself."""

from __future__ import annotations

from starlette.routing import BaseRoute, Mount

from chat.features import FEATURES, Features, account_settings, permissions
from chat.web import server
from chat.web.endpoint import API, Endpoint, endpoints
from chat.web.files import PACKED, ServedFolder


def routes(features: Features = FEATURES) -> list[BaseRoute]:
    """Return every route."""
    return [
        *(each.route() for each in every(features) if not each.path.startswith(API)),
        *(route for each in features for route in each.sockets),
        Mount(API, routes=rest(features)),
        Mount("/widget-assets", ServedFolder("widget", "/widget-assets/main.js"), middleware=PACKED),
        Mount("/static", ServedFolder("static"), middleware=PACKED),
    ]


def rest(features: Features = FEATURES) -> list[BaseRoute]:
    """Return the routes of `/api/v1`: for programs, and for the inbox."""
    return [each.route(API) for each in every(features) if each.path.startswith(API)]


def every(features: Features = FEATURES) -> list[Endpoint]:
    """Return every endpoint: the server's own, and the features'. Raises ValueError where one needs what none says."""
    known = account_settings(features)
    found = [*endpoints(server), *(each.with_settings(known) for feature in features for each in feature.endpoints)]
    allowed = frozenset().union(*permissions(features).values())
    for each in found:
        if each.permission not in {None, *allowed}:
            raise ValueError(f"{each}: nobody knows the permission {each.permission!r}")
    return found
