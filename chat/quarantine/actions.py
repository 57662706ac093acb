"""The quarantine: what the filter holds, why, and an agent's word on many messages at once."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

from msgspec import Struct

from chat.consent.actions import teaching
from chat.contacts.store import contacts
from chat.core import access
from chat.core.clock import stamp
from chat.core.crypt import unseal_text
from chat.core.deliveries import Delivery, Rendered
from chat.core.errors import NotFound
from chat.core.events import QuarantineChanged, SystemEntered, TicketChanged, TicketRef
from chat.core.frames import ContactName
from chat.core.model import Actor, Contact, Message
from chat.core.texts import cut
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.quarantine import store
from chat.quarantine.store import MessageRef, QuarantinedMessage, Sort
from chat.spam_filter.actions import training
from chat.spam_filter.actions.views import TokenWeight
from chat.spam_filter.store import labels, reviews
from chat.tickets.actions import entries, transcripts
from chat.tickets.domain import Fact, by

Word = Literal["release", "confirm", "return"]
ENTERED: Final[dict[Word, str]] = {"release": "spam.unmarked", "confirm": "spam.marked", "return": "spam.returned"}
MOST: Final = 200  # messages in one go
WHY_MOST: Final = 8
SHOWN: Final = 600  # characters of a text


class QuarantinedView(Struct, frozen=True):
    """A held message as the quarantine shows it: `cut` where its text is longer, `why` it is held."""

    ticket: int
    seq: int
    at: str
    contact: ContactName
    site: str
    text: str
    cut: bool
    score: float | None
    why: list[TokenWeight]


@dataclass(frozen=True)
class JudgedMessages:
    """What came of an agent's word in one ticket: the messages that changed, and their attachments."""

    contact: Contact
    number: int
    ticket_id: int
    changed: list[Message]
    files: transcripts.FilesOfTicket
    entered: list[SystemEntered]


async def page(
    services: Services, actor: Actor, sort: Sort, before: tuple[float, int, int] | None, limit: int
) -> tuple[list[QuarantinedView], tuple[float, int, int] | None]:
    """Return the account's held messages that nobody has looked at, with why each is held, and where the next begin."""
    access.require(actor, "quarantine.read")
    await audit.record_view(services, actor, "quarantine.viewed")
    found = await services.store.read(
        lambda tx: store.page(tx, actor.account_id, sort, before, limit + 1, actor.departments)
    )
    more, shown = len(found) > limit, []
    for each in found[:limit]:
        with contextlib.suppress(NotFound):  # being erased: the key goes first
            shown.append(_shown(services, actor, each))
    last = found[limit - 1].message if more else None
    by = None if last is None else (last.score or 0.0) if sort == "score" else float(last.at)
    return shown, None if last is None or by is None else (by, last.ticket_id, last.seq)


async def count(services: Services, actor: Actor) -> int:
    """Return how many held messages wait for a look."""
    access.require(actor, "quarantine.read")
    return await services.store.read(lambda tx: store.count(tx, actor.account_id, actor.departments))


async def judge(services: Services, actor: Actor, word: Word, refs: list[MessageRef]) -> int:
    """
    Say of messages that they are no spam (`release`), that they are (`confirm`), or take that back (`return`).

    Teaches as any mark does, with consent alone. Messages that are not there any more are passed over. Return how many
    were there.
    """
    access.require(actor, "spam.mark")
    judged: list[JudgedMessages] = []

    def work(tx: Tx) -> int:
        judged.clear()
        found = store.many(tx, actor.account_id, refs, actor.departments)
        for ticket_id, group in groupby(found, key=lambda each: each.message.ticket_id):
            judged.append(_said(services, tx, actor, word, ticket_id, list(group)))
        for each in found:
            ref = f"{each.number}/{each.message.seq}"
            audit.record(services, tx, actor.account_id, actor.agent_id, ENTERED[word], ref, each.contact_uid)
        return len(found)

    done = await services.store.write(work)
    for each in judged:
        await training.relearn_contact(services, actor.account_id, each.contact.id)
        _tell(services, actor, each)
    return done


def _said(
    services: Services, tx: Tx, actor: Actor, word: Word, ticket_id: int, group: list[QuarantinedMessage]
) -> JudgedMessages:
    said = [each.message for each in group]
    changed = store.put(tx, ticket_id, [each.seq for each in said], held=word != "release")
    contact = contacts.by_uid(tx, group[0].contact_uid, lock=True)
    if word == "return":
        reviews.forget(tx, said)
        for each in said:
            labels.drop_one(tx, ticket_id, each.seq)
    else:
        spam = word == "confirm"
        reviews.look_at(tx, said, actor.agent_id, services.clock(), spam=spam)
        teaching.teach(services, tx, actor, contact, said, spam=spam)
    ref = TicketRef(actor.account_id, contact.id, ticket_id, group[0].number)
    services.record(tx, QuarantineChanged(ref))
    fact = Fact(kind="spam" if word != "release" else "not_spam")
    entered = entries.enter(services, tx, ref, by(actor), [fact] if changed else [])
    return JudgedMessages(contact, group[0].number, ticket_id, changed, transcripts.files_of(tx, changed), entered)


def _tell(services: Services, actor: Actor, gone: JudgedMessages) -> None:
    contact, number = gone.contact, gone.number
    known = transcripts.visitor_alone(services, contact)
    targets = {each.seq: each for each in gone.changed}
    said = [
        transcripts.message_out(services, contact, number, each, known, agents=True, targets=targets)
        for each in gone.changed
    ]
    out = transcripts.with_files(services, contact, said, gone.files)
    ticket = TicketRef(actor.account_id, contact.id, gone.ticket_id, number)
    services.bus.publish(
        Delivery(QuarantineChanged(ticket), Rendered(agents=out)), *gone.entered, TicketChanged(ticket)
    )


def _shown(services: Services, actor: Actor, held: QuarantinedMessage) -> QuarantinedView:
    said = held.message
    key = services.keys.get(held.contact_slot, held.contact_uid)
    text = unseal_text(key, said.author, said.cid, said.body)
    name = services.unseal(held.contact_slot, held.contact_uid, "name", held.contact_name)
    return QuarantinedView(
        ticket=held.number,
        seq=said.seq,
        at=stamp(said.at),
        contact=ContactName(held.contact_uid, name),
        site=held.site,
        text=cut(text, SHOWN),
        cut=len(text) > SHOWN,
        score=None if said.score is None else round(said.score, 6),
        why=training.explain_score(services.filters.of(actor.account_id), text).why[:WHY_MOST],
    )
