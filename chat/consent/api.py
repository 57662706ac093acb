"""
What the visitor's browser asks for over HTTP: the loader, the frame, the notice, agreeing, the receipt, withdrawing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from functools import cache
from typing import Annotated, Any

from jinja2 import Template
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from chat.account.actions import forms
from chat.attachments.api import attachments
from chat.consent.actions import beginning, consent, notices
from chat.consent.actions.portable import portable
from chat.core.errors import ConsentRequired, Forbidden, InvalidField, NotFound, RateLimited, UnknownParameter
from chat.core.locales import best_locale, words
from chat.core.model import LOCALES, Account, Site
from chat.erasure.actions import erasure
from chat.export import api as exports
from chat.retention.actions import retention
from chat.rights import actions as links
from chat.tickets.actions import transcripts
from chat.web.doors import JSON, body_of, doors_of, network_of, own_origin, standard_of, visitor_of
from chat.web.files import ANYWHERE, PACKED, folder, lean
from chat.web.parameters import takes

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


def routes() -> list[Route]:
    """Return what a visitor's browser asks for."""
    site = "/widget/{site_key}"
    return [
        Route(site, frame, middleware=PACKED),
        Route(f"{site}/config", config, middleware=PACKED),
        Route(f"{site}/sessions", begin, methods=["POST"]),
        Route(f"{site}/sessions", withdraw, methods=["DELETE"]),
        Route(f"{site}/receipt", receipt),
        Route(f"{site}/transcript", transcript),
        Route(f"{site}/transcript", mail_transcript, methods=["POST"]),
        Route(f"{site}/attachments", attachments.upload, methods=["POST"]),
        Route(f"{site}/attachments/{{id}}", attachments.download),
        *exports.widget_routes(),
    ]


@takes("locale", "origin")
async def frame(request: Request) -> Response:
    """`GET /widget/{site_key}`: the frame's document; only the site's own pages may show it."""
    doors, origin = doors_of(request), request.query_params.get("origin", "")
    try:
        _, site, _ = await notices.place(doors.desk, request.path_params["site_key"])
    except NotFound:
        return _refused(request, "Lethe: no site has the key that this page's script names.", 404)
    if origin and origin not in {own_origin(request), *site.origins}:
        doors.refused.note(site.id, origin)
        where = f"Its owner can add it at {own_origin(request)}/admin/site"
        return _refused(request, f"Lethe: {origin[:100]} is not an origin of this chat. {where}", 403)
    return _document(request, 200, site.origins, site_key=site.key)


def _refused(request: Request, told: str, status: int) -> Response:
    """Return plain words instead of the chat, which any page may show; `told` is for who built the page."""
    return _document(request, status, ["*"], refused=told)


def _document(request: Request, status: int, ancestors: Sequence[str], **about: str) -> Response:
    locale = _locale_of(request)
    document = Template((folder("widget") / "frame.html").read_text("utf-8"), autoescape=True)
    return HTMLResponse(
        document.render(lang=locale, strings=strings(locale) | strings(locale, "frame"), **about),
        status,
        {
            "content-security-policy": _policy(ancestors),
            "cache-control": "no-store",
            "cross-origin-embedder-policy": "require-corp",
            **ANYWHERE,
        },
    )


@takes("locale")
async def config(request: Request) -> Response:
    """`GET /widget/{site_key}/config`: all the frame needs to ask for consent; stores nothing."""
    desk = doors_of(request).desk
    account, site, notice = await notices.place(desk, request.path_params["site_key"])
    locale = _locale_of(request)
    said = strings(locale)
    shown = notices.shown(notice, locale)
    return JSON(
        {
            "account": {"name": account.name},
            "site": {"name": site.name, "color": site.color, "alternative": site.alternative},
            "online": desk.live.online(account.id),
            "notice": shown,
            "purposes": shown["purposes"] if shown else [],
            "fields": forms.asked(site, locale, _labels(locale)),
            "locale": locale,
            "locales": list(LOCALES),
            "kept_days": await retention.kept_days(desk, account.id),
            "mail": links.reachable(desk),
            "strings": said,
        }
    )


async def begin(request: Request) -> Response:
    """`POST /widget/{site_key}/sessions`: agree. Only the JSON value true is a yes; anything else stores nothing."""
    doors = doors_of(request)
    key = request.path_params["site_key"]
    account, site, _ = await notices.place(doors.desk, key)
    _check_origin(request, site)
    asked = await _agreement(request)
    await _count(request, account)
    begun = await beginning.begin(doors.desk, key, asked)
    made: dict[str, Any] = {"token": begun.token, "contact_id": begun.contact_id}
    if "return=minimal" not in request.headers.get("prefer", ""):
        made["receipt"] = begun.receipt
    return JSON(made, 201)


