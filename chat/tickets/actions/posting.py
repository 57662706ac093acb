"""
A message's way into the database: gathered, scored, sealed and committed in batches, then told to everybody (group
commit).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Literal, Protocol

from msgspec import UNSET, structs

from chat.attachments.actions import attachments
from chat.core import access, frames
from chat.core.clock import stamp
from chat.core.crypt import seal_text
from chat.core.deliveries import Delivery, Rendered
from chat.core.errors import LetheError, Unavailable
from chat.core.events import Event, MessageStored, TicketChanged, TicketOpened, TicketReopened
from chat.core.ids import uuid_bytes, uuid_text
from chat.core.model import Actor, Contact, Draft, Ticket
from chat.core.texts import seen
from chat.infra.metrics import Metrics
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.tickets.actions import entries, scoring
from chat.tickets.actions.tickets import OpenedTicket
from chat.tickets.domain import SERVER, VISITOR, By, Fact
from chat.tickets.store.posting import store_all

Done = Callable[[Draft], None]


class SentMessage(Protocol):
    """What somebody sends to be stored: a frame, or the body of a request. `id` is the client's, a UUID."""

    @property
    def id(self) -> str:
        """Under which it is stored once."""

    @property
    def text(self) -> str:
        """What was written."""

    @property
    def attachments(self) -> Sequence[str]:
        """The ids of the files that go with it."""


def from_visitor(
    contact: Contact, said: SentMessage, at: int, *, ticket: Ticket | None, name: str | None, source: object = None
) -> Draft:
    """Return a visitor's message, ready for the postbox. Without a `ticket` it finds or opens one."""
    draft = _draft(contact, said, at, "visitor", ticket)
    draft.name, draft.source = name, source
    return draft


def from_agent(actor: Actor, opened: OpenedTicket, said: SentMessage, at: int, source: object = None) -> Draft:
    """Return an agent's message to a ticket, ready for the postbox. Raises Forbidden."""
    access.require(actor, "ticket.answer")
    draft = _draft(opened.contact, said, at, "agent", opened.ticket)
    draft.agent_id, draft.name, draft.alias, draft.source = actor.agent_id, actor.name, actor.alias, source
    draft.portrait = actor.portrait
    return draft


def _draft(
    contact: Contact, said: SentMessage, at: int, author: Literal["visitor", "agent"], ticket: Ticket | None
) -> Draft:
    return Draft(
        contact_id=contact.id,
        contact_uid=contact.uid,
        key_slot=contact.key_slot,
        account_id=contact.account_id,
        site_id=contact.site_id,
        author=author,
        cid=uuid_bytes(said.id),
        text=said.text,
        at=at,
        ticket_id=None if ticket is None else ticket.id,
        attachments=tuple(said.attachments),
    )


async def look_up_files(services: Services, contact: Contact, draft: Draft) -> None:
    """Note what a draft's frame says of the attachments that it names. Raises NotFound."""
    if draft.attachments:
        draft.shown = await attachments.list_named(services, contact, draft.author, draft.attachments)


