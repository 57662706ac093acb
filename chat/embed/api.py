"""What a page with the chat in it asks for first: the loader, the frame, the notice."""

from __future__ import annotations

from collections.abc import Sequence

from jinja2 import Template
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from chat.account.actions import accounts, forms
from chat.consent.actions import notices
from chat.core.errors import NotFound
from chat.core.frames import NoticeView, PurposeView
from chat.core.locales import Words
from chat.core.model import LOCALES, Corner
from chat.retention.actions import retention
from chat.web.authentication import own_origin
from chat.web.endpoint import Ask, endpoint
from chat.web.files import ANYWHERE, PACKED, folder, lean
from chat.web.requests import text
from chat.web.widget import locale_of, strings

LOCALE, ORIGIN = text("locale"), text("origin")


@endpoint("GET /", audience="anybody")
async def redirect_home(_: Ask[None]) -> Response:
    """Lead to the inbox: nothing else is at the top."""
    return RedirectResponse("/inbox", 303)


@endpoint("GET /widget/{site_key}", audience="anybody", query=[LOCALE, ORIGIN], middleware=PACKED)
async def frame(ask: Ask[None]) -> Response:
    """Return the frame's document; only the site's own pages may show it."""
    request, context, origin = ask.request, ask.context, ask.query(ORIGIN)
    try:
        _, site, _ = await notices.site_and_notice(context.services, ask.path["site_key"])
    except NotFound:
        return _refused(request, "Lethe: no site has the key that this page's script names.", 404)
    if origin and origin not in {own_origin(request), *site.origins}:
        context.refused.note(site.id, origin)
        where = f"Its owner can add it at {own_origin(request)}/admin/sites"
        return _refused(request, f"Lethe: {origin[:100]} is not an origin of this chat. {where}", 403)
    return _document(request, 200, site.origins, site_key=site.key)


def _refused(request: Request, reason: str, status: int) -> Response:
    """Return plain words instead of the chat, which any page may show. `reason` is for whoever built the page."""
    return _document(request, status, ["*"], refused=reason)


def _document(request: Request, status: int, ancestors: Sequence[str], **about: str) -> Response:
    locale = locale_of(request)
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


class ShownAccount(Struct, frozen=True):
    """Whom a visitor writes to."""

    name: str


class ShownSite(Struct, frozen=True):
    """The site's look: its name, colour, the lower corner in which the button stands, and where else one may turn."""

    name: str
    color: str
    alternative: str
    position: Corner


class OfferedDepartment(Struct, frozen=True):
    """A department that a visitor may choose."""

    id: str
    name: str


class WidgetConfig(Struct, frozen=True):
    """
    All the frame needs to ask for consent: whether agents are `online`, the `notice` in force and its `purposes`, the
    `fields` that the site asks for, for how many days chats are kept, whether links are mailed, the `departments` to
    choose from, its words.
    """

    account: ShownAccount
    site: ShownSite
    online: bool
    notice: NoticeView | None
    purposes: list[PurposeView]
    fields: list[forms.AskedField]
    locale: str
    locales: list[str]
    kept_days: int
    mail: bool
    departments: list[OfferedDepartment]
    strings: dict[str, str]


@endpoint("GET /widget/{site_key}/config", audience="anybody", query=[LOCALE], middleware=PACKED)
async def config(ask: Ask[None]) -> WidgetConfig:
    """Return all the frame needs to ask for consent, and store nothing."""
    services = ask.services
    account, site, notice = await notices.site_and_notice(services, ask.path["site_key"])
    locale = locale_of(ask.request)
    said = strings(locale)
    shown = notices.notice_view(notice, locale)
    purposes = shown.purposes if shown else []
    if any(each.id == notices.ANSWERS for each in purposes):
        site = notices.asking_address(site, "optional")
    offered = await accounts.offered_departments(services, site)
    return WidgetConfig(
        account=ShownAccount(account.name),
        site=ShownSite(site.name, site.color, site.alternative, site.position),
        online=services.bus.online(account.id),
        notice=shown,
        purposes=purposes,
        fields=forms.asked(site, locale, _labels(services.gathered.locales.words(locale))),
        locale=locale,
        locales=list(LOCALES),
        kept_days=await retention.kept_days(services, account.id),
        mail=services.mails_links,
        departments=[OfferedDepartment(*each) for each in offered.items()],
        strings=said,
    )


@endpoint("GET /widget.js", audience="anybody", query=None, middleware=PACKED)
async def loader(_: Ask[None]) -> Response:
    """
    Return the script that draws the button.

    It takes any query: a page and its system add one of theirs against caches (`?cb=1`, `?ver=6`).
    """
    headers = {"cache-control": "public, max-age=300", **ANYWHERE}
    return Response(lean(folder("widget") / "loader.js"), media_type="text/javascript; charset=utf-8", headers=headers)


def _labels(t: Words) -> dict[str, str]:
    """Return the labels of the fields that any site may ask."""
    return {name: t(f"site.fields.{name}") for name in forms.KNOWN}


def _policy(ancestors: Sequence[str]) -> str:
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
        f"form-action 'none'; base-uri 'none'; frame-ancestors {' '.join(ancestors)}"
    )
