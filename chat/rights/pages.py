"""The public page about one's own data: asks for an address, mails a link, and does what whoever opens it says."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct
from starlette.responses import Response

from chat.core.clock import stamp
from chat.core.errors import RateLimited
from chat.erasure.actions import views
from chat.erasure.actions.views import ErasureProgress
from chat.export import api as exports
from chat.export.actions import exports as actions
from chat.rights import actions as links
from chat.web.authentication import bearer, network_of
from chat.web.endpoint import Ask, endpoint
from chat.web.page_endpoint import LOCALE, PageAsk, page_endpoint
from chat.web.pages import locale_of, words_of

LOOKS, LOOK_WINDOW = 600, 600.0
SHOWN = ("rights.", "common.", "time.")


class AskedLink(Struct, frozen=True, forbid_unknown_fields=True):
    """The address to mail a link to."""

    email: Annotated[str, Meta(max_length=254)]


class MailedLink(Struct, frozen=True, forbid_unknown_fields=True):
    """The secret of a mailed link, which the page found in its address's fragment."""

    link: Annotated[str, Meta(max_length=100)]


class Choice(Struct, frozen=True, forbid_unknown_fields=True):
    """Erase at once, or withdraw and let the account's grace pass."""

    at_once: bool


@page_endpoint("GET /privacy/{site_key}", audience="anybody")
async def show(ask: PageAsk) -> Response:
    """Show the page, to anybody."""
    services, locale = ask.services, locale_of(ask.request)
    account, site = await links.account_and_site(services, ask.path["site_key"])
    said = {key: text for key, text in services.gathered.locales.strings(locale).items() if key.startswith(SHOWN)}
    boot = {
        "base": f"/privacy/{site.key}",
        "account": {"name": account.name},
        "alternative": site.alternative,
        "locale": locale,
        "strings": said,
    }
    return ask.page("privacy.html", controller=account, site=site, reachable=services.mails_links, boot=boot)


class OpenedAnswer(Struct, frozen=True):
    """The token for this page and until when it is good (RFC 3339), how much is held, whether a transcript comes."""

    token: str
    until: str
    held: links.HeldData
    transcript: bool


@endpoint("POST /privacy/{site_key}/links", audience="anybody", csrf="origin", query=[LOCALE], status=202)
async def ask_link(ask: Ask[AskedLink]) -> dict[str, bool]:
    """Mail a link: 202 whether or not anything is held."""
    key = ask.path["site_key"]
    account, _ = await links.account_and_site(ask.services, key)
    t = words_of(ask.request)
    letter = links.Written(t("mail.link", name=account.name), t("mail.link.text", name=account.name))
    await links.ask(ask.services, key, ask.body.email.strip(), letter, network_of(ask.request))
    return {"asked": True}


@endpoint("POST /privacy/{site_key}/opened", audience="anybody", csrf="origin", query=[LOCALE])
async def opened(ask: Ask[MailedLink]) -> OpenedAnswer:
    """Use a link up: 401 where it is used, expired or guessed."""
    made = await links.open_link(ask.services, ask.path["site_key"], ask.body.link, network_of(ask.request))
    return OpenedAnswer(made.secret, stamp(made.until), made.held, made.transcript)


@endpoint(
    "GET /privacy/{site_key}/export/{contact}",
    audience="link",
    query=[exports.FORMAT, LOCALE],
    status=(200, 202),
    audited={"contact.exported"},
)
async def export(ask: Ask[None]) -> Response:
    """Return all that is held of one contact. `?format=zip` gives an archive, 202 if large."""
    contact = await links.get_covered(ask.services, ask.path["site_key"], bearer(ask.request), ask.path["contact"])
    return await exports.whole(ask, contact, "link", "visitor")


@endpoint(
    "GET /privacy/{site_key}/export/{contact}/{id}", audience="link", query=[LOCALE], audited={"contact.exported"}
)
async def archive(ask: Ask[None]) -> Response:
    """Return an archive that was promised: 404 until it is ready."""
    contact = await links.get_covered(ask.services, ask.path["site_key"], bearer(ask.request), ask.path["contact"])
    return exports.handed(await actions.fetch(ask.services, contact, ask.path["id"]))


@endpoint(
    "POST /privacy/{site_key}/erasures",
    audience="link",
    csrf="origin",
    query=[LOCALE],
    status=202,
    audited={"consent.withdrawn", "erasure.requested"},
)
async def forget(ask: Ask[Choice]) -> dict[str, list[str]]:
    """Withdraw and erase. The answer is the numbers."""
    secret = bearer(ask.request)
    return {"erasure_ids": await links.forget(ask.services, ask.path["site_key"], secret, at_once=ask.body.at_once)}


@endpoint("GET /privacy/{site_key}/erasures/{id}", audience="anybody", query=[LOCALE])
async def progress(ask: Ask[None]) -> ErasureProgress:
    """Return how far one is, to whoever was told its number."""
    services = ask.services
    wait = await services.bus.allow_from("progress", network_of(ask.request), LOOKS, LOOK_WINDOW)
    if wait:
        raise RateLimited("That was asked for often just now; wait a little", retry_after=wait)
    account, _ = await links.account_and_site(services, ask.path["site_key"])
    return await views.progress(services, account.id, ask.path["id"])