async def withdraw(request: Request) -> Response:
    """
    `DELETE /widget/{site_key}/sessions`: withdraw and be forgotten; 202 with the request's number, twice the same.
    """
    visitor = visitor_of(request, request.path_params["site_key"])
    return JSON({"erasure_id": await erasure.by_visitor(doors_of(request).desk, visitor)}, 202)


@takes("format")
async def receipt(request: Request) -> Response:
    """`GET /widget/{site_key}/receipt`: the visitor's receipt, signed; `?format=ts27560` in that standard's terms."""
    visitor, desk = visitor_of(request, request.path_params["site_key"]), doors_of(request).desk
    found = await consent.receipt(desk, visitor)
    return JSON(portable(desk, found["receipt"]) if standard_of(request) else found)


async def transcript(request: Request) -> Response:
    """`GET /widget/{site_key}/transcript`: everything said, as plain text."""
    desk = doors_of(request).desk
    contact = await consent.reader_of(desk, visitor_of(request, request.path_params["site_key"]))
    headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    return PlainTextResponse(await transcripts.handed_out(desk, contact), headers=headers)


async def mail_transcript(request: Request) -> Response:
    """`POST /widget/{site_key}/transcript`: mails a link to the address the visitor gave; opened, it brings it; 202."""
    desk = doors_of(request).desk
    contact = await consent.contact_of(desk, visitor_of(request, request.path_params["site_key"]))
    await links.transcript(desk, contact, network_of(request))
    return JSON({"queued": True}, 202)


async def loader(_: Request) -> Response:
    """`GET /widget.js`: the script that draws the button; a file, so it takes any query."""
    headers = {"cache-control": "public, max-age=300", **ANYWHERE}
    return Response(lean(folder("widget") / "loader.js"), media_type="text/javascript; charset=utf-8", headers=headers)


def _locale_of(request: Request) -> str:
    return best_locale(LOCALES, [request.query_params.get("locale", "")], request.headers.get("accept-language", ""))


@cache
def strings(locale: str, part: str = "") -> dict[str, str]:
    """Return the words of the widget's first page in one language, or those of a further `part`."""
    name = f"{locale}.{part}.json" if part else f"{locale}.json"
    made: dict[str, str] = json.loads((folder("widget") / "locales" / name).read_text("utf-8"))
    return made


def _labels(locale: str) -> dict[str, str]:
    """Return the labels of the fields that any site may ask."""
    t = words(locale)
    return {name: t(f"site.fields.{name}") for name in forms.KNOWN}


async def _agreement(request: Request) -> consent.Asked:
    body = await body_of(request, Agreement)
    agreed = body.consent if isinstance(body.consent, dict) else {}
    if agreed.get("chat") is not True:
        raise ConsentRequired("consent.chat must be true")
    if body.id and not RANDOM.fullmatch(body.id):
        raise InvalidField("Make the id at random: a UUID of version 4 (RFC 9562)", field="id")
    extra = sorted(set(agreed) - set(notices.PURPOSES))
    if extra:
        raise UnknownParameter("There is no such purpose", field=extra[0])
    return consent.Asked(
        version=body.notice_version,
        purposes={each: agreed.get(each) is True for each in notices.PURPOSES},
        answers=body.fields,
        locale=best_locale(LOCALES, [body.locale]),
        build=body.build,
        id=body.id,
    )


async def _count(request: Request, account: Account) -> None:
    """Raise RateLimited where as many have agreed from the network as the account allows; each counts its own."""
    rate, live = account.agreement_rate, doors_of(request).desk.live
    if rate and (wait := await live.allow_from(f"begin:{account.id}", network_of(request), rate, BEGIN_WINDOW)):
        raise RateLimited("Many people are writing from this network; wait a little", retry_after=wait)


def _check_origin(request: Request, site: Site) -> None:
    origin = request.headers.get("origin")
    if origin is not None and origin not in {own_origin(request), *site.origins}:
        raise Forbidden("This origin is not one of the site's")


def _policy(ancestors: Sequence[str]) -> str:
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        f"form-action 'none'; base-uri 'none'; frame-ancestors {' '.join(ancestors)}"
    )


async def redirect_home(_: Request) -> Response:
    """`GET /`: to the inbox."""
    return RedirectResponse("/inbox", 303)
