"""Replies that an agent keeps for themselves: making, showing, changing and deleting them."""

from __future__ import annotations

import msgspec
from msgspec import UNSET, Struct, UnsetType, structs

from chat.canned_responses.actions import checked
from chat.core import access
from chat.core.clock import stamp
from chat.core.errors import InvalidField, NotFound, NotNow, Unauthorized
from chat.core.ids import uuid7
from chat.core.model import Actor
from chat.core.versions import ANY, Precondition
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.own_responses import store
from chat.own_responses.store import SealedResponse
from chat.response_files import actions as files
from chat.response_files.actions import Reply
from chat.response_files.store import ResponseFile
from chat.team import store as team
from chat.team.store import AgentRow

MOST = 200


class NewOwnResponse(Struct, frozen=True, forbid_unknown_fields=True):
    """A reply to keep."""

    shortcut: str
    title: str
    text: str
    translations: dict[str, str] = {}
    id: str = ""


class OwnResponseChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What of a reply is to be changed."""

    shortcut: str | UnsetType = UNSET
    title: str | UnsetType = UNSET
    text: str | UnsetType = UNSET
    translations: dict[str, str] | UnsetType = UNSET


class OwnResponseView(Struct, frozen=True):
    """A reply as its agent gets it. `translations` are its texts for visitors of some languages."""

    id: str
    shortcut: str
    title: str
    text: str
    translations: dict[str, str]
    updated_at: str


class _Body(Struct, frozen=True):
    """What of a reply is sealed."""

    shortcut: str
    title: str
    text: str
    translations: dict[str, str] = {}


async def list_own(services: Services, actor: Actor) -> list[OwnResponseView]:
    """Return the actor's replies, in the order in which they were made."""
    access.require(actor, "own_response.own")
    return await services.store.read(lambda tx: _opened(services, tx, _agent(tx, actor)))


async def get_one(services: Services, actor: Actor, response_id: str) -> OwnResponseView:
    """Return one of them. Raises NotFound."""
    return _named(await list_own(services, actor), response_id)


async def add(services: Services, actor: Actor, wanted: NewOwnResponse) -> tuple[OwnResponseView, bool]:
    """
    Keep a reply, and return it, and whether it was there already under this id. Raises InvalidField, and NotNow where
    there are too many.
    """
    access.require(actor, "own_response.own")
    values, response_id = checked(structs.asdict(wanted)), wanted.id.lower() or uuid7()

    def work(tx: Tx) -> tuple[OwnResponseView, bool]:
        # Locked: of two that are added at once under one shortcut the second sees the first.
        row = _agent(tx, actor, lock=True)
        known = _opened(services, tx, row)
        if store.is_taken(tx, response_id):
            return _named(known, response_id), True
        if len(known) >= MOST:
            raise NotNow(f"You keep at most {MOST} replies; delete some first")
        return _put(services, tx, row, known, OwnResponseView(response_id, updated_at="", **values)), False

    return await services.store.write(work)


async def change(
    services: Services, actor: Actor, response_id: str, wanted: OwnResponseChange, expected: Precondition = ANY
) -> OwnResponseView:
    """Change a reply. Raises NotFound, InvalidField, and ChangedMeanwhile where it is not as `expected`."""
    access.require(actor, "own_response.own")
    values = checked({name: each for name, each in structs.asdict(wanted).items() if each is not UNSET})
    if not values:
        raise InvalidField("Give any of shortcut, title, text, translations", field="title")

    def work(tx: Tx) -> OwnResponseView:
        row = _agent(tx, actor, lock=True)
        known = _opened(services, tx, row)
        was = _named(known, response_id)
        expected.require(was)
        return _put(services, tx, row, known, structs.replace(was, **values), was)

    return await services.store.write(work)


async def delete(services: Services, actor: Actor, response_id: str, expected: Precondition = ANY) -> None:
    """Delete a reply. Raises NotFound, and ChangedMeanwhile where it is not as `expected`."""
    access.require(actor, "own_response.own")

    def work(tx: Tx) -> list[ResponseFile]:
        expected.require(_named(_opened(services, tx, _agent(tx, actor, lock=True)), response_id))
        store.drop(tx, actor.agent_id, response_id)
        audit.record(services, tx, actor.account_id, actor.agent_id, "own_response.deleted", response_id)
        return files.drop_all(tx, actor, response_id)

    await files.discard(services, await services.store.write(work))


def reply_of(services: Services, actor: Actor, response_id: str) -> Reply:
    """Return a reply as what files go with. Raises Forbidden."""
    access.require(actor, "own_response.own")

    def require(tx: Tx, /, *, lock: bool) -> None:
        _named(_opened(services, tx, _agent(tx, actor, lock=lock)), response_id)

    return Reply(response_id, own=True, require=require)


def _agent(tx: Tx, actor: Actor, *, lock: bool = False) -> AgentRow:
    row = team.active(tx, actor.agent_id, lock=lock)
    if row is None:
        raise Unauthorized("Sign in again")
    return row


def _opened(services: Services, tx: Tx, row: AgentRow) -> list[OwnResponseView]:
    """Return an agent's replies. One that does not open keeps nobody from the rest."""
    made = []
    for each in store.of_agent(tx, row.id):
        body = services.unseal(row.key_slot, row.id, f"own_response/{each.id}", each.body)
        if body is not None:
            said = structs.asdict(msgspec.json.decode(body, type=_Body))
            made.append(OwnResponseView(id=each.id, updated_at=stamp(each.updated_at), **said))
    return made


def _named(known: list[OwnResponseView], response_id: str) -> OwnResponseView:
    found = next((each for each in known if each.id == response_id), None)
    if found is None:
        raise NotFound("No such reply")
    return found


def _put(
    services: Services,
    tx: Tx,
    row: AgentRow,
    known: list[OwnResponseView],
    view: OwnResponseView,
    was: OwnResponseView | None = None,
) -> OwnResponseView:
    """Store a reply, in the place of what it `was`. Raises InvalidField where its shortcut is another's."""
    if any(each.shortcut == view.shortcut and each.id != view.id for each in known):
        raise InvalidField("A reply with this shortcut is here already", field="shortcut")
    at = services.clock()
    body = msgspec.json.encode(_Body(view.shortcut, view.title, view.text, view.translations)).decode()
    sealed = services.seal(row.key_slot, row.id, f"own_response/{view.id}", body)
    (store.change if was else store.add)(tx, row.id, SealedResponse(view.id, sealed, at))
    action = "own_response.changed" if was else "own_response.added"
    audit.record(services, tx, row.account_id, row.id, action, view.id)
    return structs.replace(view, updated_at=stamp(at))
