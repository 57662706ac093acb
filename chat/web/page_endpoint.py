"""The wrapper around pages for people: who reads, the form they posted, and that it came from our own page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from chat.core.account_settings import Setting, on_page
from chat.core.errors import StepUpRequired
from chat.core.model import Actor
from chat.web.authentication import require_own_page
from chat.web.context import context_of
from chat.web.endpoint import Ask, Audience, Endpoint, Handler, audience_of
from chat.web.forms import Errors, Form, fields_of, require_own_form
from chat.web.pages import PageReader, page, reader_of
from chat.web.requests import Parameter, flag, text

LOCALE = text("locale")
"""Every page takes it."""
SAVED = flag("saved")


@dataclass(frozen=True)
class PageAsk(Ask[None]):
    """What a page's handler gets: who reads it, None where nobody need be signed in, and the fields they posted."""

    reader_or_none: PageReader | None = None
    fields: list[tuple[str, str]] = field(default_factory=list)

    @property
    def reader(self) -> PageReader:
        """Who is signed in, only where the page is for agents."""
        if self.reader_or_none is None:
            raise TypeError("this page is not for agents")
        return self.reader_or_none

    @cached_property
    def form(self) -> Form:
        """The last of each field that was posted, but not the mark of our own page."""
        return {name: value for name, value in self.fields if name != "csrf"}

    def settings(self, page: str) -> list[Setting[Any]]:
        """Return what the form of a page of the owner's asks for of an account's settings."""
        return on_page(self.services.gathered.settings, page)

    def page(self, template: str, status: int = 200, *, errors: Errors | None = None, **more: Any) -> Response:
        """Return a page for who reads. `errors` says what is wrong with which field."""
        given = {"saved": SAVED.name in self.request.query_params, "errors": errors or {}} | more
        return page(self.request, template, self.reader_or_none, status, **given)


@dataclass(frozen=True, eq=False)
class PageEndpoint(Endpoint):
    """An endpoint that answers people: who is not signed in is sent to sign in, and what is posted is a form."""

    async def read(self, request: Request) -> PageAsk:
        """Return what is asked, once it is known who asks and that they may. Raises LetheError."""
        reader = await reader_of(request, due=self.due) if self.audience == "agent" else None
        if reader is None and self.csrf != "none":
            require_own_page(request)
        if reader is not None:
            self.require_allowed(reader.actor)
        fields = await fields_of(request) if self.verb == "POST" else []
        if reader is not None and self.verb == "POST":
            require_own_form(dict(fields).get("csrf", ""), reader)
        if reader is not None and self.step_up:
            await self._require_fresh(request, reader.actor, fields)
        return PageAsk(request, reader.actor if reader else None, None, reader, fields)

    async def _require_fresh(self, request: Request, actor: Actor, fields: list[tuple[str, str]]) -> None:
        """Raise StepUpRequired, with what was typed, where it is too long ago that the session showed whose it is."""
        context = context_of(request)
        try:
            await context.factors.require_fresh(context.services, actor)
        except StepUpRequired as error:
            error.form = fields
            raise


def page_endpoint(  # noqa: PLR0913 - as chat/web/endpoint.py says
    address: str,
    *,
    permission: str | None = None,
    audience: Audience | None = None,
    audited: Collection[str] = (),
    query: Collection[Parameter[Any]] | None = (),
    due: bool = False,
    step_up: bool = False,
    middleware: Sequence[Middleware] = (),
) -> Callable[[Handler], PageEndpoint]:
    """
    Make a page's endpoint of a handler, at an address as `POST /admin/site`.

    It needs a `permission` or says by `audience` whom it is for. Raises ValueError where it says neither.
    """
    verb, _, path = address.partition(" ")
    whom = audience_of(address, permission, audience)

    def made(handler: Handler) -> PageEndpoint:
        return PageEndpoint(
            verb=verb,
            path=path,
            handler=handler,
            audience=whom,
            permission=permission,
            body=None,
            query=None if query is None else (*query, LOCALE),
            audited=frozenset(audited),
            csrf="origin" if verb == "POST" else "none",
            due=due,
            step_up=step_up,
            middleware=middleware,
        )

    return made
