"""Every path of the server, as one list: what the features serve, and the server itself."""

from __future__ import annotations

from starlette.routing import BaseRoute, Mount

from chat.features import FEATURES, Features, account_settings, rights
from chat.web import server
from chat.web.endpoint import API, Endpoint, endpoints
from chat.web.files import PACKED, ServedFolder
from chat.web.outgoing import OutgoingWebhook


def routes(features: Features = FEATURES) -> list[BaseRoute]:
    """Return every route."""
    return [
        *(each.route() for each in every(features) if not each.path.startswith(API)),
        *(route for each in features for route in each.sockets),
        *apart(features),
        Mount(API, routes=rest(features)),
        Mount("/widget-assets", ServedFolder("widget", "/widget-assets/main.js"), middleware=PACKED),
        Mount("/static", ServedFolder("static"), middleware=PACKED),
    ]


def rest(features: Features = FEATURES) -> list[BaseRoute]:
    """Return the routes of `/api/v1`: for programs, and for the inbox."""
    return [each.route(API) for each in programs(features)]


def apart(features: Features = FEATURES) -> list[BaseRoute]:
    """Return what lies elsewhere by a standard that says so, below `/api/v1` too: one address for who has the API."""
    paths = [path for feature in features for path in feature.refuses if not path.startswith(API)]
    found = every(features)
    return [
        Mount(API + path, routes=[each.route(path) for each in found if each.path.startswith(f"{path}/")])
        for path in paths
    ]


def programs(features: Features = FEATURES) -> list[Endpoint]:
    """Return every endpoint of `/api/v1`: those that the OpenAPI document describes."""
    return [each for each in every(features) if each.path.startswith(API)]


def outgoing(features: Features = FEATURES) -> dict[str, OutgoingWebhook]:
    """Return what is sent to programs of others, by kind: the OpenAPI document describes that too."""
    return {kind: said for each in features for kind, said in each.outgoing.items()}


def every(features: Features = FEATURES) -> list[Endpoint]:
    """Return every endpoint: the server's own, and the features'. Raises ValueError where one needs what none says."""
    known = account_settings(features)
    found = [*endpoints(server), *(each.with_settings(known) for feature in features for each in feature.endpoints)]
    allowed = {None, *rights(features)}
    for each in found:
        if each.permission not in allowed:
            raise ValueError(f"{each}: nobody knows the permission {each.permission!r}")
    return found
