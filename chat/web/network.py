"""Where a request comes from, past trusted proxies, and by which address browsers reach this server."""

from __future__ import annotations

import hmac
from hashlib import sha256

from starlette.requests import HTTPConnection

from chat.core import networks
from chat.core.networks import Network
from chat.web.context import context_of


def secure(connection: HTTPConnection) -> bool:
    """Whether browsers reach this server over HTTPS."""
    return own_origin(connection).startswith("https://")


def own_origin(connection: HTTPConnection) -> str:
    """Return this server's origin: LETHE_BASE_URL, or as the request names it."""
    settings = context_of(connection).services.settings
    if settings.base_url:
        return settings.base_url
    over_tls = connection.scope["scheme"] in {"https", "wss"} or _forwarded_secure(connection)
    return f"{'https' if over_tls else 'http'}://{connection.headers.get('host', '')}"


def network_of(connection: HTTPConnection) -> Network:
    """
    Return keyed hashes of the network a request comes from, for allowances only; the address itself is kept nowhere.
    """
    services = context_of(connection).services
    near, wide = networks.lines(address_of(connection))
    hour = services.clock() // 3_600_000

    def hashed(text: str) -> str:
        return hmac.new(services.index_key, f"network/{hour}/{text}".encode(), sha256).hexdigest()[:32]

    return Network(hashed(near), hashed(wide) if wide else "")


def address_of(connection: HTTPConnection) -> networks.Address | None:
    """Return the address a request was asked from, past trusted proxies; it is kept nowhere."""
    proxies = context_of(connection).services.settings.trusted_proxies
    return networks.asked_from(_direct(connection), connection.headers.getlist("x-forwarded-for"), proxies)


def _direct(connection: HTTPConnection) -> str:
    return connection.client.host if connection.client else ""


def _forwarded_secure(connection: HTTPConnection) -> bool:
    """Tell whether the nearest proxy, if it is trusted, was asked over HTTPS; what it adds stands last."""
    peer = networks.parsed(_direct(connection))
    proxies = context_of(connection).services.settings.trusted_proxies
    said = ",".join(connection.headers.getlist("x-forwarded-proto")).rpartition(",")[2]
    return peer is not None and any(peer in each for each in proxies) and said.strip().lower() in {"https", "wss"}