class Postbox:
    """
    Takes drafts from many sockets and stores them in batches.

    What arrives while one batch is being committed makes the next, so a quiet server answers at once and a busy one
    pays one flush for many messages. `done` is called on the loop after the commit, in the order of arrival. Whoever
    writes very much at once waits longer for the rest of it than others do (`scoring.shared`).
    """

    def __init__(self, services: Services, metrics: Metrics) -> None:
        self._services, self._metrics = services, metrics
        self._waiting: list[tuple[Draft, Done]] = []
        self._rests = scoring.Rests()
        self._called = self._at_work = False
        self._timer: asyncio.TimerHandle | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self._loop = asyncio.get_running_loop()

    def put(self, draft: Draft, done: Done) -> None:
        """Take a draft. `done(draft)` follows, with `draft.refusal` set where it was not stored."""
        draft.opens = draft.ticket_id is None
        if not seen(draft.text):
            draft.text = ""  # it comes with a file, or nothing had let it in
        self._waiting.append((draft, done))
        self._idle.clear()
        if not (self._called or self._at_work):
            self._called = True
            # Not at once: what other sockets have read by the loop's next turn goes into the same commit.
            self._loop.call_soon(self._next)

    async def post(self, draft: Draft) -> Draft:
        """Store one draft and return it. Raises its refusal."""
        stored: asyncio.Future[Draft] = self._loop.create_future()
        self.put(draft, lambda done: None if stored.cancelled() else stored.set_result(done))
        await stored
        if draft.refusal is not None:
            raise draft.refusal
        return draft

    async def drain(self) -> None:
        """Wait until everything taken is stored."""
        await self._idle.wait()

    def _next(self) -> None:
        self._called = False
        if self._at_work:
            return
        if self._timer is not None:
            self._timer.cancel()
        began = self._loop.time()
        batch, self._waiting = scoring.shared(self._waiting, self._rests.now(began))
        if batch:
            self._at_work = True
            drafts = [draft for draft, _ in batch]
            future = self._services.store.in_writer(lambda: self._store(drafts))
            future.add_done_callback(lambda ran: self._settle(batch, ran, began))
        elif self._waiting:
            self._timer = self._loop.call_later(self._rests.left(began), self._next)
        else:
            self._idle.set()

    def _store(self, drafts: list[Draft]) -> None:
        """In the writer's thread: score, seal, append, commit. Raises Unavailable where the disk is full."""
        self._services.store.require_room(self._services.settings.disk_floor)
        unscored = scoring.score(self._services.filters, [draft for draft in drafts if draft.author == "visitor"])
        self._metrics.unscored.inc(unscored)
        ready = [draft for draft in drafts if self._sealed(draft)]
        if ready:
            store_all(self._services.store, ready, self._record)

    def _record(self, tx: Tx, drafts: Sequence[Draft]) -> None:
        stored = [draft for draft in drafts if draft.refusal is None and not draft.repeated]
        for draft in stored:
            draft.entered = entries.enter(self._services, tx, draft.ref, *_done(draft))
            left = [Fact(kind="unassigned")] if draft.left else []
            draft.entered += entries.enter(self._services, tx, draft.ref, SERVER, left)
        self._services.record(tx, *(event for draft in stored for event in _recorded(draft)))

    def _sealed(self, draft: Draft) -> bool:
        try:
            key = self._services.keys.get(draft.key_slot, draft.contact_uid)
        except LetheError as refusal:
            draft.refusal = refusal
            return False
        draft.sealed = seal_text(key, draft.author, draft.cid, draft.text)
        return True

    def _settle(self, batch: list[tuple[Draft, Done]], ran: asyncio.Future[None], began: float) -> None:
        error = ran.exception()
        self._count([draft for draft, _ in batch])
        for draft, done in batch:
            if error is not None and draft.refusal is None:
                draft.refusal = error if isinstance(error, LetheError) else Unavailable("It could not be stored")
            done(draft)
            # One by one and in order: who follows a ticket must see its numbers rise by one, their own among them.
            if draft.refusal is None and not draft.repeated:
                self._services.bus.publish(*_happened(draft))
        self._services.bus.publish(*_changed([draft for draft, _ in batch]))
        self._at_work = False
        self._rests.enter([draft for draft, _ in batch], began, self._loop.time())
        self._next()
        if error is not None and not isinstance(error, LetheError):
            raise error

    def _count(self, drafts: list[Draft]) -> None:
        meters = self._metrics
        meters.batches.observe(len(drafts))
        for author in ("visitor", "agent"):
            meters.messages.labels(author).inc(
                sum(d.author == author and d.refusal is None and not d.repeated for d in drafts)
            )
        meters.held.inc(sum(draft.held and not draft.repeated for draft in drafts))
        for draft in drafts:
            if isinstance(draft.refusal, LetheError):
                meters.refused.labels(draft.refusal.code).inc()


def _happened(draft: Draft) -> list[Event | Delivery[Event]]:
    """Return what is told of a draft that was stored, and also that it opened a solved ticket again, if it did."""
    stored = Delivery(MessageStored(draft.ref, draft.seq), _rendered(draft), draft.source)
    return [stored, *draft.entered, *([TicketReopened(draft.ref)] if draft.reopened else [])]


def _done(draft: Draft) -> tuple[By, list[Fact]]:
    """Return what a draft that was stored did to its ticket beside being said, and who did that."""
    who = VISITOR if draft.author == "visitor" else By("agent", draft.agent_id)
    taken = [Fact(kind="taken", assignee=draft.agent_id)] if draft.taken else []
    return who, [*([Fact(kind="reopened")] if draft.reopened else []), *taken]


def _recorded(draft: Draft) -> list[Event]:
    """Return what programs are told of a draft that was stored. A ticket begins with its first message."""
    began: list[Event] = [TicketOpened(draft.account_id, draft.ref)] if draft.seq == 1 else []
    reopened: list[Event] = [TicketReopened(draft.ref)] if draft.reopened else []
    changed: list[Event] = [TicketChanged(draft.ref)] if draft.taken or draft.left else []
    return [*began, *reopened, *changed, MessageStored(draft.ref, draft.seq)]


def message_of(draft: Draft) -> frames.MessageOut:
    """Return the frame of a draft that was stored, all of it, as agents are told."""
    return frames.MessageOut(
        ticket=draft.number,
        seq=draft.seq,
        id=uuid_text(draft.cid),
        author=frames.Author(draft.author, draft.name, draft.portrait or UNSET),
        at=stamp(draft.at),
        text=draft.text,
        attachments=[each for each in draft.shown if isinstance(each, frames.AttachmentOut)],
    )


def _rendered(draft: Draft) -> Rendered:
    """
    Return the message as it is told: an agent's under their alias to its contact, and the contact's own words always,
    but held to agents without.
    """
    whole = message_of(draft)
    if not draft.held and draft.alias in {None, draft.name}:
        return Rendered.same(whole)
    if not draft.held:
        shown = structs.replace(whole, author=structs.replace(whole.author, name=draft.alias))
        return Rendered(visitors=[shown], agents=[whole])
    return Rendered(visitors=[whole], agents=[structs.replace(whole, text=UNSET, held=True, attachments=[])])


def _changed(drafts: list[Draft]) -> list[TicketChanged]:
    """Return what the lists of tickets are told of a batch: each ticket once."""
    stored = {draft.ticket_id: draft for draft in drafts if draft.refusal is None and not draft.repeated}
    return [TicketChanged(draft.ref) for draft in stored.values()]
