"""Reading what was said: messages and notes as the frames that carry them, and a ticket's summary."""

from __future__ import annotations

import uuid
from typing import Any

from msgspec import UNSET

from chat import frames
from chat.actions.desk import Desk, unseal_text
from chat.clock import stamp
from chat.model import Contact, Message, Note, Ticket
from chat.store import agents as agent_store
from chat.store import privacy, tickets
from chat.store.tickets import Listed

PREVIEW = 140
Names = dict[str, str | None]


async def messages(
    desk: Desk,
    contact_id: int,
    ticket: Ticket,
    after: int = 0,
    *,
    agents: bool,
    limit: int | None = None,
) -> list[frames.MessageOut]:
    """
    Return a ticket's messages after `after`; for agents held ones come without text, the visitor sees their own
    words.
    """

    def work(tx: Any) -> tuple[Contact, list[Message], Names]:
        contact = privacy.contact_by_id(tx, contact_id)
        return (
            contact,
            tickets.messages(tx, ticket.id, after, limit),
            names(desk, tx, contact),
        )

    contact, found, known = await desk.store.read(work)
    return [message_out(desk, contact, ticket.number, each, known, agents=agents) for each in found]


async def held(desk: Desk, contact_id: int, ticket: Ticket) -> list[frames.MessageOut]:
    """Return a ticket's held messages with their text: the quarantine, opened by an agent."""

    def work(tx: Any) -> tuple[Contact, list[Message], Names]:
        contact = privacy.contact_by_id(tx, contact_id)
        return contact, tickets.messages(tx, ticket.id, held=True), names(desk, tx, contact)

    contact, found, known = await desk.store.read(work)
    return [message_out(desk, contact, ticket.number, each, known, agents=False, shown=True) for each in found]


async def notes(
    desk: Desk, contact_id: int, ticket: Ticket, after: int = 0, limit: int | None = None
) -> list[frames.NoteOut]:
    """Return a ticket's notes after number `after`."""

    def work(tx: Any) -> tuple[Contact, list[Note], Names]:
        contact = privacy.contact_by_id(tx, contact_id)
        return (
            contact,
            tickets.notes(tx, ticket.id, after, limit),
            names(desk, tx, contact),
        )

    contact, found, known = await desk.store.read(work)
    return [note_out(desk, contact, ticket.number, each, known) for each in found]


def message_out(
    desk: Desk, contact: Contact, number: int, message: Message, known: Names, *, agents: bool, shown: bool = False
) -> frames.MessageOut:
    """Return one stored message as a frame; `known` has the agents' names, and the contact's under ""."""
    hidden = agents and message.held
    key = desk.keys.get(contact.key_slot, contact.uid)
    name = known.get("" if message.author == "visitor" else message.agent_id or "?")
    return frames.MessageOut(
        ticket=number,
        seq=message.seq,
        id=str(uuid.UUID(bytes=message.cid)),
        author=frames.Author(message.author, name),
        at=stamp(message.at),
        text=UNSET if hidden else unseal_text(key, message.author, message.cid, message.body),
        held=message.held and (agents or shown),
    )


def note_out(desk: Desk, contact: Contact, number: int, note: Note, known: Names) -> frames.NoteOut:
    """Return one stored note as a frame."""
    key = desk.keys.get(contact.key_slot, contact.uid)
    return frames.NoteOut(
        ticket=number,
        note=note.note,
        after_seq=note.after_seq,
        id=str(uuid.UUID(bytes=note.cid)),
        author=frames.Author("agent", known.get(note.agent_id)),
        text=unseal_text(key, "note", note.cid, note.body),
        at=stamp(note.at),
    )


def names(desk: Desk, tx: Any, contact: Contact) -> Names:
    """Return the name of each agent of the contact's account by id, and the contact's under ""."""
    rows = agent_store.of_account(tx, contact.account_id)
    known = {row.id: desk.unseal(row.key_slot, row.id, "name", row.name) for row in rows}
    return known | {"": name_of(desk, contact)}


def name_of(desk: Desk, contact: Contact) -> str | None:
    """Return the contact's name, None where none was given."""
    return desk.unseal(contact.key_slot, contact.uid, "name", contact.name)


def summary(desk: Desk, listed: Listed) -> dict[str, Any]:
    """Return a ticket as lists show it."""
    ticket = listed.ticket
    name = desk.unseal(listed.contact_slot, listed.contact_uid, "name", listed.contact_name)
    return {
        "number": ticket.number,
        "status": ticket.status,
        "assignee": _assignee(desk, listed),
        "contact": {"id": listed.contact_uid, "name": name},
        "site": listed.site,
        "last_seq": ticket.last_seq,
        "last_note": ticket.last_note,
        "held": ticket.held,
        "unread": max(0, ticket.last_seq - ticket.agent_read),
        "preview": _preview(desk, listed),
        "tags": ticket.tags,
        "created_at": stamp(ticket.created_at),
        "updated_at": stamp(ticket.updated_at),
    }


def _assignee(desk: Desk, listed: Listed) -> dict[str, str] | None:
    if listed.assignee is None:
        return None
    agent_id, slot, name = listed.assignee
    return {"id": agent_id, "name": desk.unseal(slot, agent_id, "name", name) or ""}


def _preview(desk: Desk, listed: Listed) -> dict[str, str] | None:
    last = listed.last
    if last is None or last.held:
        return None
    key = desk.keys.get(listed.contact_slot, listed.contact_uid)
    text = unseal_text(key, last.author, last.cid, last.body)
    return {"kind": last.author, "text": text[:PREVIEW], "at": stamp(last.at)}
