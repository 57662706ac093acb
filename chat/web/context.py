"""What the doors share: the services, the postbox, who is at the door, and how a request is read and answered."""

from __future__ import annotations

import hmac
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response

from chat.core import networks
from chat.core.errors import Forbidden, InvalidField, LetheError, TooSlow, Unauthorized, UnknownParameter
from chat.core.model import Actor
from chat.core.networks import Network
from chat.core.tokens import Visitor
from chat.infra.services import Services
from chat.web.bodies import whole
from chat.web.crowd import Crowd
from chat.web.feature import Menu
from chat.web.parameters import number
from chat.web.people import Accounts, Agents
from chat.web.ready import Ready
from chat.web.refused import Refused
from chat.web.room import Room

if TYPE_CHECKING:
    from chat.infra.metrics import Metrics

COOKIE, DEVICE = "lethe_session", "lethe_device"
HOST = "__Host-"
"""Before a cookie's name it keeps other hosts from setting it, over HTTPS (RFC 6265bis, 4.1.3.2)."""
FIELD_MOST = 40
UPLOADS = {"visitor": 96 * 2**20, "agent": 32 * 2**20}
PAGE, PAGE_MOST = 50, 200
SAFE = {"GET", "HEAD", "OPTIONS"}


@dataclass
class WebContext:
    """
    Everything the doors work with, made when the server starts.

    `people` and `accounts` say who somebody is; `agents` are the sockets of agents that are open; `uploads` is the
    memory that these may take, by author.
    """

    services: Services
    metrics: Metrics
    people: Agents
    accounts: Accounts
    menu: Mapping[str, Sequence[Menu]]
    agents: set[Any] = field(default_factory=set)
    ready: Ready = field(default_factory=Ready)
    crowd: Crowd = field(default_factory=Crowd)
    refused: Refused = field(default_factory=Refused)
    uploads: dict[str, Room] = field(default_factory=lambda: {who: Room(most) for who, most in UPLOADS.items()})

    @property
    def visitors_here(self) -> int:
        """How many visitors are at the other end of a socket; who serves them knows."""
        return 0


class JSON(JSONResponse):
    """JSON that no cache keeps."""

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        """Add the headers."""
        super().init_headers({"cache-control": "no-store"} | dict(headers or {}))

    def render(self, content: Any) -> bytes:
        """Write frames and plain values alike."""
        return msgspec.json.encode(content)


def context_of(connection: HTTPConnection) -> WebContext:
    """Return the doors this request came through."""
    context: WebContext = connection.state.context
    return context


def problem(error: LetheError) -> Response:
    """Write an error as RFC 9457 `application/problem+json` with its stable `code`."""
    body = {
        "type": "about:blank",
        "title": error.title,
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
    }
    headers = {"cache-control": "no-store"} | told(error)
    extra = {name: value for name, value in error.extra.items() if name not in body}
    return Response(json.dumps(body | extra), error.status, headers, "application/problem+json")


def told(error: LetheError) -> dict[str, str]:
    """Return the headers that go with an error, whether a program or a person is answered."""
    headers = {}
    if "retry_after" in error.extra:
        headers["retry-after"] = str(math.ceil(error.extra["retry_after"]))
    if error.status == TooSlow.status:
        headers["connection"] = "close"  # what is still to come on this line is nobody's
    return headers


async def actor_of(request: HTTPConnection, *, csrf: bool = True, changes: bool = False, due: bool = False) -> Actor:
    """
    Return the agent who asks, by API token or session.

    A session that changes something must come from our own pages: `Origin` or `Sec-Fetch-Site` says so, and the header
    `X-CSRF-Token` too where `csrf`. `changes` says that it changes something whatever the verb. Who must change their
    password is let in where it is for whoever is `due` alone. Raises Unauthorized, Forbidden or PasswordDue.
    """
    context = context_of(request)
    services, token = context.services, bearer(request)
    if token:
        return await context.people.by_token(services, token)
    actor = await context.people.by_session(services, cookie_of(request, COOKIE), due=due)
    if changes or request.scope.get("method", "GET") not in SAFE:
        own_page(request)
        shown = request.headers.get("x-csrf-token", "").encode()
        if csrf and not hmac.compare_digest(shown, csrf_token(services, actor).encode()):
            raise Forbidden("The header X-CSRF-Token is missing or not this session's")
    return actor


def named(connection: HTTPConnection, cookie: str) -> str:
    """Return what a cookie of an agent's is called here: over HTTPS no other host may have set it."""
    return f"{HOST}{cookie}" if secure(connection) else cookie


