"""
System entries: what was done with a ticket, entered in it for its agents in the transaction that does it, and read
again as frames. A feature that does something with tickets calls `enter`, and publishes what it returns after the
commit; its words (`inbox.system.<kind>`) are its own. Nothing a person wrote is kept in one but tags, which are sealed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from msgspec import UNSET

from chat.contacts.store import contacts
from chat.core import frames
from chat.core.clock import stamp
from chat.core.events import SystemEntered, TicketRef
from chat.core.model import Contact, SystemEntry, Ticket
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.tickets.actions import transcripts
from chat.tickets.domain import WHOLE, By, Fact, Span
from chat.tickets.store import entries


def enter(services: Services, tx: Tx, ref: TicketRef, who: By, facts: Sequence[Fact]) -> list[SystemEntered]:
    """Enter facts in a ticket, in their order, and return the event that tells it: none where there are none."""
    if not facts:
        return []
    first, after = entries.take_numbers(tx, ref.id, len(facts))
    made = [_entry(services, tx, ref, who, fact, entry, after) for entry, fact in enumerate(facts, first)]
    entries.add(tx, made)
    return [SystemEntered(ref, made[-1].entry)]


def _entry(services: Services, tx: Tx, ref: TicketRef, who: By, fact: Fact, entry: int, after: int) -> SystemEntry:
    return SystemEntry(
        ticket_id=ref.id,
        entry=entry,
        after_seq=after,
        kind=fact.kind,
        author=who.author,
        agent_id=who.agent_id,
        assignee=fact.assignee,
        department_id=fact.department,
        number=fact.number,
        until_at=fact.until,
        tags=_sealed(services, contacts.by_id(tx, ref.contact), f"system/{ref.id}/{entry}", fact),
        at=services.clock(),
    )


def _sealed(services: Services, contact: Contact, context: str, fact: Fact) -> bytes | None:
    if not (fact.added or fact.removed):
        return None
    text = msgspec.json.encode(frames.TagsChanged(fact.added, fact.removed)).decode()
    return services.seal(contact.key_slot, contact.uid, context, text)


async def page(
    services: Services,
    contact_id: int,
    ticket: Ticket,
    after: int = 0,
    limit: int | None = None,
    *,
    among: Span = WHOLE,
) -> list[frames.SystemOut]:
    """Return what was done with a ticket, or in a part of it, after an entry, as its agents are told."""

    def work(tx: Tx) -> tuple[Contact, list[SystemEntry], transcripts.Authors, dict[str, str]]:
        contact = contacts.by_id(tx, contact_id)
        known = transcripts.authors(services, tx, contact, agents=True)
        found = entries.page(tx, ticket.id, after, limit, among)
        return contact, found, known, entries.departments(tx, ticket.account_id)

    contact, found, known, departments = await services.store.read(work)
    return [_out(services, contact, ticket.number, each, known, departments) for each in found]


def _out(
    services: Services,
    contact: Contact,
    number: int,
    entry: SystemEntry,
    known: transcripts.Authors,
    departments: Mapping[str, str],
) -> frames.SystemOut:
    whose = "" if entry.author == "visitor" else entry.agent_id or "?"
    assignee = known.get(entry.assignee or "?")
    return frames.SystemOut(
        ticket=number,
        entry=entry.entry,
        after_seq=entry.after_seq,
        kind=entry.kind,
        author=known.get(whose) or frames.Author(entry.author),
        at=stamp(entry.at),
        assignee=frames.Named(entry.assignee, (assignee and assignee.name) or "") if entry.assignee else UNSET,
        department=_department(entry.department_id, departments),
        number=UNSET if entry.number is None else entry.number,
        until=UNSET if entry.until_at is None else stamp(entry.until_at),
        tags=_tags(services, contact, entry),
    )


def _department(uid: str | None, names: Mapping[str, str]) -> frames.Named | msgspec.UnsetType:
    return frames.Named(uid, names.get(uid, "")) if uid else UNSET


def _tags(services: Services, contact: Contact, entry: SystemEntry) -> frames.TagsChanged | msgspec.UnsetType:
    context = f"system/{entry.ticket_id}/{entry.entry}"
    text = services.unseal(contact.key_slot, contact.uid, context, entry.tags)
    return UNSET if text is None else msgspec.json.decode(text, type=frames.TagsChanged)
