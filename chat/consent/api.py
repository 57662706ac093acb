"""Agreeing and the receipt, as a visitor's browser asks for them; notices over REST."""

from __future__ import annotations

import re
from typing import Annotated, Any

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.account.actions import accounts
from chat.consent.actions import beginning, consent, notices
from chat.consent.actions.portable import portable
from chat.core.clock import stamp
from chat.core.errors import ConsentRequired, Forbidden, InvalidField, RateLimited, UnknownParameter
from chat.core.locales import best_locale
from chat.core.model import LOCALES, Account, Notice, NoticeText, Site
from chat.web.answers import JSON
from chat.web.authentication import actor_of, visitor_of
from chat.web.context import context_of
from chat.web.lists import listed
from chat.web.network import network_of, own_origin
from chat.web.parameters import takes
from chat.web.requests import body_of, standard_of

BEGIN_WINDOW = 600.0  # seconds

RANDOM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
"""The UUIDs that nobody can guess: who knows one of another's may agree in their place, as long as nothing was said."""


class Agreement(Struct, frozen=True, forbid_unknown_fields=True):
    """The body of `POST /widget/{site_key}/sessions`. `consent` is read as it is, so that only JSON's true is a yes."""

    notice_version: int
    consent: Any = None
    fields: dict[str, str] = {}
    locale: Annotated[str, Meta(max_length=35)] = "en"
    build: Annotated[str, Meta(max_length=64)] = ""
    id: Annotated[str, Meta(max_length=36)] = ""


class NewNotice(Struct, frozen=True, forbid_unknown_fields=True):
    """A notice to publish: one text for each language."""

    texts: list[NoticeText]


def widget_routes() -> list[Route]:
    """Return what a visitor's browser asks for."""
    site = "/widget/{site_key}"
    return [Route(f"{site}/sessions", begin, methods=["POST"]), Route(f"{site}/receipt", receipt)]


def routes() -> list[Route]:
    """Return the routes of `/api/v1/notices`."""
    return [Route("/notices", list_notices), Route("/notices", post_notice, methods=["POST"])]


async def begin(request: Request) -> Response:
    """`POST /widget/{site_key}/sessions`: agree. Only the JSON value true is a yes; anything else stores nothing."""
    context = context_of(request)
    key = request.path_params["site_key"]
    account, site, _ = await notices.site_and_notice(context.services, key)
    _check_origin(request, site)
    asked = await _agreement(request)
    await _count(request, account)
    begun = await beginning.begin(context.services, key, asked)
    made: dict[str, Any] = {"token": begun.token, "contact_id": begun.contact_id}
    if "return=minimal" not in request.headers.get("prefer", ""):
        made["receipt"] = begun.receipt
    return JSON(made, 201)


@takes("format")
async def receipt(request: Request) -> Response:
    """`GET /widget/{site_key}/receipt`: the visitor's receipt, signed; `?format=ts27560` in that standard's terms."""
    visitor, services = visitor_of(request, request.path_params["site_key"]), context_of(request).services
    found = await consent.receipt(services, visitor)
    return JSON(portable(services, found["receipt"]) if standard_of(request) else found)


async def list_notices(request: Request) -> Response:
    """`GET /notices`, newest first."""
    actor, services = await actor_of(request), context_of(request).services
    live = (await accounts.account(services, actor)).notice_version
    return listed([_notice(each, live) for each in await notices.versions(services, actor)], None)


async def post_notice(request: Request) -> Response:
    """`POST /notices`: publishes a new version, 201."""
    actor = await actor_of(request)
    body = await body_of(request, NewNotice)
    notice = await notices.publish(context_of(request).services, actor, body.texts)
    return JSON(_notice(notice, notice.version), 201)


async def _agreement(request: Request) -> consent.VisitorAgreement:
    body = await body_of(request, Agreement)
    agreed = body.consent if isinstance(body.consent, dict) else {}
    if agreed.get("chat") is not True:
        raise ConsentRequired("consent.chat must be true")
    if body.id and not RANDOM.fullmatch(body.id):
        raise InvalidField("Make the id at random: a UUID of version 4 (RFC 9562)", field="id")
    extra = sorted(set(agreed) - set(notices.PURPOSES))
    if extra:
        raise UnknownParameter("There is no such purpose", field=extra[0])
    return consent.VisitorAgreement(
        version=body.notice_version,
        purposes={each: agreed.get(each) is True for each in notices.PURPOSES},
        answers=body.fields,
        locale=best_locale(LOCALES, [body.locale]),
        build=body.build,
        id=body.id,
    )


async def _count(request: Request, account: Account) -> None:
    """Raise RateLimited where as many have agreed from the network as the account allows; each counts its own."""
    rate, bus = account.agreement_rate, context_of(request).services.bus
    if rate and (wait := await bus.allow_from(f"begin:{account.id}", network_of(request), rate, BEGIN_WINDOW)):
        raise RateLimited("Many people are writing from this network; wait a little", retry_after=wait)


def _check_origin(request: Request, site: Site) -> None:
    origin = request.headers.get("origin")
    if origin is not None and origin not in {own_origin(request), *site.origins}:
        raise Forbidden("This origin is not one of the site's")


def _notice(notice: Notice, live: int | None) -> dict[str, Any]:
    return {
        "version": notice.version,
        "published_at": stamp(notice.published_at),
        "live": notice.version == live,
        "texts": list(notice.texts.values()),
    }