def cookie_of(connection: HTTPConnection, cookie: str) -> str:
    """Return an agent's cookie, "" where there is none."""
    return connection.cookies.get(named(connection, cookie), "")


def secure(connection: HTTPConnection) -> bool:
    """Whether browsers reach this server over HTTPS."""
    return own_origin(connection).startswith("https://")


def csrf_token(services: Services, actor: Actor) -> str:
    """Return what a page of this session sends back to show that it is ours."""
    return hmac.new(services.index_key, f"csrf/{actor.session_id}".encode(), sha256).hexdigest()


def own_page(request: HTTPConnection) -> None:
    """Raise Forbidden unless the request comes from a page of this server, as the browser itself says."""
    origin, fetched = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    if origin is not None and origin != own_origin(request):
        raise Forbidden("This must come from a page of this server")
    if origin is None and fetched not in {None, "same-origin", "none"}:
        raise Forbidden("This must come from a page of this server")
    if origin is None and fetched is None:
        raise Forbidden("A browser's Origin header is needed with a session; programs use an API token")


def own_origin(request: HTTPConnection) -> str:
    """Return this server's origin: LETHE_BASE_URL, or as the request names it."""
    settings = context_of(request).services.settings
    if settings.base_url:
        return settings.base_url
    secure = request.scope["scheme"] in {"https", "wss"} or _forwarded_secure(request)
    return f"{'https' if secure else 'http'}://{request.headers.get('host', '')}"


def visitor_of(request: HTTPConnection, site_key: str) -> Visitor:
    """Return whom the visitor's token speaks for; Unauthorized where it is not good, or for another site."""
    services = context_of(request).services
    visitor = services.tokens.read_visitor(bearer(request), services.clock())
    if visitor.site != site_key:
        raise Unauthorized("This token is for another site")
    return visitor


def bearer(request: HTTPConnection) -> str:
    """Return the token of the Authorization header, "" where there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def body_of(request: Request, kind: Any) -> Any:
    """Read a JSON body as `kind` (a msgspec type). Raises InvalidField, naming the place, or TooLarge, TooSlow."""
    raw = await whole(request)
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        said, _, where = str(error).partition(" - at `$.")
        named = where.rstrip("`") or said.partition("field `")[2].rstrip("`")
        if "unknown field" in said:
            raise UnknownParameter("There is no such field", field=said.partition("field `")[2].rstrip("`")) from None
        raise InvalidField(said, field=named[:FIELD_MOST] or "body") from None
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise InvalidField("The body is not JSON", field="body") from None


def limit_of(request: HTTPConnection) -> int:
    """Return how many entries of a list are asked for. Raises InvalidField."""
    return number(request.query_params.get("limit", str(PAGE)), "limit", 1, PAGE_MOST)


def standard_of(request: HTTPConnection) -> bool:
    """Tell whether receipts are asked for in the terms of the standard, `?format=ts27560`. Raises InvalidField."""
    asked = request.query_params.get("format", "lethe")
    if asked not in {"lethe", "ts27560"}:
        raise InvalidField("A format is lethe or ts27560", field="format")
    return asked == "ts27560"


def network_of(request: HTTPConnection) -> Network:
    """
    Return keyed hashes of the network a request comes from, for allowances only; the address itself is kept nowhere.
    """
    services = context_of(request).services
    near, wide = networks.lines(address_of(request))
    hour = services.clock() // 3_600_000

    def hashed(text: str) -> str:
        return hmac.new(services.index_key, f"network/{hour}/{text}".encode(), sha256).hexdigest()[:32]

    return Network(hashed(near), hashed(wide) if wide else "")


def address_of(request: HTTPConnection) -> networks.Address | None:
    """Return the address a request was asked from, past trusted proxies; it is kept nowhere."""
    proxies = context_of(request).services.settings.trusted_proxies
    return networks.asked_from(_direct(request), request.headers.getlist("x-forwarded-for"), proxies)


def _direct(request: HTTPConnection) -> str:
    return request.client.host if request.client else ""


def _forwarded_secure(request: HTTPConnection) -> bool:
    """Tell whether the nearest proxy, if it is trusted, was asked over HTTPS; what it adds stands last."""
    peer, proxies = networks.parsed(_direct(request)), context_of(request).services.settings.trusted_proxies
    said = ",".join(request.headers.getlist("x-forwarded-proto")).rpartition(",")[2]
    return peer is not None and any(peer in each for each in proxies) and said.strip().lower() in {"https", "wss"}
