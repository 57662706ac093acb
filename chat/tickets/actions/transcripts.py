"""Reading what was said: messages and notes as the frames that carry them, and a ticket's summary."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

import structlog
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from msgspec import UNSET, UnsetType, structs

from chat.attachments import store as uploads
from chat.attachments.actions.attachments import file_out
from chat.contacts.store import contacts, persons
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
from chat.team.actions import agents as team
from chat.tickets.actions import fields
from chat.tickets.actions.tagging import tags_of
from chat.tickets.domain import WHOLE, Span
from chat.tickets.store import editing, tickets
from chat.tickets.store import notes as stored_notes
from chat.tickets.store.tickets import ListedTicket

log = structlog.get_logger("chat.transcripts")
PREVIEW = 140
Authors = dict[str, frames.Author]
FilesOfTicket = dict[int, list[Attachment]]


async def messages(
    services: Services,
    contact_id: int,
    ticket: Ticket,
    after: int = 0,
    *,
    agents: bool,
    limit: int | None = None,
    before: int | None = None,
) -> list[frames.Entry]:
    """
    Return a ticket's messages and redactions after `after` and `before` another. For agents held ones come without
    text, the visitor sees their own words.
    """

    def work(tx: Tx) -> tuple[Contact, list[Message], Authors, FilesOfTicket, dict[int, Message]]:
        contact = contacts.by_id(tx, contact_id)
        found = tickets.messages(tx, ticket.id, after, limit, before=before)
        changed = editing.targets(tx, ticket.id, found)
        return contact, found, authors(services, tx, contact, agents=agents), files_of(tx, found), changed

    contact, found, known, files, targets = await services.store.read(work)
    said = [
        message_out(services, contact, ticket.number, each, known, agents=agents, targets=targets) for each in found
    ]
    return with_files(services, contact, said, files)


async def list_held(services: Services, contact_id: int, ticket: Ticket) -> list[frames.Entry]:
    """Return a ticket's held messages with their text: the quarantine, opened by an agent."""

    def work(tx: Tx) -> tuple[Contact, list[Message], Authors, FilesOfTicket]:
        contact = contacts.by_id(tx, contact_id)
        found = tickets.messages(tx, ticket.id, held=True)
        return contact, found, authors(services, tx, contact, agents=True), files_of(tx, found)

    contact, found, known, files = await services.store.read(work)
    targets = {each.seq: each for each in found}
    said = [
        message_out(services, contact, ticket.number, each, known, agents=False, shown=True, targets=targets)
        for each in found
    ]
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
    kind = t("transcript.former" if author.kind == "agent" and not author.name else f"transcript.{author.kind}")
    return f"{kind} {texts.isolated(author.name)}" if author.name else kind


async def notes(
    services: Services,
    contact_id: int,
    ticket: Ticket,
    after: int = 0,
    limit: int | None = None,
    *,
    among: Span = WHOLE,
) -> list[frames.NoteOut]:
    """Return a ticket's notes after number `after` that stand in a part of it."""

    def work(tx: Tx) -> tuple[Contact, list[Note], Authors]:
        contact = contacts.by_id(tx, contact_id)
        return (
            contact,
            stored_notes.page(tx, ticket.id, after, limit, among),
            authors(services, tx, contact, agents=True),
        )

    contact, found, known = await services.store.read(work)
    return [note_out(services, contact, ticket.number, each, known) for each in found]


def message_out(  # noqa: PLR0913 - each by its name
    services: Services,
    contact: Contact,
    number: int,
    message: Message,
    known: Authors,
    *,
    agents: bool,
    shown: bool = False,
    targets: Mapping[int, Message] | None = None,
) -> frames.Entry:
    """
    Return one stored message, redaction or change as a frame. `known` has the agents' names, and the contact's under
    "", `targets` the messages that were changed, by `seq`.
    """
    if message.target is not None:
        if message.edited_at is not None:
            return edited_out(services, contact, number, message, (targets or {}).get(message.target), agents=agents)
        return redacted_out(number, message)
    hidden = agents and message.held
    key = services.keys.get(contact.key_slot, contact.uid)
    whose = "" if message.author == "visitor" else message.agent_id or "?"
    return frames.MessageOut(
        ticket=number,
        seq=message.seq,
        id=uuid_text(message.cid),
        author=known.get(whose) or frames.Author(message.author),
        at=stamp(message.at),
        text=UNSET if hidden else _text(key, message),
        held=message.held and (agents or shown),
        edited=message.edited_at is not None or UNSET,
    )


