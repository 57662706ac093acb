"""Reading what was said: messages and notes as the frames that carry them, and a ticket's summary."""

from __future__ import annotations

from contextlib import suppress

import structlog
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import UNSET, structs

from chat.attachments import store as uploads
from chat.attachments.actions.attachments import file_out
from chat.contacts.store import contacts
from chat.core import frames, texts
from chat.core.clock import stamp
from chat.core.crypt import Sealed, unseal_text
from chat.core.errors import NotFound
from chat.core.ids import uuid_text
from chat.core.locales import Words
from chat.core.model import Attachment, Contact, Message, Note, Ticket
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team import store as agent_store
from chat.tickets.store import tickets
from chat.tickets.store.tickets import ListedTicket

log = structlog.get_logger("chat.transcripts")
PREVIEW = 140
Names = dict[str, str | None]
FilesOfTicket = dict[int, list[Attachment]]


async def messages(
    services: Services,
    contact_id: int,
    ticket: Ticket,
    after: int = 0,
    *,
    agents: bool,
    limit: int | None = None,
) -> list[frames.Entry]:
    """
    Return a ticket's messages and redactions after `after`. For agents held ones come without text, the visitor sees
    their own words.
    """

    def work(tx: Tx) -> tuple[Contact, list[Message], Names, FilesOfTicket]:
        contact = contacts.by_id(tx, contact_id)
        found = tickets.messages(tx, ticket.id, after, limit)
        return contact, found, names(services, tx, contact), files_of(tx, found)

    contact, found, known, files = await services.store.read(work)
    said = [message_out(services, contact, ticket.number, each, known, agents=agents) for each in found]
    return with_files(services, contact, said, files)


async def list_held(services: Services, contact_id: int, ticket: Ticket) -> list[frames.Entry]:
    """Return a ticket's held messages with their text: the quarantine, opened by an agent."""

    def work(tx: Tx) -> tuple[Contact, list[Message], Names, FilesOfTicket]:
        contact = contacts.by_id(tx, contact_id)
        found = tickets.messages(tx, ticket.id, held=True)
        return contact, found, names(services, tx, contact), files_of(tx, found)

    contact, found, known, files = await services.store.read(work)
    said = [message_out(services, contact, ticket.number, each, known, agents=False, shown=True) for each in found]
    return with_files(services, contact, said, files)


async def hand_out(services: Services, contact: Contact) -> str:
    """Return everything said with a contact as plain text for the contact, entered in the audit log."""
    await audit.record_once(services, contact.account_id, "visitor", "transcript.exported", contact.uid, contact.uid)
    return await as_text(services, contact)


async def as_text(services: Services, contact: Contact) -> str:
    """Return everything said with a contact as plain text, as they see it."""
    lines: list[str] = []
    t = services.gathered.locales.words(contact.locale)
    for ticket in await services.store.read(lambda tx: tickets.all_of_contact(tx, contact.id)):
        for each in await messages(services, contact.id, ticket, agents=False):
            if isinstance(each, frames.MessageOut) and isinstance(each.text, str):
                files = [f"{t('transcript.file')}: {texts.isolated(file.name)}" for file in each.attachments]
                lines.append(texts.entry(f"[{each.at}] {_by(t, each.author)}: ", each.text, *files))
        lines.append("")
    return "\n".join(lines)


def _by(t: Words, author: frames.Author) -> str:
    """Say who wrote: what they are comes first, so that no name passes for somebody else's."""
    kind = t(f"transcript.{author.kind}")
    return f"{kind} {texts.isolated(author.name)}" if author.name else kind


async def notes(
    services: Services, contact_id: int, ticket: Ticket, after: int = 0, limit: int | None = None
) -> list[frames.NoteOut]:
    """Return a ticket's notes after number `after`."""

    def work(tx: Tx) -> tuple[Contact, list[Note], Names]:
        contact = contacts.by_id(tx, contact_id)
        return (
            contact,
            tickets.notes(tx, ticket.id, after, limit),
            names(services, tx, contact),
        )

    contact, found, known = await services.store.read(work)
    return [note_out(services, contact, ticket.number, each, known) for each in found]


def message_out(
    services: Services,
    contact: Contact,
    number: int,
    message: Message,
    known: Names,
    *,
    agents: bool,
    shown: bool = False,
) -> frames.Entry:
    """
    Return one stored message or redaction as a frame. `known` has the agents' names, and the contact's under "".
    """
    if message.target is not None:
        return redacted_out(number, message)
    hidden = agents and message.held
    key = services.keys.get(contact.key_slot, contact.uid)
    name = known.get("" if message.author == "visitor" else message.agent_id or "?")
    return frames.MessageOut(
        ticket=number,
        seq=message.seq,
        id=uuid_text(message.cid),
        author=frames.Author(message.author, name),
        at=stamp(message.at),
        text=UNSET if hidden else _text(key, message),
        held=message.held and (agents or shown),
    )


