"""
One wrapper around every address: who may ask, what may be asked for, what is read of it and how it is answered.

A handler is an `async` function of an Ask. Everything else about it is declared, so that one place checks it and the
routes, the docs, the tests' lists and the OpenAPI document are made from it.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import FunctionType, ModuleType
from typing import Any, Generic, Literal, Self, TypeVar, get_args, get_origin, get_type_hints

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from chat.core import access
from chat.core.account_settings import Setting
from chat.core.model import Actor
from chat.core.tokens import Visitor
from chat.core.versions import Precondition, precondition, tag_of
from chat.infra.services import Services
from chat.web import requests
from chat.web.answers import JSON
from chat.web.authentication import actor_of, require_own_page, visitor_of
from chat.web.context import WebContext, context_of
from chat.web.rates import count
from chat.web.requests import Multipart, Parameter, Unread, body_of

API = "/api/v1"
Audience = Literal["agent", "visitor", "link", "anybody"]
"""Whom an address is for: agents, visitors by their token, whoever has a mailed link, or everybody."""
Csrf = Literal["token", "origin", "none"]
"""How a session shows that our own page asks: by a token and its origin, by that alone, or it need not."""
SLOW = 1.0
"""Seconds after which it is looked again at whether who sends a body may still."""
B = TypeVar("B")
T = TypeVar("T")


@dataclass(frozen=True)
class Ask(Generic[B]):
    """What a handler gets: who asks and for what. `body` is read already, unless its type says otherwise."""

    request: Request
    who: Actor | Visitor | None
    body: B

    @property
    def context(self) -> WebContext:
        """What the web works with."""
        return context_of(self.request)

    @property
    def services(self) -> Services:
        """What actions work with."""
        return self.context.services

    @property
    def actor(self) -> Actor:
        """The agent who asks, only where the endpoint is for agents."""
        if not isinstance(self.who, Actor):
            raise TypeError("this endpoint is not for agents")
        return self.who

    async def require_still(self) -> None:
        """Raise Unauthorized where what the agent came with has ended since. For what comes slowly."""
        await self.context.people.require_still(self.services, self.actor)

    @property
    def visitor(self) -> Visitor:
        """The visitor who asks, only where the endpoint is for visitors."""
        if not isinstance(self.who, Visitor):
            raise TypeError("this endpoint is not for visitors")
        return self.who

    @property
    def path(self) -> Mapping[str, Any]:
        """The values in the address, by name."""
        return self.request.path_params

    @property
    def precondition(self) -> Precondition:
        """In which state what is asked for must be, by `If-Match`: any where it is not sent."""
        return precondition(", ".join(self.request.headers.getlist("if-match")) or None)

    def query(self, parameter: Parameter[T]) -> T:
        """Return the value of a parameter. Raises InvalidField."""
        return parameter.of(self.request.query_params)


@dataclass(frozen=True)
class Tagged(Generic[T]):
    """An answer with the tag of the state that it shows, sent as `ETag`. `status` is the usual one where it is None."""

    body: T
    tag: str
    status: int | None = None


def tagged(body: T, state: object | None = None, status: int | None = None) -> Tagged[T]:
    """Return an answer with its tag: that of `state`, where the answer says more than the state itself."""
    return Tagged(body, tag_of(body if state is None else state), status)


Handler = Callable[[Any], Awaitable[Any]]
BodyFrom = Callable[[tuple[Setting[Any], ...]], type]
"""Makes the type of a body of an account's settings, which are known when all features are."""


