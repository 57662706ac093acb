"""Changing tickets: their status, assignee, department, tags, priority and the fields of their account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypedDict

from msgspec import UNSET, Struct, UnsetType, structs

from chat.core import access, events, frames
from chat.core.deliveries import Delivery
from chat.core.errors import InvalidField, NotFound, UnknownParameter
from chat.core.model import ENDED, Actor, Contact, Ticket
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team import store as agents
from chat.ticket_fields.domain import FieldValue
from chat.tickets.actions import calling, entries, fields, tagging
from chat.tickets.actions.activity import rendered
from chat.tickets.actions.fields import FieldChanges
from chat.tickets.actions.tickets import one, summary
from chat.tickets.domain import Fact, by, facts, priority_of, retagged, tag_of
from chat.tickets.schema import STATUSES
from chat.tickets.store import changing as rows
from chat.tickets.store import tickets

TAGS_MOST = 20
CHANGED = ("status", "assignee", "department", "tags", "priority", "fields")


class TicketChange(Struct, frozen=True, forbid_unknown_fields=True):
    """
    What of a ticket is to be changed: an assignee is an agent's id, `me` or null, a department an id or null, `fields`
    by key those that change, null to take one away.
    """

    status: str | UnsetType = UNSET
    assignee: str | UnsetType | None = UNSET
    department: str | UnsetType | None = UNSET
    tags: list[str] | UnsetType = UNSET
    priority: str | UnsetType = UNSET
    fields: dict[str, FieldValue | None] | UnsetType = UNSET

    def given(self) -> dict[str, object]:
        """Return what is to be changed, by name."""
        return {name: value for name, value in structs.asdict(self).items() if value is not UNSET}


class TicketValues(TypedDict, total=False):
    """Columns of a ticket that are to be changed, its `tags` by name, and of its `fields` those that are."""

    status: str
    assignee: str | None
    department_id: str | None
    tags: list[str]
    priority: str
    snoozed_until: int | None
    fields: FieldChanges


async def change(services: Services, actor: Actor, number: int, values: Mapping[str, object]) -> frames.TicketSummary:
    """
    Change `status`, `assignee` (an agent's id, `me` or None), `department` (an id or None), `tags`, `priority` or
    `fields`, and return the summary. Raises InvalidField.
    """
    access.require(actor, "ticket.change")
    await apply(services, actor, number, checked(actor, values))
    return await summary_after(services, actor, number)


async def summary_after(services: Services, actor: Actor, number: int) -> frames.TicketSummary:
    """Return a ticket that was just changed: who gave it to another department sees a last time what they did."""
    return await summary(services, replace(actor, departments=None), number)


async def apply(
    services: Services, actor: Actor, number: int, values: TicketValues, once: rows.Once = rows.always
) -> None:
    """Change columns of a ticket, as `checked` gives them, unless it was done before. Raises NotFound."""
    opened, assignee = await one(services, actor, number), values.get("assignee")
    calls = await calling.is_called(services, actor, opened.ticket, assignee)

    def work(tx: Tx) -> list[events.Event | Delivery[events.Event]]:
        was = rows.lock(tx, opened.ticket.id)
        if not once(tx, was):
            return []
        require_there(tx, actor, values)
        tickets.change(tx, was.id, **_columns(services, tx, opened.contact, was, values), updated_at=services.clock())
        done = facts(was, values, by(actor)) + _retagged(services, tx, was, opened.contact, values.get("tags"))
        entered = entries.enter(services, tx, was.ref, by(actor), done)
        given = calling.events_of(was, assignee, actor.agent_id)
        happened = [events.TicketChanged(was.ref), *entered, *_status_changed(was, values, actor), *given]
        services.record(tx, *map(_event, happened))
        if calls and assignee:
            calling.call(services, tx, actor, number, assignee)
        action = _changes(was, values.get("status"))
        audit.record(services, tx, actor.account_id, actor.agent_id, action, str(number), opened.contact.uid)
        return happened

    happened = await services.store.write(work)
    services.bus.publish(*happened, *([events.WorkDue()] if happened and calls else []))


def _columns(services: Services, tx: Tx, contact: Contact, was: Ticket, values: TicketValues) -> dict[str, object]:
    """Return a change as the row keeps it, tags apart: with what the ticket says in all its fields, sealed."""
    made: dict[str, object] = {name: value for name, value in values.items() if name != "tags"}
    if "fields" in values:
        made["fields"] = fields.changed(services, tx, contact, was, values["fields"])
    return made


def _retagged(services: Services, tx: Tx, was: Ticket, contact: Contact, tags: list[str] | None) -> list[Fact]:
    """Give a ticket other tags, unless they are None, and return what changed."""
    if tags is None:
        return []
    before = tagging.tags_of(services, contact.key_slot, contact.uid, was)
    tagging.put(services, tx, was, contact, tags)
    return retagged(before, tags)


def require_there(tx: Tx, actor: Actor, values: TicketValues) -> None:
    """
    Raise NotFound unless the agent and department that a change names are the account's, and not deactivated;
    InvalidField where the account has no such field of tickets, or a value does not fit one.
    """
    assignee, department = values.get("assignee"), values.get("department_id")
    if assignee and agents.one(tx, actor.account_id, assignee).deactivated_at is not None:
        raise NotFound("No such agent")
    if department:
        tickets.require_department(tx, actor.account_id, department)
    fields.fitting(tx, actor.account_id, values.get("fields", {}))


def checked(actor: Actor, values: Mapping[str, object]) -> TicketValues:
    """Return a change as columns of a ticket. Raises InvalidField."""
    unknown = sorted(set(values) - set(CHANGED))
    if unknown:
        raise UnknownParameter(f"Give any of {', '.join(CHANGED)}", field=unknown[0])
    if not values:
        raise InvalidField(f"Give any of {', '.join(CHANGED)}", field=CHANGED[0])
    made: TicketValues = {}
    if "status" in values:
        made["status"] = _status(values["status"])
    if "assignee" in values:
        named = _named(values["assignee"], "assignee", "An assignee is named by an agent's id, me or null")
        made["assignee"] = actor.agent_id if named == "me" else named
    if "department" in values:
        made["department_id"] = _named(values["department"], "department", "A department is named by its id, or null")
    return made | _noted(values)


def _noted(values: Mapping[str, object]) -> TicketValues:
    """Return what agents note on a ticket. Raises InvalidField."""
    made: TicketValues = {}
    if "tags" in values:
        made["tags"] = _tags(values["tags"])
    if "priority" in values:
        made["priority"] = priority_of(values["priority"])
    if "fields" in values:
        made["fields"] = _fields(values["fields"])
    return made


def _status(value: object) -> str:
    if not isinstance(value, str) or value not in STATUSES:
        raise InvalidField(f"A status is one of {', '.join(STATUSES)}", field="status")
    return value


def _named(value: object, field: str, refusal: str) -> str | None:
    if not isinstance(value, str | None):
        raise InvalidField(refusal, field=field)
    return value or None


def _tags(tags: object) -> list[str]:
    if not isinstance(tags, list) or len(tags) > TAGS_MOST:
        raise InvalidField(f"Give at most {TAGS_MOST} tags", field="tags")
    return list(dict.fromkeys(tag_of(tag, "tags") for tag in tags))


def _fields(given: object) -> FieldChanges:
    if not isinstance(given, dict) or not given:
        raise InvalidField("Give by its key at least one field, with a value or null", field="fields")
    return given


def _status_changed(was: Ticket, values: TicketValues, actor: Actor) -> list[events.Event | Delivery[events.Event]]:
    """Return what another status means to who follows the chat, or nothing where it is the one that the ticket had."""
    status = values.get("status", was.status)
    if status == was.status:
        return []
    if was.ended == (status in ENDED):
        return [events.TicketStatusChanged(was.ref, status)]
    if was.ended:
        return [events.TicketReopened(was.ref)]
    event = events.TicketEnded(was.ref, "agent")
    return [Delivery(event, rendered(event, actor.name, actor.alias))]


def _event(published: events.Event | Delivery[events.Event]) -> events.Event:
    return published.event if isinstance(published, Delivery) else published


def _changes(ticket: Ticket, status: str | None) -> str:
    if status == "trash":
        return "ticket.deleted"
    return "ticket.restored" if status is not None and ticket.status == "trash" else "ticket.changed"
