"""Views that agents keep: making, showing, changing and deleting them. Who made one alone changes it."""

from __future__ import annotations

from typing import Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType, structs

from chat.account.actions.accounts import line
from chat.core import access
from chat.core.clock import stamp
from chat.core.errors import Forbidden, InvalidField, NotFound, NotNow, Unauthorized
from chat.core.frames.inbound import ONE_ID
from chat.core.ids import uuid7
from chat.core.model import Actor
from chat.core.versions import ANY, Precondition
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team import store as team
from chat.team.store import AgentRow
from chat.tickets.domain import priority_of, tag_of
from chat.views import store
from chat.views.store import SealedView

MOST, NAME = 100, 60
WORDS = {"assignee": ("me", "none"), "department": ("none",), "site": ()}


class ViewFilters(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which tickets, as the parameters of the list of tickets say it."""

    status: Literal["open", "pending", "solved", "trash"] | UnsetType = UNSET
    assignee: str | UnsetType = UNSET
    department: str | UnsetType = UNSET
    site: str | UnsetType = UNSET
    tag: str | UnsetType = UNSET
    priority: str | UnsetType = UNSET
    waiting: bool | UnsetType = UNSET
    snoozed: bool | UnsetType = UNSET


class NewView(Struct, frozen=True, forbid_unknown_fields=True):
    """A view to keep, for oneself or `shared` with all colleagues."""

    name: str
    filters: ViewFilters
    shared: bool = False
    id: str = ""


class ViewChange(Struct, frozen=True, forbid_unknown_fields=True):
    """What of a view is to be changed; `filters` as a whole."""

    name: str | UnsetType = UNSET
    filters: ViewFilters | UnsetType = UNSET
    shared: bool | UnsetType = UNSET


class SavedView(Struct, frozen=True):
    """A view as it is given out. `mine`: who asks made it."""

    id: str
    name: str
    filters: ViewFilters
    shared: bool
    mine: bool
    updated_at: str


class _Sealed(Struct, frozen=True):
    """What of a view is sealed."""

    name: str
    filters: ViewFilters


async def list_views(services: Services, actor: Actor) -> list[SavedView]:
    """Return the actor's views and those that are shared, in the order in which they were made."""
    access.require(actor, "view.own")
    return await services.store.read(lambda tx: _seen(services, tx, actor))


async def get_one(services: Services, actor: Actor, view_id: str) -> SavedView:
    """Return one of them. Raises NotFound."""
    return _named(await list_views(services, actor), view_id)


async def add(services: Services, actor: Actor, wanted: NewView) -> tuple[SavedView, bool]:
    """
    Keep a view, and return it, and whether it was there already under this id. Raises InvalidField, and NotNow where
    there are too many.
    """
    access.require(actor, "view.own")
    made = SavedView(
        wanted.id.lower() or uuid7(),
        _name(wanted.name),
        checked(wanted.filters),
        wanted.shared,
        mine=True,
        updated_at="",
    )

    def work(tx: Tx) -> tuple[SavedView, bool]:
        row = _agent(tx, actor)
        if store.is_taken(tx, made.id):
            return _named(_seen(services, tx, actor), made.id), True
        if store.count(tx, row.id) >= MOST:
            raise NotNow(f"You keep at most {MOST} views; delete some first")
        return _put(services, tx, row, made, "view.added"), False

    return await services.store.write(work)


async def change(
    services: Services, actor: Actor, view_id: str, wanted: ViewChange, expected: Precondition = ANY
) -> SavedView:
    """Change a view. Raises NotFound, Forbidden, InvalidField, and ChangedMeanwhile where it is not as `expected`."""
    access.require(actor, "view.own")
    values = {name: each for name, each in structs.asdict(wanted).items() if each is not UNSET}
    if not values:
        raise InvalidField("Give any of name, filters, shared", field="name")
    if wanted.name is not UNSET:
        values["name"] = _name(wanted.name)
    if wanted.filters is not UNSET:
        values["filters"] = checked(wanted.filters)

    def work(tx: Tx) -> SavedView:
        row = _agent(tx, actor)
        was = _mine(services, tx, actor, view_id, expected)
        return _put(services, tx, row, structs.replace(was, **values), "view.changed")

    return await services.store.write(work)


async def delete(services: Services, actor: Actor, view_id: str, expected: Precondition = ANY) -> None:
    """Delete a view. Raises NotFound, Forbidden, and ChangedMeanwhile where it is not as `expected`."""
    access.require(actor, "view.own")

    def work(tx: Tx) -> None:
        _agent(tx, actor)
        _mine(services, tx, actor, view_id, expected)
        store.drop(tx, actor.agent_id, view_id)
        audit.record(services, tx, actor.account_id, actor.agent_id, "view.deleted", view_id)

    await services.store.write(work)


def checked(filters: ViewFilters) -> ViewFilters:
    """Return filters that can fit a ticket. Raises InvalidField."""
    given = {name: value for name, value in structs.asdict(filters).items() if value is not UNSET}
    if not given:
        raise InvalidField("A view has at least one filter", field="filters")
    for name, words in WORDS.items():
        if name in given and given[name] not in words:
            given[name] = _id(given[name], name)
    if "tag" in given:
        given["tag"] = tag_of(given["tag"], "tag")
    if "priority" in given:
        priority_of(given["priority"])
    return ViewFilters(**given)


def _id(value: str, field: str) -> str:
    if not ONE_ID.fullmatch(value):
        raise InvalidField("This is not an id", field=field)
    return value.lower()


def _name(value: str) -> str:
    if len(value) > NAME:
        raise InvalidField(f"Give at most {NAME} characters", field="name")
    return line("name", value)


def _agent(tx: Tx, actor: Actor) -> AgentRow:
    """Return the actor's row, locked: who adds two at once adds no more than there may be."""
    row = team.active(tx, actor.agent_id, lock=True)
    if row is None:
        raise Unauthorized("Sign in again")
    return row


def _seen(services: Services, tx: Tx, actor: Actor) -> list[SavedView]:
    """Return the views that an agent sees. One that does not open keeps nobody from the rest."""
    made = []
    for each in store.seen(tx, actor.account_id, actor.agent_id):
        try:
            text = services.unseal(each.key_slot, each.agent_id, _context(each.id, shared=each.shared), each.body)
        except NotFound:  # its agent is being deleted
            continue
        if text is not None:
            body = msgspec.json.decode(text, type=_Sealed)
            mine, at = each.agent_id == actor.agent_id, stamp(each.updated_at)
            made.append(SavedView(each.id, body.name, body.filters, each.shared, mine, at))
    return made


def _named(known: list[SavedView], view_id: str) -> SavedView:
    found = next((each for each in known if each.id == view_id), None)
    if found is None:
        raise NotFound("No such view")
    return found


def _mine(services: Services, tx: Tx, actor: Actor, view_id: str, expected: Precondition) -> SavedView:
    found = _named(_seen(services, tx, actor), view_id)
    if not found.mine:
        raise Forbidden("Who made a view changes it")
    expected.require(found)
    return found


def _put(services: Services, tx: Tx, row: AgentRow, view: SavedView, action: str) -> SavedView:
    at, body = services.clock(), msgspec.json.encode(_Sealed(view.name, view.filters)).decode()
    sealed = services.seal(row.key_slot, row.id, _context(view.id, shared=view.shared), body)
    stored = SealedView(view.id, row.id, sealed, view.shared, at, row.key_slot)
    (store.add if action == "view.added" else store.change)(tx, stored)
    audit.record(services, tx, row.account_id, row.id, action, view.id)
    return structs.replace(view, updated_at=stamp(at))


def _context(view_id: str, *, shared: bool) -> str:
    return f"view/{view_id}/{shared}"
