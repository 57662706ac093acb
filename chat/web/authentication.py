"""
Who asks, and from where: an agent by session or API token, a visitor by token, whether a page of ours made them ask,
past trusted proxies, and by which address browsers reach this server.
"""

from __future__ import annotations

import hmac
from hashlib import sha256

from starlette.requests import HTTPConnection
from starlette.responses import Response

from chat.core import networks
from chat.core.clock import stamp
from chat.core.devices import kind_of
from chat.core.errors import Forbidden, NetworkNotAllowed, SecondFactorRequired, Unauthorized
from chat.core.model import Actor
from chat.core.networks import Network
from chat.core.tokens import Visitor
from chat.infra.services import Services
from chat.web.context import context_of

COOKIE, DEVICE, HALF, CEREMONY = "lethe_session", "lethe_device", "lethe_half", "lethe_ceremony"
ATTEMPT = "lethe_attempt"
HOST = "__Host-"
"""Before a cookie's name it keeps other hosts from setting it, over HTTPS (RFC 6265bis, 4.1.3.2)."""
SAFE = {"GET", "HEAD", "OPTIONS"}


async def actor_of(request: HTTPConnection, *, csrf: bool = True, changes: bool = False, due: bool = False) -> Actor:
    """
    Return the agent who asks, by API token or session.

    A session that changes something must come from our own pages: `Origin` or `Sec-Fetch-Site` says so, and the header
    `X-CSRF-Token` too where `csrf`. `changes` says that it changes something whatever the verb. Who must change their
    password is let in where it is for whoever is `due` alone. Raises Unauthorized, SecondFactorRequired, Forbidden,
    PasswordDue or NetworkNotAllowed.
    """
    context = context_of(request)
    services, token = context.services, bearer(request)
    # No mark of our own page is needed with one: no browser sends it by itself.
    if token:
        return admitted(request, await context.people.by_token(services, token))
    cookie = cookie_of(request, COOKIE)
    if not cookie:  # with one, what a proxy in front asks for itself may come along
        refuse_password(request)
    try:
        actor = admitted(request, await context.people.by_session(services, cookie, due=due))
    except Unauthorized:
        if _is_half(request):
            raise SecondFactorRequired from None
        raise
    if changes or request.scope.get("method", "GET") not in SAFE:
        require_own_page(request)
        # Bytes, since compare_digest refuses text that is not ASCII, as a header may hold. Compared by `==`, the time
        # would tell how much of it is right (CVE-2021-33880).
        shown = (header(request, "x-csrf-token") or "").encode()
        if csrf and not hmac.compare_digest(shown, csrf_token(services, actor).encode()):
            raise Forbidden("The header X-CSRF-Token is missing or not this session's")
    return actor


def _is_half(request: HTTPConnection) -> bool:
    """Whether the password was shown, and nothing else: that is nobody's session yet."""
    services = context_of(request).services
    try:
        services.tokens.read_half_session(cookie_of(request, HALF), services.clock())
    except Unauthorized:
        return False
    return True


def admitted(connection: HTTPConnection, actor: Actor) -> Actor:
    """Return who asks, if their lists let in the address they ask from. Raises NetworkNotAllowed."""
    if any(actor.networks) and not networks.is_inside(address_of(connection), actor.networks):
        raise NetworkNotAllowed("This network is not on the list of those from which it may be used")
    return actor


def refuse_password(request: HTTPConnection) -> None:
    """Raise Unauthorized for HTTP Basic: a password is typed on our own page, and a program has a token."""
    if (header(request, "authorization") or "").lower().startswith("basic"):
        raise Unauthorized(
            "Address and password are for people who sign in. Make an API token, on the page of API tokens or with "
            "lethe token make, and send it as Authorization: Bearer TOKEN"
        )


def visitor_of(request: HTTPConnection, site_key: str) -> Visitor:
    """Return whom the visitor's token speaks for. Raises Unauthorized where it is not good, or for another site."""
    services = context_of(request).services
    visitor = services.tokens.read_visitor(bearer(request), services.clock())
    if visitor.site != site_key:
        raise Unauthorized("This token is for another site")
    return visitor