@dataclass(frozen=True, eq=False)
class Endpoint:
    """
    An address with a verb, and all that holds for it.

    Who may ask is said by the `audience`, and by the `permission` where that is agents. `query` are the parameters it
    takes, None where it heeds none and takes any. `status` are those of its answers, the usual one first, and `answers`
    the types of those that say something else than what the handler returns. `audited` are
    the actions it may enter in the audit log. `body` is the type that it reads, None for nothing. `due` lets in who
    must change their password first. `step_up` asks a session whether it showed lately who its agent is; tokens are
    programs', and show nothing. `changes` says that it changes something although the verb does not.
    """

    verb: str
    path: str
    handler: Handler
    audience: Audience
    body: Any
    body_from: BodyFrom | None = None
    permission: str | None = None
    query: tuple[Parameter[Any], ...] | None = ()
    status: tuple[int, ...] = (200,)
    answers: Mapping[int, Any] = field(default_factory=dict)
    audited: frozenset[str] = frozenset()
    csrf: Csrf = "none"
    changes: bool = False
    due: bool = False
    step_up: bool = False
    middleware: Sequence[Middleware] = ()

    def __post_init__(self) -> None:
        """Refuse what is for others than agents and needs a permission, when it is imported."""
        if (self.permission is not None or self.step_up) and self.audience != "agent":
            raise ValueError(f"{self}: only agents have permissions, and show again who they are")

    def __str__(self) -> str:
        return f"{self.verb} {self.path}"

    def with_settings(self, settings: tuple[Setting[Any], ...]) -> Self:
        """Return it with the body that these settings make, where they make it."""
        return self if self.body_from is None else replace(self, body=self.body_from(settings))

    def route(self, below: str = "") -> Route:
        """Return its route, in a mount `below` some path."""
        return Route(self.path.removeprefix(below), self, methods=[self.verb], middleware=self.middleware)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, as ASGI. Raises LetheError."""
        if scope["query_string"] and self.query is not None:
            names = {each.name for each in self.query}
            # In Latin-1 every byte is a letter: what is not ASCII is refused as a name that nobody knows, and breaks
            # nothing.
            requests.check(scope["query_string"].decode("latin-1"), names)
        made = await self.handler(await self.read(Request(scope, receive, send)))
        await self.answer(made)(scope, receive, send)

    @property
    def is_conditional(self) -> bool:
        """Whether it heeds `If-Match`, which is so where its handler reads what is expected."""
        return isinstance(self.handler, FunctionType) and "precondition" in self.handler.__code__.co_names

    @property
    def is_limited(self) -> bool:
        """Whether what is asked here counts towards the limit of a token or session: it does for programs' use."""
        return self.audience == "agent" and self.path.startswith(f"{API}/")

    async def read(self, request: Request) -> Ask[Any]:
        """Return what is asked, once it is known who asks and that they may. Raises LetheError."""
        who = await self.authenticate(request)
        if isinstance(who, Actor):
            if self.is_limited:
                await count(request, who)
            self.require_allowed(who)
        if self.step_up and isinstance(who, Actor):
            await context_of(request).factors.require_fresh(context_of(request).services, who)
        begun = time.monotonic()
        ask = Ask(request, who, await self.read_body(request))
        if isinstance(who, Actor) and time.monotonic() - begun > SLOW:
            await ask.require_still()
        return ask

    def require_allowed(self, who: Actor) -> None:
        """Raise Forbidden unless an agent may ask. What needs no permission is for whoever is signed in alone."""
        if self.permission is None:
            access.require_person(who)
        else:
            access.require(who, self.permission)

    async def authenticate(self, request: Request) -> Actor | Visitor | None:
        """Return who asks, None where that is anybody. Raises Unauthorized, Forbidden, PasswordDue."""
        if self.audience == "agent":
            return await actor_of(request, csrf=self.csrf == "token", changes=self.changes, due=self.due)
        if self.csrf == "origin":
            require_own_page(request)
        return visitor_of(request, request.path_params["site_key"]) if self.audience == "visitor" else None

    async def read_body(self, request: Request) -> object:
        """Return the body as the type that the handler's Ask names. Raises BadInput."""
        if self.body is None or self.body is Multipart:
            return None
        if get_origin(self.body) is Unread:
            return Unread(request, get_args(self.body)[0])
        return await body_of(request, self.body)

    def answer(self, made: object) -> Response:
        """Return what a handler gave as a response: JSON where it is none yet, and no content for None."""
        if isinstance(made, Response):
            return made
        if isinstance(made, Tagged):
            return JSON(made.body, made.status or self.status[0], {"etag": made.tag})
        return Response(status_code=self.status[0]) if made is None else JSON(made, self.status[0])


def endpoint(  # noqa: PLR0913 - all that holds for an address is said here, each by its name
    address: str,
    *,
    permission: str | None = None,
    audience: Audience | None = None,
    audited: Collection[str] | None = None,
    query: Collection[Parameter[Any]] | None = (),
    status: int | tuple[int, ...] = 200,
    answers: Mapping[int, Any] | None = None,
    csrf: Csrf | None = None,
    body: BodyFrom | None = None,
    changes: bool = False,
    due: bool = False,
    step_up: bool = False,
    middleware: Sequence[Middleware] = (),
) -> Callable[[Handler], Endpoint]:
    """
    Make an endpoint of a handler, at an address as `PUT /tickets/{number:int}/spam`.

    With a `permission` it is for agents and below `/api/v1`, and says what it enters in the audit log, even if that is
    nothing; without one it says by `audience` whom it is for. The type of its body is that of the handler's Ask. Raises
    ValueError where this is not said, or says what nobody knows.
    """
    verb, _, path = address.partition(" ")
    whom = audience_of(address, permission, audience)
    if permission is not None and audited is None:
        raise ValueError(f"{address} does not say what it enters in the audit log")

    def made(handler: Handler) -> Endpoint:
        return Endpoint(
            verb=verb,
            path=path if permission is None else API + path,
            handler=handler,
            audience=whom,
            permission=permission,
            body=body_type(handler),
            body_from=body,
            query=None if query is None else tuple(query),
            status=(status,) if isinstance(status, int) else status,
            answers=answers or {},
            audited=frozenset(audited or ()),
            csrf=csrf or ("token" if whom == "agent" else "none"),
            changes=changes,
            due=due,
            step_up=step_up,
            middleware=middleware,
        )

    return made


def audience_of(address: str, permission: str | None, audience: Audience | None) -> Audience:
    """Return for whom an address is. Raises ValueError where that is not said, or twice."""
    if permission is not None and audience is None:
        return "agent"
    if permission is None and audience is not None:
        return audience
    raise ValueError(f"{address} says neither which permission it needs nor whom it is for, or both")


def body_type(handler: Handler) -> object:
    """Return the type of the body that a handler's Ask names, None where it names none."""
    asked = next(iter(get_type_hints(handler).values()))
    kind = (get_args(asked) or (None,))[0]
    return None if kind is type(None) else kind


def endpoints(*modules: ModuleType) -> tuple[Endpoint, ...]:
    """Return the endpoints that are defined in these modules, in their order."""
    return tuple(each for module in modules for each in _defined(module))


def _defined(module: ModuleType) -> Iterator[Endpoint]:
    for each in vars(module).values():
        if isinstance(each, Endpoint) and each.handler.__module__ == module.__name__:
            yield each