def redacted_out(number: int, message: Message) -> frames.RedactedOut:
    """Return a redaction as a frame."""
    return frames.RedactedOut(number, message.seq, message.target or 0, message.part or UNSET)


def files_of(tx: Tx, found: list[Message]) -> FilesOfTicket:
    """Return the attachments of some messages of one ticket by `seq`."""
    return uploads.of_messages(tx, found[0].ticket_id, [each.seq for each in found]) if found else {}


def with_files(
    services: Services, contact: Contact, said: list[frames.Entry], files: FilesOfTicket
) -> list[frames.Entry]:
    """Add to each message whose text is shown the attachments that it names."""
    return [
        structs.replace(each, attachments=_files_out(services, contact, files[each.seq]))
        if isinstance(each, frames.MessageOut) and each.text is not UNSET and each.seq in files
        else each
        for each in said
    ]


def _files_out(services: Services, contact: Contact, files: list[Attachment]) -> list[frames.AttachmentOut]:
    """Return those attachments whose rows open as the contact's."""
    made = []
    for each in files:
        with suppress(NotFound):
            made.append(file_out(services, contact, each))
    return made


def _text(key: AESGCM, message: Message) -> str | None:
    if message.redacted_at is not None:
        return None
    return _opened(key, message.author, message.cid, message.body)


def _opened(key: AESGCM, kind: str, cid: bytes, body: bytes) -> str | None:
    """
    Return what was said, or None where these bytes are not what was stored there, which keeps nobody from the rest.
    """
    try:
        return unseal_text(key, kind, cid, body)
    except Sealed:
        log.error("a text does not open", kind=kind)  # noqa: TRY400 - where it happened says nothing
        return None


def note_out(services: Services, contact: Contact, number: int, note: Note, known: Names) -> frames.NoteOut:
    """Return one stored note as a frame."""
    key = services.keys.get(contact.key_slot, contact.uid)
    return frames.NoteOut(
        ticket=number,
        note=note.note,
        after_seq=note.after_seq,
        id=uuid_text(note.cid),
        author=frames.Author("agent", known.get(note.agent_id)),
        text=_opened(key, "note", note.cid, note.body) or "",
        at=stamp(note.at),
    )


def names(services: Services, tx: Tx, contact: Contact) -> Names:
    """Return the name of each agent of the contact's account by id, and the contact's under ""."""
    rows = agent_store.of_account(tx, contact.account_id)
    known = {row.id: services.unseal(row.key_slot, row.id, "name", row.name) for row in rows}
    return known | {"": name_of(services, contact)}


def name_of(services: Services, contact: Contact) -> str | None:
    """Return the contact's name, None where none was given."""
    return services.unseal(contact.key_slot, contact.uid, "name", contact.name)


def summary(services: Services, listed: ListedTicket) -> frames.TicketSummary:
    """Return a ticket as lists show it."""
    ticket = listed.ticket
    name = services.unseal(listed.contact_slot, listed.contact_uid, "name", listed.contact_name)
    return frames.TicketSummary(
        number=ticket.number,
        status=ticket.status,
        assignee=_assignee(services, listed),
        contact=frames.ContactName(listed.contact_uid, name),
        site=listed.site,
        department=listed.department,
        last_seq=ticket.last_seq,
        last_note=ticket.last_note,
        held=ticket.held,
        unread=max(0, ticket.last_seq - ticket.agent_read),
        preview=_preview(services, listed),
        tags=ticket.tags,
        created_at=stamp(ticket.created_at),
        updated_at=stamp(ticket.updated_at),
    )


def _assignee(services: Services, listed: ListedTicket) -> frames.Named | None:
    if listed.assignee is None:
        return None
    agent_id, slot, name = listed.assignee
    return frames.Named(agent_id, services.unseal(slot, agent_id, "name", name) or "")


def _preview(services: Services, listed: ListedTicket) -> frames.Preview | None:
    last = listed.last
    if last is None or last.held or last.target is not None or last.redacted_at is not None:
        return None
    key = services.keys.get(listed.contact_slot, listed.contact_uid)
    text = _opened(key, last.author, last.cid, last.body) or ""
    return frames.Preview(last.author, texts.cut(text, PREVIEW), stamp(last.at))
