"""Agreeing and the receipt, as a visitor's browser asks for them, and notices over REST."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from chat.consent.actions import beginning, consent, identifying, notices
from chat.consent.actions.portable import PortableReceipt, portable
from chat.consent.actions.receipts import SignedReceipt
from chat.consent.domain import AGREEMENT_RATE
from chat.core.clock import stamp
from chat.core.errors import ConsentRequired, Forbidden, InvalidField, RateLimited, UnknownParameter
from chat.core.locales import best_locale
from chat.core.model import LOCALES, Account, Notice, NoticeText, Site
from chat.customers.actions import identities
from chat.customers.domain import ClaimedIdentity
from chat.web.answers import JSON
from chat.web.authentication import header, network_of, own_origin
from chat.web.context import context_of
from chat.web.endpoint import Ask, endpoint
from chat.web.lists import Listed
from chat.web.requests import Unread, choice, client_id, optional

STANDARD = choice("format", "lethe", "ts27560", refusal="A format is lethe or ts27560")
"""Whether receipts are asked for in our terms, or in those of ISO/IEC TS 27560."""
SITE = optional("site")
BEGIN_WINDOW = 600.0  # seconds

RANDOM = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[47][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
"""The UUIDs that nobody can guess: who knows one of another's may agree in their place, as long as nothing was said."""


class Agreement(Struct, frozen=True, forbid_unknown_fields=True):
    """
    The body of `POST /widget/{site_key}/sessions`. `consent` is read as it is, so that only JSON's true is a yes.
    `notice_sha256` is the hash of the text that was shown.
    """

    notice_version: int
    notice_sha256: Annotated[str, Meta(max_length=64)] | UnsetType = UNSET
    consent: Any = None
    fields: dict[str, str] = {}
    locale: Annotated[str, Meta(max_length=35)] = "en"
    build: Annotated[str, Meta(max_length=64)] = ""
    id: Annotated[str, Meta(max_length=36)] | UnsetType = UNSET
    identity: ClaimedIdentity | UnsetType = UNSET


class IdentityAnswer(Struct, frozen=True):
    """Whether the chat is the customer's by now. It is not where they have another, begun elsewhere."""

    signed_in: bool


class AgreementAnswer(Struct, frozen=True):
    """The token for the socket, and the receipt unless `Prefer: return=minimal` asks for none."""

    token: str
    contact_id: str
    receipt: SignedReceipt | UnsetType = UNSET


class NoticeVersion(Struct, frozen=True):
    """
    A version of the notice in all its languages, `live` where it is in force: at all sites, or those that have none of
    their own, where `site` is null, and else at that site alone.
    """

    version: int
    published_at: str
    live: bool
    texts: list[NoticeText]
    site: str | None = None


class NewNotice(Struct, frozen=True, forbid_unknown_fields=True):
    """
    A notice to publish: one text for each language. `site` is the id of the site whose own it is to be, null for the
    account's, and `id` a UUID that the client makes.
    """

    texts: list[NoticeText]
    site: str | None = None
    id: str = ""


@endpoint("POST /widget/{site_key}/sessions", audience="anybody", status=201)
async def begin(ask: Ask[Unread[Agreement]]) -> AgreementAnswer:
    """Agree. Only the JSON value true is a yes. Anything else stores nothing."""
    at = await notices.site_and_notice(ask.services, ask.path["site_key"])
    _check_origin(ask.request, at.site)
    body = await ask.body.read()
    asked = _agreement(body)
    # After what is no agreement was refused: who declines is not counted, and waits for nothing.
    await _count(ask.request, at.account)
    if body.identity is not UNSET:
        network = network_of(ask.request)
        asked = replace(asked, customer=await identities.check(ask.services, at.site, body.identity, network))
    begun = await beginning.begin(ask.services, at, asked)
    minimal = "return=minimal" in ask.request.headers.get("prefer", "")
    return AgreementAnswer(begun.token, begun.contact_id, UNSET if minimal else begun.receipt)


@endpoint("PUT /widget/{site_key}/identity", audience="visitor")
async def put_identity(ask: Ask[ClaimedIdentity]) -> IdentityAnswer:
    """Say who is signed in on the page, of a chat that was agreed to before. It never takes over another's."""
    network = network_of(ask.request)
    return IdentityAnswer(await identifying.identify(ask.services, ask.visitor, ask.body, network))


@endpoint("GET /widget/{site_key}/receipt", audience="visitor", query=[STANDARD])
async def receipt(ask: Ask[None]) -> SignedReceipt | PortableReceipt:
    """Return the visitor's receipt, signed. `?format=ts27560` gives it in that standard's terms."""
    found = await consent.receipt(ask.services, ask.visitor)
    return portable(ask.services, found.receipt) if ask.query(STANDARD) == "ts27560" else found


@endpoint("GET /notices", permission="notice.read", query=[SITE], audited=())
async def list_notices(ask: Ask[None]) -> Listed[NoticeVersion]:
    """Return the versions of the account's notice, newest first, or with `?site=` those of a site's own."""
    found = await notices.versions(ask.services, ask.actor, ask.query(SITE))
    return Listed([_notice(each, live=each == found.live) for each in found.versions])


@endpoint("POST /notices", permission="notice.publish", audited={"notice.published"}, status=(201, 200))
async def post_notice(ask: Ask[NewNotice]) -> NoticeVersion | Response:
    """
    Publish a new version. Sent again with its `id` nothing is published: the answer is 200 and the version as it is.
    """
    named, site = client_id(ask.body.id), ask.body.site
    published = await notices.publish(ask.services, ask.actor, ask.body.texts, site, named)
    made = _notice(published.notice, live=published.is_live)
    return JSON(made, 200) if published.again else made


@endpoint("DELETE /sites/{id}/notice", permission="notice.publish", audited={"notice.ended"}, status=204)
async def delete_notice(ask: Ask[None]) -> None:
    """Let the account's notice be in force at a site again. The versions of its own are kept."""
    await notices.end(ask.services, ask.actor, ask.path["id"])


def _agreement(body: Agreement) -> consent.VisitorAgreement:
    agreed = body.consent if isinstance(body.consent, dict) else {}
    if agreed.get("chat") is not True:
        raise ConsentRequired("consent.chat must be true")
    if body.id is not UNSET and not RANDOM.fullmatch(body.id):
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
        id="" if body.id is UNSET else body.id,
        shown="" if body.notice_sha256 is UNSET else body.notice_sha256,
    )


async def _count(request: Request, account: Account) -> None:
    """Raise RateLimited where as many have agreed from the network as the account allows. Each counts its own."""
    rate, bus = account[AGREEMENT_RATE], context_of(request).services.bus
    if rate and (wait := await bus.allow_from(f"begin:{account.id}", network_of(request), rate, BEGIN_WINDOW)):
        raise RateLimited("Many people are writing from this network; wait a little", retry_after=wait)


def _check_origin(request: Request, site: Site) -> None:
    origin = header(request, "origin")
    # A program sends no origin and may ask: the check is for browsers, which cannot leave it out.
    if origin is not None and origin not in {own_origin(request), *site.origins}:
        raise Forbidden("This origin is not one of the site's")


def _notice(notice: Notice, *, live: bool) -> NoticeVersion:
    at, texts = stamp(notice.published_at), list(notice.texts.values())
    return NoticeVersion(notice.version, at, live=live, texts=texts, site=notice.site)
