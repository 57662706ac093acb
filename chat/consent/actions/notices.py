"""The notice: what visitors are told and asked, in versions that are never changed, in one language or more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import urlsplit

from chat.account import store as accounts
from chat.consent import store as consents
from chat.core import access, gate
from chat.core.crypt import canonical
from chat.core.errors import InvalidField, NotFound, NotNow
from chat.core.events import NoticePublished
from chat.core.frames import NoticeView, PurposeView
from chat.core.ids import uuid7
from chat.core.model import LOCALES, Account, Actor, Notice, NoticeText, Site
from chat.core.texts import line, seen
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx

ANSWERS = "answers_by_mail"
PURPOSES = ("chat", "spam_training", ANSWERS)
TEXT_MOST = 5000
LABEL_MOST = 500
SHOWN = ("text", "chat_label", "training_label", "mail_label", "privacy_url")


@dataclass(frozen=True)
class NoticeChange:
    """What one field of a notice says in one language, in force and newly written, or empty where it says nothing."""

    locale: str
    field: str
    old: str
    new: str


@dataclass(frozen=True)
class NoticeOf:
    """
    The notice that the account's sites share, or a site's own: its versions, newest first, the one that is `live` at
    the site or at those that share it, and the number that the next one would get. `site` is None for the account's.
    """

    site: Site | None
    versions: list[Notice]
    live: Notice | None
    next: int

    @property
    def shares(self) -> bool:
        """Whether it is a site's, which has none of its own in force."""
        return self.site is not None and self.site.notice_version is None


@dataclass(frozen=True)
class PublishedNotice:
    """A version that was published, now or, with its id, `again`; and whether it is in force."""

    notice: Notice
    is_live: bool
    again: bool


async def publish(
    services: Services, actor: Actor, texts: list[NoticeText], site_id: str | None = None, made_id: str = ""
) -> PublishedNotice:
    """
    Publish a new version of the account's notice, or of a site's own, once by its id. Every chat that is running where
    it is in force waits until its visitor agrees to it. Raises NotNow where nothing differs from the one in force, and
    NotFound where the site or the id is not the account's.
    """
    access.require(actor, "notice.publish")
    checked = _all_checked(texts)
    named = made_id or uuid7()
    made = {"id": named, "published_at": services.clock(), "published_by": actor.agent_id}

    def work(tx: Tx) -> PublishedNotice:
        account = accounts.one(tx, actor.account_id, lock=True)
        before = consents.published(tx, named, account.id)
        if before is not None:
            site = None if before.site is None else accounts.site_by_id(tx, before.site)
            return PublishedNotice(before, before == in_force(tx, account, site), again=True)
        _require_new(in_force(tx, account, _site(tx, actor, site_id)), checked)
        notice = consents.publish(tx, account.id, site_id, made, checked)
        _record(services, tx, actor, "notice.published", str(notice.version), site_id)
        return PublishedNotice(notice, is_live=True, again=False)

    published = await services.store.write(work)
    if not published.again:
        services.bus.publish(NoticePublished(actor.account_id, site_id or ""))
    return published


async def end(services: Services, actor: Actor, site_id: str) -> None:
    """
    Let the account's notice be in force at a site again instead of its own, whose versions are kept. Who has agreed to
    no other than the site's own is asked again. Raises NotFound, and NotNow where the account has none to share.
    """
    access.require(actor, "notice.publish")

    def work(tx: Tx) -> None:
        account = accounts.one(tx, actor.account_id, lock=True)
        if accounts.site_of_account(tx, account.id, site_id).notice_version is None:
            raise NotFound("This site has no notice of its own")
        if account.notice_version is None:
            raise NotNow("There is no notice of all sites yet. Publish it first, or nobody could agree at this one")
        consents.put_in_force(tx, account.id, site_id, None)
        _record(services, tx, actor, "notice.ended", site_id, site_id)

    await services.store.write(work)
    services.bus.publish(NoticePublished(actor.account_id, site_id))


async def versions(services: Services, actor: Actor, site_id: str | None = None) -> NoticeOf:
    """Return the account's notice, or that of a site. Raises NotFound where the account has no such site."""
    access.require(actor, "notice.read")

    def work(tx: Tx) -> NoticeOf:
        account, site = accounts.one(tx, actor.account_id), _site(tx, actor, site_id)
        found = consents.notices(tx, account.id, site_id)
        return NoticeOf(site, found, in_force(tx, account, site), consents.last_version(tx, account.id) + 1)

    return await services.store.read(work)


async def changes(
    services: Services, actor: Actor, texts: list[NoticeText], site_id: str | None = None
) -> tuple[list[NoticeChange], int]:
    """Return what texts would change of the notice in force, and how many chats are running and would wait."""
    access.require(actor, "notice.publish")
    new = {each.locale: each for each in _all_checked(texts)}

    def work(tx: Tx) -> tuple[Notice | None, int]:
        live = in_force(tx, accounts.one(tx, actor.account_id), _site(tx, actor, site_id))
        sharing = [each.id for each in accounts.sites(tx, actor.account_id) if each.notice_version is None]
        asked = sharing if site_id is None else [site_id]
        return live, services.gathered.conversations.count_running(tx, actor.account_id, asked)

    live, running = await services.store.read(work)
    old = {} if live is None else live.texts
    found = [
        NoticeChange(locale, field, getattr(old.get(locale), field, ""), getattr(new.get(locale), field, ""))
        for locale in LOCALES
        for field in SHOWN
    ]
    return [each for each in found if each.old != each.new], running


