"""Agents' tools for taking things away: a message, an attachment, a ticket to the trash or for good."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from chat.attachments import store as uploads
from chat.core import access, frames
from chat.core.deliveries import Delivery, Rendered
from chat.core.errors import NotFound
from chat.core.events import MessageRedacted, TicketChanged, TicketEnded, TicketGone
from chat.core.model import Actor, Attachment, Contact, Message, Ticket
from chat.infra.audit import audit
from chat.infra.pauses import Pause
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.spam_filter.actions import training
from chat.spam_filter.store import labels
from chat.tickets.actions import changing, tickets, transcripts
from chat.tickets.actions.tickets import OpenedTicket
from chat.tickets.store import files, merging, redaction
from chat.tickets.store.redaction import TicketToPurge


async def no_pause() -> None:
    """Go on at once."""


async def message(services: Services, actor: Actor, number: int, seq: int) -> frames.RedactedOut:
    """Empty a message for good, its attachments too. Twice gives the same entry."""
    access.require(actor, "message.redact")
    return await _take(services, actor, await tickets.one(services, actor, number), seq, None)


async def attachment(services: Services, actor: Actor, attachment_id: str) -> frames.RedactedOut | None:
    """Delete an attachment for good. Return the entry that says so, None where no message had named it."""
    access.require(actor, "message.redact")
    file = await services.store.read(lambda tx: files.one(tx, actor.account_id, attachment_id, actor.departments))
    if file.ticket_id is None or file.seq is None:
        await _delete_unused(services, actor, file)
        return None
    found = await tickets.summaries(services, actor.account_id, [file.ticket_id])
    if not found:
        raise NotFound("No such attachment")
    opened = await tickets.one(services, actor, found[0].number)
    return await _take(services, actor, opened, file.seq, file.id)


async def trash(services: Services, actor: Actor, number: int) -> frames.TicketSummary:
    """Put a ticket into the trash, from which any other status brings it back, and return the summary."""
    access.require(actor, "ticket.delete")
    return await changing.change(services, actor, number, {"status": "trash"})


async def purge(services: Services, actor: Actor, number: int) -> None:
    """Delete a ticket with all that hangs off it: unseen at once, gone when this returns, or by the sweep."""
    access.require(actor, "ticket.delete")
    opened = await tickets.one(services, actor, number)
    ticket = opened.ticket

    def work(tx: Tx) -> None:
        redaction.mark_for_deletion(tx, [ticket.id], services.clock())
        audit.record(services, tx, actor.account_id, actor.agent_id, "ticket.purged", str(number), opened.contact.uid)
        services.record(tx, TicketGone(ticket.ref))
        # A backup from before they were merged has its parts as tickets of their own.
        for each in [ticket.id, *merging.parts(tx, ticket.id)]:
            services.ledger.enter(services.clock(), "purge", {"ticket": each})

    await services.store.write(work)
    services.bus.publish(TicketEnded(ticket.ref, "agent"), TicketGone(ticket.ref))
    await finish(services, [TicketToPurge(ticket.id, ticket.account_id, ticket.contact_id, opened.contact.uid)])


async def sweep(services: Services) -> int:
    """Go on with tickets whose deletion was cut short, and return how many were finished."""
    due = await services.store.read(redaction.list_marked)
    await finish(services, due)
    return len(due)


async def finish(services: Services, to_purge: Sequence[TicketToPurge], pause: Pause = no_pause) -> None:
    """
    Delete marked tickets with all that hangs off them, chunk by chunk, with a `pause` after each; unlearn their labels.

    Files first: a row without its file is found again, a file without its row only by looking for leftovers.
    """
    owners = {each.ticket_id: each.contact_uid for each in to_purge}
    ids = list(owners)
    if not ids:
        return
    taught = await services.store.read(lambda tx: labels.contacts_of(tx, ids))
    # Where the process was killed after the rows went, what it had learnt of them in memory still has to go.
    taught |= {(each.account_id, each.contact_id) for each in to_purge if services.filters.learnt_of(*each[1:3])}
    for file in await services.store.read(lambda tx: uploads.of_tickets(tx, ids)):
        await asyncio.to_thread(services.blobs.remove, owners[file.ticket_id or 0], file.blob)
    while await services.store.write(lambda tx: redaction.purge_some(tx, ids, services.clock())):
        await pause()
    for account_id, contact_id in taught:
        await training.relearn_contact(services, account_id, contact_id)
    await pause()


def enter_taken(
    services: Services, tx: Tx, contact: Contact, message: tuple[int, int], action: str, **more: str | int | None
) -> None:
    """
    Enter in the ledger what became of a message, for whoever restores a backup: also under the names that it had in
    backups from before its ticket was merged.
    """
    for ticket_id, seq in [message, *merging.origins(tx, *message)]:
        what = {"contact": contact.uid, "ticket": ticket_id, "seq": seq, **more}
        services.ledger.enter(services.clock(), action, what)


def tell(services: Services, ticket: Ticket, entry: Message) -> frames.RedactedOut:
    """Tell whoever has a ticket open that something in it was taken away, and return the frame that says so."""
    out = transcripts.redacted_out(ticket.number, entry)
    redacted = MessageRedacted(ticket.ref, entry.seq, out.target)
    services.bus.publish(Delivery(redacted, Rendered.same(out)), TicketChanged(ticket.ref))
    return out


async def _take(
    services: Services, actor: Actor, opened: OpenedTicket, seq: int, part: str | None
) -> frames.RedactedOut:
    action, target = ("attachment.deleted", part) if part else ("message.redacted", f"{opened.ticket.number}/{seq}")

    def work(tx: Tx) -> tuple[Message, list[Attachment], bool]:
        taken = redaction.redact(tx, opened.ticket.id, seq, services.clock(), part)
        if not taken[2]:
            audit.record(services, tx, actor.account_id, actor.agent_id, action, target, opened.contact.uid)
            services.record(tx, MessageRedacted(opened.ticket.ref, taken[0].seq, taken[0].target or seq))
            enter_taken(services, tx, opened.contact, (opened.ticket.id, seq), "redact", part=part)
        return taken

    entry, gone, again = await services.store.write(work)
    await training.relearn_contact(services, opened.ticket.account_id, opened.contact.id)
    for file in gone:
        await asyncio.to_thread(services.blobs.remove, opened.contact.uid, file.blob)
    return transcripts.redacted_out(opened.ticket.number, entry) if again else tell(services, opened.ticket, entry)


async def _delete_unused(services: Services, actor: Actor, file: Attachment) -> None:
    from_contact = await services.store.read(lambda tx: uploads.owner(tx, file))

    def work(tx: Tx) -> None:
        uploads.drop(tx, [file.id])
        audit.record(services, tx, actor.account_id, actor.agent_id, "attachment.deleted", file.id, from_contact)
        services.ledger.enter(
            services.clock(), "file", {"contact": from_contact, "attachment": file.id, "blob": file.blob}
        )

    await services.store.write(work)
    await asyncio.to_thread(services.blobs.remove, from_contact, file.blob)