def header(request: HTTPConnection, name: str) -> str | None:
    """
    Return a header, None where there is none. One that is there twice is all of its lines (RFC 9110, section 5.2), so
    that a program in front that reads the last one is never told something else than we are by the first.
    """
    found = request.headers.getlist(name)
    return ", ".join(found) if found else None


def bearer(request: HTTPConnection) -> str:
    """Return the token of the Authorization header, "" where there is none."""
    scheme, _, token = (header(request, "authorization") or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def cookie_name(connection: HTTPConnection, cookie: str) -> str:
    """Return what a cookie of an agent's is called here: over HTTPS no other host may have set it."""
    return f"{HOST}{cookie}" if secure(connection) else cookie


def cookie_of(connection: HTTPConnection, cookie: str) -> str:
    """Return an agent's cookie, "" where there is none."""
    return connection.cookies.get(cookie_name(connection, cookie), "")


def give_cookie(request: HTTPConnection, answer: Response, cookie: str, value: str, seconds: int) -> None:
    """Let an agent's browser keep a cookie for so long."""
    answer.set_cookie(
        cookie_name(request, cookie),
        value,
        max_age=seconds,
        secure=secure(request),
        httponly=True,
        samesite="lax",
    )


def take_cookie(request: HTTPConnection, answer: Response, cookie: str) -> None:
    """Let an agent's browser forget a cookie."""
    answer.delete_cookie(cookie_name(request, cookie), secure=secure(request), httponly=True, samesite="lax")


def csrf_token(services: Services, actor: Actor) -> str:
    """Return what a page of this session sends back to show that it is ours."""
    return hmac.new(services.index_key, f"csrf/{actor.session_id}".encode(), sha256).hexdigest()


def require_own_page(request: HTTPConnection) -> None:
    """Raise Forbidden unless the request comes from a page of this server, as the browser itself says."""
    origin, fetched = header(request, "origin"), header(request, "sec-fetch-site")
    if origin is not None and origin != own_origin(request):
        raise Forbidden("This must come from a page of this server")
    if origin is None and fetched not in {None, "same-origin", "none"}:
        raise Forbidden("This must come from a page of this server")
    if origin is None and fetched is None:
        raise Forbidden("A browser's Origin header is needed with a session; programs use an API token")


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
    Return keyed hashes of the network a request comes from, for allowances and the audit log's sign-ins. The address
    itself is kept nowhere.
    """
    services = context_of(connection).services
    near, wide = networks.lines(address_of(connection))
    # Part of what is hashed, so that the counts of two hours say nothing together of who came again.
    hour, month = services.clock() // 3_600_000, stamp(services.clock())[:7]

    def hashed(text: str, while_: str | int = hour) -> str:
        return hmac.new(services.index_key, f"network/{while_}/{text}".encode(), sha256).hexdigest()[:32]

    device = kind_of(header(connection, "user-agent") or "")
    return Network(hashed(near), hashed(wide) if wide else "", device, hashed(near, month))


def address_of(connection: HTTPConnection) -> networks.Address | None:
    """Return the address a request was asked from, past trusted proxies. It is kept nowhere."""
    proxies = context_of(connection).services.settings.trusted_proxies
    return networks.asked_from(_direct(connection), connection.headers.getlist("x-forwarded-for"), proxies)


def _direct(connection: HTTPConnection) -> str:
    return connection.client.host if connection.client else ""


def _forwarded_secure(connection: HTTPConnection) -> bool:
    """Tell whether the nearest proxy, if it is trusted, was asked over HTTPS. Its own word stands last."""
    said = ",".join(connection.headers.getlist("x-forwarded-proto")).rpartition(",")[2]
    if said.strip().lower() not in {"https", "wss"}:
        return False
    peer = networks.parsed(_direct(connection))
    return peer is not None and any(peer in each for each in context_of(connection).services.settings.trusted_proxies)
