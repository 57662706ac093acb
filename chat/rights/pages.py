"""The public page about one's own data: asks for an address, mails a link, and does what whoever opens it says."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chat.core.clock import stamp
from chat.core.errors import RateLimited
from chat.erasure.actions import erasure
from chat.export import api as exports
from chat.export.actions import exports as actions
from chat.rights import actions as links
from chat.web.answers import JSON
from chat.web.authentication import bearer, require_own_page
from chat.web.context import context_of
from chat.web.network import network_of
from chat.web.pages import locale_of, page, words_of
from chat.web.parameters import takes
from chat.web.requests import body_of

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


def routes() -> list[Route]:
    """Return the page and what its script asks."""
    site = "/privacy/{site_key}"
    return [
        Route(site, show),
        Route(f"{site}/links", ask, methods=["POST"]),
        Route(f"{site}/opened", opened, methods=["POST"]),
        Route(f"{site}/export/{{contact}}", export),
        Route(f"{site}/export/{{contact}}/{{id}}", archive),
        Route(f"{site}/erasures", forget, methods=["POST"]),
        Route(f"{site}/erasures/{{id}}", progress),
    ]


async def show(request: Request) -> Response:
    """`GET /privacy/{site_key}`: anybody's."""
    services, locale = context_of(request).services, locale_of(request)
    account, site = await links.account_and_site(services, request.path_params["site_key"])
    said = {key: text for key, text in services.gathered.locales.strings(locale).items() if key.startswith(SHOWN)}
    boot = {
        "base": f"/privacy/{site.key}",
        "account": {"name": account.name},
        "alternative": site.alternative,
        "locale": locale,
        "strings": said,
    }
    more: dict[str, Any] = {
        "controller": account,
        "site": site,
        "reachable": links.can_mail_links(services),
        "boot": boot,
    }
    return page(request, "privacy.html", **more)


async def ask(request: Request) -> Response:
    """`POST /privacy/{site_key}/links`: 202 whether or not anything is held."""
    require_own_page(request)
    asked: AskedLink = await body_of(request, AskedLink)
    services, key = context_of(request).services, request.path_params["site_key"]
    account, _ = await links.account_and_site(services, key)
    t = words_of(request)
    letter = links.Written(t("mail.link", name=account.name), t("mail.link.text", name=account.name))
    await links.ask(services, key, asked.email.strip(), letter, network_of(request))
    return JSON({"asked": True}, 202)


async def opened(request: Request) -> Response:
    """`POST /privacy/{site_key}/opened`: uses a link up; 401 where it is used, expired or guessed."""
    require_own_page(request)
    body: MailedLink = await body_of(request, MailedLink)
    services, key = context_of(request).services, request.path_params["site_key"]
    made = await links.open_link(services, key, body.link, network_of(request))
    shown = {"token": made.secret, "until": stamp(made.until), "held": made.held, "transcript": made.transcript}
    return JSON(shown)


@takes("format")
async def export(request: Request) -> Response:
    """`GET /privacy/{site_key}/export/{contact}`: all that is held of one contact; `?format=zip`, 202 if large."""
    services, asked = context_of(request).services, request.path_params
    contact = await links.get_covered(services, asked["site_key"], bearer(request), asked["contact"])
    return await exports.whole(request, contact, "link", "visitor")


async def archive(request: Request) -> Response:
    """`GET /privacy/{site_key}/export/{contact}/{id}`: an archive that was promised; 404 until it is ready."""
    services, asked = context_of(request).services, request.path_params
    contact = await links.get_covered(services, asked["site_key"], bearer(request), asked["contact"])
    return exports.handed(await actions.fetch(services, contact, asked["id"]))


async def forget(request: Request) -> Response:
    """`POST /privacy/{site_key}/erasures`: withdraws and erases; 202 with the numbers."""
    require_own_page(request)
    body: Choice = await body_of(request, Choice)
    services, key = context_of(request).services, request.path_params["site_key"]
    made = await links.forget(services, key, bearer(request), at_once=body.at_once)
    return JSON({"erasure_ids": made}, 202)


async def progress(request: Request) -> Response:
    """`GET /privacy/{site_key}/erasures/{id}`: how far it is, to whoever was told its number."""
    services = context_of(request).services
    wait = await services.bus.allow_from("progress", network_of(request), LOOKS, LOOK_WINDOW)
    if wait:
        raise RateLimited("That was asked for often just now; wait a little", retry_after=wait)
    account, _ = await links.account_and_site(services, request.path_params["site_key"])
    found: dict[str, Any] = await erasure.progress(services, account.id, request.path_params["id"])
    return JSON(found)