def edited_out(
    services: Services, contact: Contact, number: int, entry: Message, target: Message | None, *, agents: bool
) -> frames.EditedOut:
    """Return a change as a frame, with the text that stands there now, whatever it was when it was made."""
    held = agents and (entry.held or (target is not None and target.held))
    text: str | UnsetType | None = UNSET if held else None
    if target is not None and not held:
        text = _text(services.keys.get(contact.key_slot, contact.uid), target)
    return frames.EditedOut(number, entry.seq, entry.target or 0, text, held)


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


def note_out(services: Services, contact: Contact, number: int, note: Note, known: Authors) -> frames.NoteOut:
    """Return one stored note as a frame."""
    key = services.keys.get(contact.key_slot, contact.uid)
    return frames.NoteOut(
        ticket=number,
        note=note.note,
        after_seq=note.after_seq,
        id=uuid_text(note.cid),
        author=known.get(note.agent_id) or frames.Author("agent"),
        text=_opened(key, "note", note.cid, note.body) or "",
        at=stamp(note.at),
    )


def authors(services: Services, tx: Tx, contact: Contact, *, agents: bool) -> Authors:
    """
    Return each agent of the contact's account by id as an author, by name for `agents` or by alias for the contact; and
    the contact under "", for agents as the person that they take them for. Who was deleted is not there.
    """
    known = visitor_alone(services, persons.whole(tx, contact)[0] if agents else contact)
    for row in agent_store.of_account(tx, contact.account_id):
        name = (not agents and team.get_alias(services, row)) or team.get_name(services, row) or None
        # Nobody gets the picture of who is out. Nameless they are being deleted.
        shown = name and row.deactivated_at is None and row.portrait
        known[row.id] = frames.Author("agent", name, shown or UNSET)
    return known


def visitor_alone(services: Services, contact: Contact) -> Authors:
    """Return the contact as an author."""
    return {"": frames.Author("visitor", name_of(services, contact))}


def name_of(services: Services, contact: Contact) -> str | None:
    """Return the contact's name, None where none was given."""
    return services.unseal(contact.key_slot, contact.uid, "name", contact.name)


def summary(services: Services, listed: ListedTicket) -> frames.TicketSummary:
    """Return a ticket as lists show it."""
    ticket = listed.ticket
    uid, slot, sealed = listed.shown_as or (listed.contact_uid, listed.contact_slot, listed.contact_name)
    return frames.TicketSummary(
        number=ticket.number,
        status=ticket.status,
        assignee=_assignee(services, listed),
        contact=frames.ContactName(listed.contact_uid, services.unseal(slot, uid, "name", sealed)),
        site=listed.site,
        department=listed.department,
        last_seq=ticket.last_seq,
        last_note=ticket.last_note,
        held=ticket.held,
        unread=max(0, ticket.last_seq - ticket.agent_read),
        preview=_preview(services, listed),
        tags=tags_of(services, listed.contact_slot, listed.contact_uid, ticket),
        created_at=stamp(ticket.created_at),
        updated_at=stamp(ticket.updated_at),
        priority=ticket.priority,
        waiting_since=_stamped(None if ticket.ended else ticket.waiting_since),
        snoozed_until=_stamped(None if ticket.ended else ticket.snoozed_until),
        fields=fields.values(services, listed.contact_slot, listed.contact_uid, ticket),
    )


def _stamped(at: int | None) -> str | None:
    return None if at is None else stamp(at)


def _assignee(services: Services, listed: ListedTicket) -> frames.Named | None:
    if listed.assignee is None:
        return None
    agent_id, slot, name = listed.assignee
    with suppress(NotFound):
        return frames.Named(agent_id, services.unseal(slot, agent_id, "name", name) or "")
    return None  # being deleted: the ticket goes to somebody else in a moment


def _preview(services: Services, listed: ListedTicket) -> frames.Preview | None:
    last = listed.last
    if last is None or last.held or last.target is not None or last.redacted_at is not None:
        return None
    key = services.keys.get(listed.contact_slot, listed.contact_uid)
    text = _opened(key, last.author, last.cid, last.body) or ""
    return frames.Preview(last.author, texts.cut(text, PREVIEW), stamp(last.at), last.agent_id or UNSET)
