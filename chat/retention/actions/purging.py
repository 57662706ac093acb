"""What each rule of retention does with things that are due, in small transactions between which others write."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from chat.contacts.store import contacts as people
from chat.core.clock import DAY
from chat.core.errors import NotFound
from chat.core.model import Attachment, Message, Ticket
from chat.core.nudges import Nudge, Told
from chat.erasure.actions import erasure
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.retention.store import ageing, runs
from chat.retention.store.ageing import Found, Kind, Policy
from chat.retention.store.runs import Run
from chat.spam_filter.actions import training
from chat.spam_filter.store import labels as marks
from chat.tickets.actions import redaction
from chat.tickets.actions.redaction import Pause
from chat.tickets.store import redaction as rows
from chat.tickets.store.redaction import Doomed

Take = Callable[["Batch"], Awaitable[None]]


@dataclass(frozen=True)
class Batch:
    """Some things of a kind that were due a moment ago, on behalf of a run; `pause` lets others have their turn."""

    services: Services
    run: Run
    kind: Kind
    policy: Policy
    found: Sequence[Found]
    pause: Pause

    def still(self, tx: Tx, found: Sequence[Found] | None = None) -> list[Found]:
        """Return those that are due even now, and count them as purged in this transaction."""
        kept = ageing.still(tx, self.kind, self.policy, self.found if found is None else found)
        runs.purged(tx, self.run.id, self.kind.rule, len(kept))
        return kept


async def tickets(batch: Batch) -> None:
    """Delete tickets with all that hangs off them: unseen at once, then chunk by chunk."""
    services, ids = batch.services, [each[1] for each in batch.found]

    def work(tx: Tx) -> list[tuple[Ticket, str]]:
        known = rows.locked(tx, ids)
        kept = {each[1] for each in batch.still(tx)}
        rows.doom(tx, list(kept), services.clock())
        return [(ticket, uid) for ticket, uid in known if ticket.id in kept]

    gone = await services.store.write(work)
    for ticket, _ in gone:
        services.bus.publish(*_went(ticket))
    await batch.pause()
    await redaction.finish(
        services, [Doomed(each.id, each.account_id, each.contact_id, uid) for each, uid in gone], batch.pause
    )


async def files(batch: Batch) -> None:
    """Delete files from messages that stay, each as an entry of its own in the ticket."""
    services = batch.services

    def work(tx: Tx) -> list[tuple[Ticket, str, Message, list[Attachment]]]:
        known = {ticket.id: (ticket, uid) for ticket, uid in rows.locked(tx, [each[1] for each in batch.found])}
        made = []
        for _, ticket_id, seq, attachment_id in sorted(batch.still(tx), key=lambda each: tuple(each[1:])):
            entry, gone, _ = rows.redact(tx, ticket_id, seq, services.clock(), attachment_id, aged=True)
            made.append((*known[ticket_id], entry, gone))
        return made

    for ticket, uid, entry, gone in await services.store.write(work):
        for file in gone:
            await asyncio.to_thread(services.blobs.remove, uid, file.blob)
        redaction.tell(services, ticket, entry)
    await batch.pause()


async def labels(batch: Batch) -> None:
    """Delete labels, and unlearn them at once."""
    services = batch.services

    def work(tx: Tx) -> set[tuple[str, int]]:
        rows.locked(tx, [each[1] for each in batch.found])
        kept = [(each[1], each[2]) for each in batch.still(tx)]
        taught = marks.contacts_of(tx, [ticket_id for ticket_id, _ in kept])
        marks.drop_many(tx, kept)
        return taught

    for account_id, contact_id in await services.store.write(work):
        await training.changed(services, account_id, contact_id)
    await batch.pause()


async def contacts(batch: Batch) -> None:
    """Have contacts erased as if they had asked for it: key, places, certificate."""
    services = batch.services
    for each in batch.found:
        try:
            contact = await services.store.read(lambda tx, of=each[1]: people.by_id(tx, of))  # type: ignore[misc] # bound now
        except NotFound:
            continue
        await erasure.by_retention(services, contact.uid, lambda tx, _, it=each: bool(batch.still(tx, [it])))  # type: ignore[misc] # bound now
        await batch.pause()


async def exports(batch: Batch) -> None:
    """Delete exports: the rows first, and the files' keys with them, then the files."""
    services = batch.services

    def work(tx: Tx) -> list[tuple[str, str]]:
        return ageing.take_exports(tx, [each[1] for each in batch.still(tx)])

    for uid, blob in await services.store.write(work):
        await asyncio.to_thread(services.archives.remove, uid, blob)
    await batch.pause()


async def entries(batch: Batch) -> None:
    """Delete entries of the audit log from its beginning, and have it signed where it begins now."""
    services, account_id = batch.services, batch.policy.account_id
    before = batch.policy.now - batch.policy.days[batch.kind.rule] * DAY + 1

    def work(tx: Tx) -> None:
        gone = audit.prune(services, tx, account_id, before, len(batch.found))
        runs.purged(tx, batch.run.id, batch.kind.rule, gone)

    await services.store.write(work)
    await batch.pause()


def _went(ticket: Ticket) -> list[Told]:
    gone = Told(Nudge("gone", account=ticket.account_id, ticket=ticket.id, number=ticket.number))
    if ticket.ended:
        return [gone]
    ended = Nudge("ended", contact=ticket.contact_id, ticket=ticket.id, number=ticket.number, by="system")
    return [Told(ended), gone]
