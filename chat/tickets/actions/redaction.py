"""Agents' tools for taking things away: a message, an attachment, a ticket to the trash or for good."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from chat.attachments import store as uploads
from chat.core import frames
from chat.core.errors import NotFound
from chat.core.model import Actor, Attachment, Message, Ticket
from chat.core.nudges import Nudge, Told
from chat.infra.audit import audit
from chat.infra.desk import Desk
from chat.spam_filter.actions import training
from chat.spam_filter.store import labels
from chat.tickets.actions import tickets, transcripts
from chat.tickets.actions.tickets import Opened
from chat.tickets.store import redaction
from chat.tickets.store.redaction import Doomed

Pause = Callable[[], Awaitable[None]]


async def no_pause() -> None:
    """Go on at once."""


class Redacted:
    """A redaction on its way out; visitors and agents hear the same."""

    def __init__(self, frame: frames.RedactedOut) -> None:
        self.for_visitor = self.for_agents = frames.encode(frame)


async def message(desk: Desk, actor: Actor, number: int, seq: int) -> frames.RedactedOut:
    """Empty a message for good, its attachments too; twice gives the same entry."""
    return await _take(desk, actor, await tickets.one(desk, actor, number), seq, None)


async def attachment(desk: Desk, actor: Actor, attachment_id: str) -> frames.RedactedOut | None:
    """Delete an attachment for good; the entry that says so, None where no message had named it."""
    file = await desk.store.read(lambda tx: uploads.one(tx, attachment_id, account_id=actor.account_id))
    if file.ticket_id is None or file.seq is None:
        await _unused(desk, actor, file)
        return None
    found = await tickets.summaries(desk, actor.account_id, [file.ticket_id])
    if not found:
        raise NotFound("No such attachment")
    opened = await tickets.one(desk, actor, found[0]["number"])
    return await _take(desk, actor, opened, file.seq, file.id)


async def trash(desk: Desk, actor: Actor, number: int) -> dict[str, Any]:
    """Put a ticket into the trash, from which any other status brings it back; return the summary."""
    return await tickets.change(desk, actor, number, {"status": "trash"})


async def purge(desk: Desk, actor: Actor, number: int) -> None:
    """Delete a ticket with all that hangs off it: unseen at once, gone when this returns, or by the sweep."""
    opened = await tickets.one(desk, actor, number)
    ticket = opened.ticket

    def work(tx: Any) -> None:
        redaction.doom(tx, [ticket.id], desk.clock())
        audit.enter(desk, tx, actor.account_id, actor.agent_id, "ticket.purged", str(number), opened.contact.uid)
        desk.ledger.enter(desk.clock(), "purge", {"ticket": ticket.id})

    await desk.store.write(work)
    desk.live.publish(
        Told(Nudge("ended", contact=ticket.contact_id, ticket=ticket.id, number=number, by="agent")),
        Told(Nudge("gone", account=actor.account_id, ticket=ticket.id, number=number)),
    )
    await finish(desk, [Doomed(ticket.id, ticket.account_id, ticket.contact_id, opened.contact.uid)])


async def sweep(desk: Desk) -> int:
    """Go on with tickets whose deletion was cut short; return how many were finished."""
    due = await desk.store.read(redaction.doomed)
    await finish(desk, due)
    return len(due)


async def finish(desk: Desk, doomed: Sequence[Doomed], pause: Pause = no_pause) -> None:
    """
    Delete doomed tickets with all that hangs off them, chunk by chunk, with a `pause` after each; unlearn their labels.

    Files first: a row without its file is found again, a file without its row only by looking for leftovers.
    """
    owners = {each.ticket_id: each.contact_uid for each in doomed}
    ids = list(owners)
    if not ids:
        return
    taught = await desk.store.read(lambda tx: labels.contacts_of(tx, ids))
    # Where the process was killed after the rows went, what it had learnt of them in memory still has to go.
    taught |= {(each.account_id, each.contact_id) for each in doomed if desk.filters.learnt_of(*each[1:3])}
    for file in await desk.store.read(lambda tx: uploads.of_tickets(tx, ids)):
        await asyncio.to_thread(desk.blobs.remove, owners[file.ticket_id or 0], file.blob)
    while await desk.store.write(lambda tx: redaction.purge_some(tx, ids, desk.clock())):
        await pause()
    for account_id, contact_id in taught:
        await training.changed(desk, account_id, contact_id)
    await pause()


def tell(desk: Desk, ticket: Ticket, entry: Message) -> frames.RedactedOut:
    """Tell whoever has a ticket open that something in it was taken away; return the frame that says so."""
    out = transcripts.redacted_out(ticket.number, entry)
    account, contact, number = ticket.account_id, ticket.contact_id, ticket.number
    happened = Nudge("message", account=account, contact=contact, ticket=ticket.id, number=number, seq=entry.seq)
    changed = Nudge("ticket", account=account, ticket=ticket.id, number=number)
    desk.live.publish(Told(happened, Redacted(out)), Told(changed))
    return out


async def _take(desk: Desk, actor: Actor, opened: Opened, seq: int, part: str | None) -> frames.RedactedOut:
    action, target = ("attachment.deleted", part) if part else ("message.redacted", f"{opened.ticket.number}/{seq}")

    def work(tx: Any) -> tuple[Message, list[Attachment], bool]:
        taken = redaction.redact(tx, opened.ticket.id, seq, desk.clock(), part)
        if not taken[2]:
            audit.enter(desk, tx, actor.account_id, actor.agent_id, action, target, opened.contact.uid)
            what = {"contact": opened.contact.uid, "ticket": opened.ticket.id, "seq": seq, "part": part}
            desk.ledger.enter(desk.clock(), "redact", what)
        return taken

    entry, gone, again = await desk.store.write(work)
    await training.changed(desk, opened.ticket.account_id, opened.contact.id)
    for file in gone:
        await asyncio.to_thread(desk.blobs.remove, opened.contact.uid, file.blob)
    return transcripts.redacted_out(opened.ticket.number, entry) if again else tell(desk, opened.ticket, entry)


async def _unused(desk: Desk, actor: Actor, file: Attachment) -> None:
    from_contact = await desk.store.read(lambda tx: uploads.owner(tx, file))

    def work(tx: Any) -> None:
        uploads.drop(tx, [file.id])
        audit.enter(desk, tx, actor.account_id, actor.agent_id, "attachment.deleted", file.id, from_contact)
        desk.ledger.enter(desk.clock(), "file", {"contact": from_contact, "attachment": file.id, "blob": file.blob})

    await desk.store.write(work)
    await asyncio.to_thread(desk.blobs.remove, from_contact, file.blob)
