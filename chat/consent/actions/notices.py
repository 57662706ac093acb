"""The notice: what visitors are told and asked, in versions that are never changed, in one language or more."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import urlsplit

from chat.account import store as accounts
from chat.consent import store as consents
from chat.core import access
from chat.core.crypt import canonical
from chat.core.errors import InvalidField
from chat.core.events import NoticePublished
from chat.core.frames import NoticeView, PurposeView
from chat.core.ids import uuid7
from chat.core.model import LOCALES, Account, Actor, Notice, NoticeText, Site
from chat.core.texts import line, seen
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx

PURPOSES = ("chat", "spam_training")
TEXT_MOST = 5000
LABEL_MOST = 500
SHOWN = ("text", "chat_label", "training_label", "privacy_url")


@dataclass(frozen=True)
class NoticeChange:
    """What one field of a notice says in one language, in force and newly written, or empty where it says nothing."""

    locale: str
    field: str
    old: str
    new: str


async def publish(services: Services, actor: Actor, texts: list[NoticeText]) -> Notice:
    """
    Publish a new version of the account's notice. Every running chat waits until its visitor agrees to it. Raises
    NotNow where nothing differs from the one in force.
    """
    access.require(actor, "notice.publish")
    checked = _all_checked(texts)
    made = {"id": uuid7(), "published_at": services.clock(), "published_by": actor.agent_id}

    def work(tx: Tx) -> int:
        version = consents.publish(tx, actor.account_id, made, checked)
        audit.record(services, tx, actor.account_id, actor.agent_id, "notice.published", str(version))
        return version

    version = await services.store.write(work)
    services.bus.publish(NoticePublished(actor.account_id))
    return (await versions(services, actor, version))[0]


async def versions(services: Services, actor: Actor, version: int | None = None) -> list[Notice]:
    """Return the versions of the account's notice, newest first."""
    access.require(actor, "notice.read")
    return await services.store.read(lambda tx: consents.notices(tx, actor.account_id, version))


async def changes(services: Services, actor: Actor, texts: list[NoticeText]) -> tuple[list[NoticeChange], int]:
    """Return what texts would change of the notice in force, and how many chats are running and would wait."""
    access.require(actor, "notice.publish")
    new = {each.locale: each for each in _all_checked(texts)}

    def work(tx: Tx) -> tuple[Notice | None, int]:
        running = services.gathered.conversations.count_running(tx, actor.account_id)
        return in_force(tx, accounts.one(tx, actor.account_id)), running

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
        return SiteAndNotice(account, site, in_force(tx, account))

    return await services.store.read(work)


def notice_view(notice: Notice | None, locale: str) -> NoticeView | None:
    """Return a notice as the visitor gets it: version, text, privacy link, hash and purposes."""
    if notice is None:
        return None
    text = notice.text(locale)
    return NoticeView(notice.version, text.text, text.privacy_url, text.sha256, purposes(text))


def purposes(text: NoticeText) -> list[PurposeView]:
    """Return what is asked, each with the sentence beside its box. No box is ever ticked beforehand."""
    labels = {"chat": text.chat_label, "spam_training": text.training_label}
    return [PurposeView(each, required=each == "chat", label=labels[each]) for each in PURPOSES if labels[each]]


def in_force(tx: Tx, account: Account) -> Notice | None:
    """Return the version in force, None where none is published."""
    if account.notice_version is None:
        return None
    return consents.notices(tx, account.id, account.notice_version)[0]


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
    if len(text.training_label) > LABEL_MOST or len(text.chat_label) > LABEL_MOST:
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
