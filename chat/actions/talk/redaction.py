"""Agents' tools for taking things away: a message, an attachment, a ticket to the trash or for good."""

from __future__ import annotations

import asyncio
from typing import Any

from chat import frames
from chat.actions.desk import Desk
from chat.actions.filter import training
from chat.actions.talk import tickets, transcripts
from chat.actions.talk.tickets import Opened
from chat.errors import NotFound
from chat.model import Actor, Attachment, Message
from chat.nudges import Nudge, Told
from chat.store.talk import redaction, uploads


class Redacted:
    """A redaction on its way out; visitors and agents hear the same."""

    def __init__(self, frame: frames.RedactedOut) -> None:
        self.for_visitor = self.for_agents = frames.encode(frame)


async def message(desk: Desk, actor: Actor, number: int, seq: int) -> frames.RedactedOut:
    """Empty a message for good, its attachments too; twice gives the same entry."""
    return await _take(desk, await tickets.one(desk, actor, number), seq, None)


async def attachment(desk: Desk, actor: Actor, attachment_id: str) -> frames.RedactedOut | None:
    """Delete an attachment for good; the entry that says so, None where no message had named it."""
    file = await desk.store.read(lambda tx: uploads.one(tx, attachment_id, account_id=actor.account_id))
    if file.ticket_id is None or file.seq is None:
        await _unused(desk, file)
        return None
    found = await tickets.summaries(desk, [file.ticket_id])
    if not found:
        raise NotFound("No such attachment")
    opened = await tickets.one(desk, actor, found[0]["number"])
    return await _take(desk, opened, file.seq, file.id)


async def trash(desk: Desk, actor: Actor, number: int) -> dict[str, Any]:
    """Put a ticket into the trash, from which any other status brings it back; return the summary."""
    return await tickets.change(desk, actor, number, {"status": "trash"})


async def purge(desk: Desk, actor: Actor, number: int) -> None:
    """Delete a ticket with all that hangs off it: unseen at once, gone when this returns, or by the sweep."""
    opened = await tickets.one(desk, actor, number)
    ticket = opened.ticket
    await desk.store.write(lambda tx: redaction.doom(tx, ticket.id, desk.clock()))
    desk.live.publish(
        Told(Nudge("ended", contact=ticket.contact_id, ticket=ticket.id, number=number, by="agent")),
        Told(Nudge("gone", account=actor.account_id, ticket=ticket.id, number=number)),
    )
    await _purge(desk, ticket.id, opened.contact.uid)


async def sweep(desk: Desk) -> int:
    """Go on with tickets whose deletion was cut short; return how many were finished."""
    due = await desk.store.read(redaction.doomed)
    for ticket_id, contact_uid in due:
        await _purge(desk, ticket_id, contact_uid)
    return len(due)


async def _purge(desk: Desk, ticket_id: int, contact_uid: str) -> None:
    """Files first: a row without its file is found again, a file without its row only by looking for leftovers."""
    for file in await desk.store.read(lambda tx: uploads.of_ticket(tx, ticket_id)):
        await asyncio.to_thread(desk.blobs.remove, contact_uid, file.blob)
    while await desk.store.write(lambda tx: redaction.purge_some(tx, ticket_id)):
        pass
    await training.changed_of(desk, contact_uid)


async def _take(desk: Desk, opened: Opened, seq: int, part: str | None) -> frames.RedactedOut:
    def work(tx: Any) -> tuple[Message, list[Attachment], bool]:
        return redaction.redact(tx, opened.ticket.id, seq, desk.clock(), part)

    entry, gone, again = await desk.store.write(work)
    await training.changed(desk, opened.ticket.account_id, opened.contact.id)
    for file in gone:
        await asyncio.to_thread(desk.blobs.remove, opened.contact.uid, file.blob)
    ticket = opened.ticket
    out = transcripts.redacted_out(ticket.number, entry)
    if not again:
        happened = Nudge(
            "message",
            account=ticket.account_id,
            contact=ticket.contact_id,
            ticket=ticket.id,
            number=ticket.number,
            seq=entry.seq,
        )
        changed = Nudge("ticket", account=ticket.account_id, ticket=ticket.id, number=ticket.number)
        desk.live.publish(Told(happened, Redacted(out)), Told(changed))
    return out


async def _unused(desk: Desk, file: Attachment) -> None:
    from_contact = await desk.store.read(lambda tx: uploads.owner(tx, file))
    await desk.store.write(lambda tx: uploads.drop(tx, [file.id]))
    await asyncio.to_thread(desk.blobs.remove, from_contact, file.blob)
