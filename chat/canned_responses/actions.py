"""Replies that agents keep for answering: making, showing, changing and deleting them."""

from __future__ import annotations

import re
from typing import Any

from msgspec import UNSET, Struct, UnsetType, structs

from chat.account import store as accounts
from chat.canned_responses import store
from chat.canned_responses.store import CannedResponse
from chat.core import access, frames
from chat.core.clock import stamp
from chat.core.errors import InvalidField, NotNow
from chat.core.ids import uuid7
from chat.core.model import LOCALES, Actor
from chat.core.texts import seen
from chat.core.versions import ANY, Precondition
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.response_files import actions as files
from chat.response_files.actions import Reply
from chat.response_files.store import ResponseFile

SHORTCUT = re.compile(r"[^\s/]{1,40}")
TITLE, TEXT, MOST = 100, 10_000, 2000


class NewCannedResponse(Struct, frozen=True, forbid_unknown_fields=True):
    """A reply to keep, for a department (an id) or for the whole account."""

    shortcut: str
    title: str
    text: str
    department: str | None = None
    translations: dict[str, str] = {}
    id: str = ""


class CannedResponseChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What of a reply is to be changed."""

    shortcut: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    text: str | UnsetType = UNSET
    department: str | UnsetType | None = UNSET
    translations: dict[str, str] | UnsetType = UNSET


class CannedResponseView(Struct, frozen=True):
    """
    A reply as it is given out. An agent types `/` and its `shortcut`. `translations` are its texts for visitors of some
    languages.
    """

    id: str
    shortcut: str
    title: str
    text: str
    department: str | None
    translations: dict[str, str]
    updated_at: str


class FileToCopy(Struct, frozen=True, forbid_unknown_fields=True):
    """Which file of a saved reply (its id) an answer is to take along."""

    file: str


def view_of(found: CannedResponse) -> CannedResponseView:
    """Return a reply as it is given out."""
    at = stamp(found.updated_at)
    return CannedResponseView(
        found.id, found.shortcut, found.title, found.text, found.department_id, found.translations, at
    )


async def page(
    services: Services, actor: Actor, after: str | None, limit: int
) -> tuple[list[CannedResponseView], str | None]:
    """Return replies that the actor may use, in the order in which they were made, and where the next page begins."""
    access.require(actor, "canned_response.read")

    def work(tx: Tx) -> list[CannedResponse]:
        return store.page(tx, actor.account_id, actor.departments, after, limit + 1)

    found = await services.store.read(work)
    return [view_of(each) for each in found[:limit]], found[limit - 1].id if len(found) > limit else None


async def get_one(services: Services, actor: Actor, response_id: str) -> CannedResponseView:
    """Return a reply. Raises NotFound where there is none that the actor may use."""
    access.require(actor, "canned_response.read")
    return view_of(
        await services.store.read(lambda tx: store.one(tx, actor.account_id, response_id, actor.departments))
    )


async def add(services: Services, actor: Actor, wanted: NewCannedResponse) -> tuple[CannedResponseView, bool]:
    """
    Keep a reply, and return it, and whether it was there already under this id. Raises InvalidField, and NotNow where
    there are too many.
    """
    access.require(actor, "canned_response.manage")
    values, response_id = checked(structs.asdict(wanted)), wanted.id.lower() or uuid7()

    def work(tx: Tx) -> tuple[CannedResponse, bool]:
        accounts.one(tx, actor.account_id, lock=True)  # of two that are sent at once the second finds the first
        if store.is_taken(tx, response_id):
            return store.one(tx, actor.account_id, response_id, actor.departments), True
        if store.count(tx, actor.account_id) >= MOST:
            raise NotNow(f"An account keeps at most {MOST} replies; delete some first")
        _require_department(tx, actor, values["department_id"])
        at = services.clock()
        made = {"id": response_id, "account_id": actor.account_id, "created_at": at, "updated_at": at}
        store.add(tx, made | values)
        return _entered(services, tx, actor, "canned_response.added", response_id), False

    found, again = await services.store.write(work)
    return view_of(found), again


async def change(
    services: Services, actor: Actor, response_id: str, wanted: CannedResponseChange, expected: Precondition = ANY
) -> CannedResponseView:
    """Change a reply. Raises NotFound, InvalidField, and ChangedMeanwhile where it is not as `expected`."""
    access.require(actor, "canned_response.manage")
    values = checked({name: each for name, each in structs.asdict(wanted).items() if each is not UNSET})
    if not values:
        raise InvalidField("Give any of shortcut, title, text, department, translations", field="title")

    def work(tx: Tx) -> CannedResponse:
        expected.require(view_of(store.one(tx, actor.account_id, response_id, actor.departments, lock=True)))
        _require_department(tx, actor, values.get("department_id"))
        store.change(tx, response_id, values | {"updated_at": services.clock()})
        return _entered(services, tx, actor, "canned_response.changed", response_id)

    return view_of(await services.store.write(work))


async def delete(services: Services, actor: Actor, response_id: str, expected: Precondition = ANY) -> None:
    """Delete a reply. Raises NotFound, and ChangedMeanwhile where it is not as `expected`."""
    access.require(actor, "canned_response.manage")

    def work(tx: Tx) -> list[ResponseFile]:
        expected.require(view_of(store.one(tx, actor.account_id, response_id, actor.departments, lock=True)))
        store.drop(tx, response_id)
        audit.record(services, tx, actor.account_id, actor.agent_id, "canned_response.deleted", response_id)
        return files.drop_all(tx, actor, response_id)

    await files.discard(services, await services.store.write(work))


def used_reply(actor: Actor, response_id: str) -> Reply:
    """Return a reply as what files go with, for who sends them. Raises Forbidden."""
    access.require(actor, "canned_response.read")
    return _reply(actor, response_id)


def managed_reply(actor: Actor, response_id: str) -> Reply:
    """Return a reply as what files go with, for who puts them in and takes them out. Raises Forbidden."""
    access.require(actor, "canned_response.manage")
    return _reply(actor, response_id)


def _reply(actor: Actor, response_id: str) -> Reply:
    def require(tx: Tx, /, *, lock: bool) -> None:
        store.one(tx, actor.account_id, response_id, actor.departments, lock=lock)

    return Reply(response_id, own=False, require=require)


async def copy_file(services: Services, actor: Actor, number: int, file_id: str) -> frames.AttachmentOut:
    """
    Copy a file of a reply that the actor may use into a ticket, for an answer to name. Raises Forbidden, NotFound where
    ticket or file are not there, RateLimited, StorageFull, Unavailable.
    """
    access.require(actor, "ticket.answer")

    def require(tx: Tx, response_id: str) -> None:
        access.require(actor, "canned_response.read")
        store.one(tx, actor.account_id, response_id, actor.departments)

    return await files.copy(services, actor, number, file_id, require)


def _entered(services: Services, tx: Tx, actor: Actor, action: str, response_id: str) -> CannedResponse:
    """Enter what was done in the audit log, and return the reply as it is now."""
    audit.record(services, tx, actor.account_id, actor.agent_id, action, response_id)
    return store.one(tx, actor.account_id, response_id, None)


def _require_department(tx: Tx, actor: Actor, department_id: str | None) -> None:
    """Raise InvalidField unless it is a department in which the actor works."""
    if department_id is None:
        return
    theirs = actor.departments is None or department_id in actor.departments
    if not theirs or not store.has_department(tx, actor.account_id, department_id):
        raise InvalidField("There is no such department", field="department")


def checked(given: dict[str, Any]) -> dict[str, Any]:
    """Return what was given of a reply as columns. Raises InvalidField."""
    made = {name: value for name, value in given.items() if name != "id"}
    if "department" in made:
        made["department_id"] = made.pop("department") or None
    if "shortcut" in made:
        made["shortcut"] = made["shortcut"].strip().removeprefix("/")
        if not SHORTCUT.fullmatch(made["shortcut"]) or not seen(made["shortcut"]):
            raise InvalidField("A shortcut is 1 to 40 characters without blanks and /", field="shortcut")
    if "title" in made:
        made["title"] = _within("title", made["title"].strip(), TITLE)
        if any(each < " " for each in made["title"]):
            raise InvalidField("A title is one line", field="title")
    if "text" in made:
        made["text"] = _within("text", made["text"], TEXT)
    _check_translations(made.get("translations", {}))
    return made


def _check_translations(texts: dict[str, str]) -> None:
    for locale, text in texts.items():
        if locale not in LOCALES:
            raise InvalidField(f"A language is one of {', '.join(LOCALES)}", field="translations")
        _within(f"translations.{locale}", text, TEXT)


def _within(field: str, value: str, most: int) -> str:
    if not seen(value) or len(value) > most or "\0" in value:
        raise InvalidField(f"Give 1 to {most} characters", field=field)
    return value
