"""
Two tickets of one contact made one: what was said in the later one stands behind what was said in the earlier one.

The numbers of the ticket that is kept say what they said, so whoever follows it hears of new ones and no more, and a
message that was being sent to the other is stored here. See docs/decisions/0052-merged-tickets.md.
"""

from __future__ import annotations

from uuid import uuid4

from msgspec import Struct

from chat.core import access, events, frames
from chat.core.crypt import seal_text, unseal_text
from chat.core.errors import InvalidField, NotFound, NotNow
from chat.core.model import Actor, Contact, Ticket
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.spam_filter.actions import training
from chat.tickets.actions import entries, fields, tagging
from chat.tickets.actions.changing import TAGS_MOST
from chat.tickets.actions.tickets import OpenedTicket, one, summary
from chat.tickets.domain import PRIORITIES, Fact, by
from chat.tickets.store import merging as rows


class TicketMerge(Struct, frozen=True, forbid_unknown_fields=True):
    """The number of the ticket of which another becomes a part."""

    into: int


async def merge(services: Services, actor: Actor, number: int, into: int) -> frames.TicketSummary:
    """
    Make a ticket a part of an earlier one of its contact, for good, and return that one's summary. Raises NotFound, and
    NotNow, which says `why` in a word: `merged` where it is a part of another already (`merged_into` says of which) or
    `gone`, and where these two do not fit `contacts`, `order`, `overlap`, `tags`, `trash`.
    """
    access.require(actor, "ticket.change")
    other, kept = await _opened(services, actor, number), await _opened(services, actor, into)
    if number == into:
        raise InvalidField("Name another ticket of the same contact", field="into")
    _require_fit(services, kept.contact, kept.ticket, other.ticket)

    def work(tx: Tx) -> list[events.Event]:
        now = rows.lock(tx, kept.contact.id, [kept.ticket.id, other.ticket.id])
        if len(now) < 2:  # noqa: PLR2004 - both of them
            raise NotNow("One of these tickets was merged or deleted a moment ago", **_gone(tx, [kept, other]))
        first, second = now[kept.ticket.id], now[other.ticket.id]
        _require_fit(services, kept.contact, first, second)
        if rows.overlap(tx, first.id, second.id):
            raise NotNow(
                f"Something was said in #{into} after #{number} began: they cannot be read as one", why="overlap"
            )
        happened = _move(services, tx, kept.contact, first, second)
        happened += entries.enter(services, tx, first.ref, by(actor), [Fact(kind="merged", number=number)])
        services.record(tx, happened[0])
        audit.record(services, tx, actor.account_id, actor.agent_id, "ticket.merged", str(number), kept.contact.uid)
        return happened

    happened = await services.store.write(work)
    await training.relearn_contact(services, actor.account_id, kept.contact.id)
    gone = events.TicketGone(other.ticket.ref, into=into)
    services.bus.publish(*happened, gone, events.TicketChanged(kept.ticket.ref))
    return await summary(services, actor, into)


async def _opened(services: Services, actor: Actor, number: int) -> OpenedTicket:
    try:
        return await one(services, actor, number)
    except NotFound as error:
        if "merged_into" not in error.extra:
            raise
        raise NotNow(error.detail, why="merged", **error.extra) from None


def _gone(tx: Tx, asked: list[OpenedTicket]) -> dict[str, int | str]:
    """Return why one of these is not there any more, and of which ticket it is a part by now, as an error has it."""
    went = rows.numbers(tx, [each.ticket.id for each in asked])
    return {"why": "merged", "merged_into": went[0]} if went else {"why": "gone"}


def _require_fit(services: Services, contact: Contact, kept: Ticket, other: Ticket) -> None:
    if kept.contact_id != other.contact_id:
        raise NotNow("These tickets are of two contacts, each with a key and a consent of its own", why="contacts")
    if kept.id > other.id:
        wanted = f"merge #{kept.number} into #{other.number}"
        raise NotNow(f"The later ticket becomes a part of the earlier one: {wanted}", why="order")
    if "trash" in {kept.status, other.status}:
        raise NotNow("One of these tickets is in the trash", why="trash")
    if len(_tags(services, contact, kept, other)) > TAGS_MOST:
        raise NotNow(f"Together these tickets have more than {TAGS_MOST} tags", why="tags")


def _move(services: Services, tx: Tx, contact: Contact, kept: Ticket, other: Ticket) -> list[events.Event]:
    """Move all of a ticket, with what is sealed for its place sealed for the new one, and return what happened."""
    slot, uid = contact.key_slot, contact.uid
    key, at = services.keys.get(slot, uid), services.clock()
    training.move_labels(services, tx, contact, other.id, kept.id, kept.last_seq)
    for note in rows.clashing(tx, kept.id, other.id):
        cid = uuid4().bytes
        rows.rename_note(tx, note, cid, seal_text(key, "note", cid, unseal_text(key, "note", note.cid, note.body)))
    for entry in rows.tagged(tx, other.id):
        text = services.unseal(slot, uid, f"system/{other.id}/{entry.entry}", entry.tags)
        place = f"system/{kept.id}/{kept.last_entry + entry.entry}"
        rows.put_tags(tx, entry, None if text is None else services.seal(slot, uid, place, text))
    tags, values = _tags(services, contact, kept, other), _values(kept, other) | {"updated_at": at}
    if (rated := rows.rating(tx, other.id)) is not None:
        comment = services.unseal(slot, uid, f"rating/{other.id}", rated[1])
        sealed = None if comment is None else services.seal(slot, uid, f"rating/{kept.id}", comment)
        values |= {"rating": rated[0], "rating_comment": sealed}
    values |= {"fields": _fields(services, contact, kept, other)}
    rows.move(tx, kept, other, at)
    tagging.put(services, tx, kept, contact, tags)
    rows.close(tx, kept, values)
    return [events.TicketMerged(kept.ref, merged=other.number, merged_id=other.id, seq=kept.last_seq + other.last_seq)]


def _fields(services: Services, contact: Contact, kept: Ticket, other: Ticket) -> bytes | None:
    """Return what both say in their fields, the later one where both say something of one."""
    both = [fields.filled(services, contact.key_slot, contact.uid, each) for each in (kept, other)]
    return fields.seal(services, contact, kept.id, [*{one.key: one for each in both for one in each}.values()])


def _tags(services: Services, contact: Contact, kept: Ticket, other: Ticket) -> list[str]:
    """Return the tags of both tickets, each once."""
    both = [tag for each in (kept, other) for tag in tagging.tags_of(services, contact.key_slot, contact.uid, each)]
    return list(dict.fromkeys(both))


def _values(kept: Ticket, other: Ticket) -> dict[str, object]:
    """Return what the ticket is from now on: what the one was in which the chat goes on."""
    goes_on = kept if other.ended and not kept.ended else other
    ahead = kept if goes_on is other else other
    return {
        "status": goes_on.status,
        "assignee": goes_on.assignee or ahead.assignee,
        "department_id": goes_on.department_id,
        "priority": max(kept.priority, other.priority, key=PRIORITIES.index),
        "snoozed_until": goes_on.snoozed_until,
        "last_seq": kept.last_seq + other.last_seq,
        "last_note": kept.last_note + other.last_note,
        "last_entry": kept.last_entry + other.last_entry,
        "agent_read": _read(kept, other.agent_read, kept.agent_read),
        "visitor_read": _read(kept, other.visitor_read, kept.visitor_read),
    }


def _read(kept: Ticket, later: int, earlier: int) -> int:
    """Return up to where one side has read: who read in the later ticket has read what is before it."""
    return kept.last_seq + later if later else earlier