class SiteAndNotice(NamedTuple):
    """What a widget belongs to, and the notice in force, None where none is published."""

    account: Account
    site: Site
    notice: Notice | None


async def site_and_notice(services: Services, site_key: str) -> SiteAndNotice:
    """Return what a widget belongs to and the notice in force. Raises NotFound where no site has the key."""

    def work(tx: Tx) -> SiteAndNotice:
        site = accounts.site_by_key(tx, site_key)
        account = accounts.one(tx, site.account_id)
        return SiteAndNotice(account, site, in_force(tx, account, site))

    return await services.store.read(work)


def notice_view(notice: Notice | None, locale: str, *, addressed: bool = True) -> NoticeView | None:
    """
    Return a notice as the visitor gets it: version, text, privacy link, hash and purposes. Who is asked again and has
    not given an address is not asked whether answers may go to it.
    """
    if notice is None:
        return None
    text = notice.text(locale)
    asked = [each for each in purposes(text) if addressed or each.id != ANSWERS]
    return NoticeView(notice.version, text.text, text.privacy_url, text.sha256, asked)


def purposes(text: NoticeText) -> list[PurposeView]:
    """Return what is asked, each with the sentence beside its box. No box is ever ticked beforehand."""
    labels = {"chat": text.chat_label, "spam_training": text.training_label, ANSWERS: text.mail_label}
    return [PurposeView(each, required=each == "chat", label=labels[each]) for each in PURPOSES if labels[each]]


def asking_address(site: Site, ask: str) -> Site:
    """Return a site as it asks for an address: `optional` where answers may be mailed, `required` where they are to."""
    asked = site.fields.get("email", "off")
    return replace(site, fields=site.fields | {"email": ask if asked != "required" else asked})


def in_force(tx: Tx, account: Account, site: Site | None) -> Notice | None:
    """Return the version in force at a site, or of the account's notice, None where none is published."""
    version = gate.in_force(None if site is None else site.notice_version, account.notice_version)
    return None if version is None else consents.with_version(tx, account.id, version)


def _site(tx: Tx, actor: Actor, site_id: str | None) -> Site | None:
    return None if site_id is None else accounts.site_of_account(tx, actor.account_id, site_id)


def _require_new(live: Notice | None, texts: list[NoticeText]) -> None:
    if live and {each.sha256 for each in live.texts.values()} == {each.sha256 for each in texts}:
        raise NotNow(
            "Nothing differs from the notice in force: a new version would only stop the chats that are running"
        )


def _record(services: Services, tx: Tx, actor: Actor, action: str, target: str, site_id: str | None) -> None:
    services.record(tx, NoticePublished(actor.account_id, site_id or ""))
    audit.record(services, tx, actor.account_id, actor.agent_id, action, target)


def _all_checked(texts: list[NoticeText]) -> list[NoticeText]:
    if not texts:
        raise InvalidField("Write the notice in at least one language", field="text")
    return [_checked(text) for text in texts]


def _checked(text: NoticeText) -> NoticeText:
    field = f"{text.locale}."
    if text.locale not in LOCALES:
        raise InvalidField(f"Languages are {', '.join(LOCALES)}", field="locale")
    body = text.text.strip().replace("\r\n", "\n")
    if not seen(body) or len(body) > TEXT_MOST:
        raise InvalidField(f"Write 1 to {TEXT_MOST} characters", field=field + "text")
    if not _of_a_page(text.privacy_url):
        raise InvalidField(
            "Give the address of the privacy page, as https://shop.example/privacy",
            field=field + "privacy_url",
        )
    if any(len(each) > LABEL_MOST for each in (text.chat_label, text.training_label, text.mail_label)):
        raise InvalidField(
            f"A sentence beside a box has at most {LABEL_MOST} characters",
            field=field + "chat_label",
        )
    made = replace(
        text,
        text=body,
        privacy_url=text.privacy_url.strip(),
        chat_label=line(text.chat_label),
        training_label=line(text.training_label),
        mail_label=line(text.mail_label),
    )
    if not made.chat_label:
        raise InvalidField("Write the sentence beside the box", field=field + "chat_label")
    return replace(made, sha256=sha256(canonical(_hashed(made))).hexdigest())


def _hashed(text: NoticeText) -> dict[str, object]:
    """What the notice's hash is over: everything the visitor is shown of it."""
    return {
        "locale": text.locale,
        "text": text.text,
        "privacy_url": text.privacy_url,
        "purposes": purposes(text),
    }


def _of_a_page(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:  # as for `https://[`
        return False
    return parts.scheme in {"http", "https"} and bool(parts.netloc)
