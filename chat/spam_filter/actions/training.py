"""
Teaching the filter: an agent's mark becomes labels, if the contact agreed to that. Labels that go are unlearnt at once.

The rows are the truth. Each process folds them when it starts, and the rows of one contact again when it is told that
they changed.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from array import array
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from msgspec.structs import asdict

from chat.account import store as accounts
from chat.contacts.store import contacts
from chat.core import access
from chat.core.crypt import unseal_text
from chat.core.deliveries import Delivery
from chat.core.errors import LetheError, NotFound, TooLarge
from chat.core.events import LabelsChanged
from chat.core.frames import TEXT_CHARS
from chat.core.model import Actor, Contact, Message
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.spam_filter.actions.views import ClassCounts, FilterLines, FilterModel, FilterView, TextVerdict, TokenWeight
from chat.spam_filter.domain import HAM_HELD
from chat.spam_filter.store import given, labels, reviews, runs
from chat.spam_filter.store.given import Given
from chat.spam_filter.store.labels import Labelled
from spam import Filter, Label, Taught
from spam.head import ScoringHead

WHY_MOST = 20
TAUGHT_MOST = 50  # messages of a ticket that one mark labels


def label(services: Services, tx: Tx, actor: Actor, contact: Contact, said: list[Message], *, spam: bool) -> int:
    """Label messages of a ticket and return how many. Its caller has asked for consent (`chat.consent.actions`)."""
    theirs = [each for each in said if each.author == "visitor" and each.body][:TAUGHT_MOST]
    labels.put(tx, [_label(services, actor, contact, each, spam=spam) for each in theirs])
    return len(theirs)


async def relearn_contact(services: Services, account_id: str, contact_id: int) -> None:
    """Learn what a contact's labels are now, here and in the other processes."""
    await refresh(services, account_id, contact_id)
    services.bus.publish(Delivery(LabelsChanged(account_id, contact_id), source=services.filters))


async def relearn(services: Services, contact_uid: str) -> None:
    """As `relearn_contact`, of a contact who may be gone, and has no labels then."""
    with contextlib.suppress(NotFound):
        contact = await services.store.read(lambda tx: contacts.by_uid(tx, contact_uid))
        await relearn_contact(services, contact.account_id, contact.id)


async def refresh(services: Services, account_id: str, contact_id: int) -> None:
    """Read a contact's labels again. A contact whose key is gone has none, and no words in memory."""

    def work(tx: Tx) -> dict[tuple[int, int], Label]:
        try:
            contact = contacts.by_id(tx, contact_id)
            services.keys.get(contact.key_slot, contact.uid)
        except LetheError:
            services.filters.forget_words()
            return {}
        return _opened(services, contact.key_slot, contact.uid, labels.of_contact(tx, contact_id))

    # One at a time: of two that read a contact's labels, the one that read first must not put them last.
    async with services.filters.turn:
        services.filters.put(account_id, contact_id, await services.store.read(work))


async def fold(services: Services) -> None:
    """Learn from every label there is: what a process does when it starts."""
    async with services.filters.turn:
        for account_id, theirs in (await services.store.read(lambda tx: _every(services, tx))).items():
            services.filters.anew(account_id, theirs)
    for account_id in await services.store.read(given.accounts):
        await take(services, account_id)


async def learn_anew(services: Services, account_id: str) -> None:
    """Learn an account's labels from the rows alone: a command in another process may have taken any of them."""
    async with services.filters.turn:
        known = await services.store.read(lambda tx: _every(services, tx, account_id))
        services.filters.anew(account_id, known.get(account_id, {}))
    await take(services, account_id)


async def give(services: Services, account_id: str, texts: Sequence[tuple[str, bool]]) -> int:
    """Teach an account labelled texts of the operator's. Only their numbers are kept. Return how many are new."""
    known, now = services.filters.taught(account_id), services.clock()

    def work() -> list[Given]:
        return [_given(known.numbers(text), now, spam=spam) for text, spam in texts]

    made = await asyncio.to_thread(work)
    count = await services.store.write(lambda tx: given.add(tx, account_id, made))
    await take(services, account_id)
    return count


async def take(services: Services, account_id: str) -> None:
    """Learn what the operator gave, where that is more than is known here."""
    count = await services.store.read(lambda tx: given.count(tx, account_id))
    if count != services.filters.given.get(account_id, 0):
        found = await services.store.read(lambda tx: given.of_account(tx, account_id))
        services.filters.give(account_id, {at: Label(features_of(each), each.spam) for at, each in enumerate(found)})


async def sweep(services: Services) -> int:
    """Bring the accounts' files to what is learnt. One that is damaged is written anew. Return how many changed."""
    return sum([await asyncio.to_thread(services.filters.write, each) for each in services.filters.accounts()])


def classify(services: Services, actor: Actor, text: str) -> TextVerdict:
    """Return how the account's filter judges a text, and why. Raises TooLarge beyond what a message may hold."""
    access.require(actor, "spam.classify")
    if len(text) > TEXT_CHARS:
        raise TooLarge(f"A text holds at most {TEXT_CHARS} characters")
    return explain_score(services.filters.of(actor.account_id), text)


def explain_score(known: Filter, text: str) -> TextVerdict:
    """Return a text's score, what it means, and the words that decided, heaviest first."""
    score = known.score_many([text])[0]
    return TextVerdict(round(score, 6), str(known.verdict(score)), why(known, text))


def why(known: Filter, text: str) -> list[TokenWeight]:
    """Return the words of a text that decide, with their weights, heaviest first."""
    return [TokenWeight(token, round(weight, 4)) for token, weight in known.explain(text)[:WHY_MOST]]


def describe_filter(services: Services, account_id: str) -> FilterView:
    """Return what an account's filter is: what it learnt from, its head, where its lines are, the hash of its file."""
    known = services.filters.of(account_id)
    data = known.to_bytes()  # a head that follows its labels does so now
    learnt = known if isinstance(known, Taught) else None
    ham, spam = learnt.marks.texts if learnt else (0, 0)
    head = learnt.head if learnt else ScoringHead()
    return FilterView(
        account=account_id,
        prior=ClassCounts(known.terms.ham, known.terms.spam),
        labels=ClassCounts(ham, spam),
        head=head.plain(),
        lines=FilterLines(known.terms.unsure, round(known.hold, 6)),
        sha256=sha256(data).hexdigest(),
    )


async def model(services: Services, actor: Actor) -> FilterModel:
    """Return what the actor's account's filter is, and which version of it serves, 0 where the head follows labels."""
    access.require(actor, "filter.read")

    def work(tx: Tx) -> tuple[int, float]:
        used = runs.in_use(tx, actor.account_id)
        return 0 if used is None else used.version, accounts.one(tx, actor.account_id)[HAM_HELD]

    version, held = await services.store.read(work)
    found = await asyncio.to_thread(describe_filter, services, actor.account_id)
    return FilterModel(**asdict(found), version=version, ham_held=held)


def features_of_label(services: Services, slot: int, uid: str, row: Labelled) -> array[int]:
    """Return the features of a label. Raises NotFound where it does not open, as when its contact's key is gone."""
    written = services.unseal(slot, uid, _place(row.ticket_id, row.seq), row.features)
    if written is None:
        raise NotFound("This label does not open")
    return array("I", map(int, written.split()))


def features_of(row: Given) -> array[int]:
    """Return the features of a text that was given."""
    numbers = array("I", row.features)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers


def _given(numbers: Sequence[int], at: int, *, spam: bool) -> Given:
    features = array("I", sorted(set(numbers)))
    if sys.byteorder == "big":
        features.byteswap()
    data = features.tobytes()
    return Given(sha256(data).hexdigest(), at, spam, data)


def _every(services: Services, tx: Tx, only: str = "") -> dict[str, dict[int, dict[tuple[int, int], Label]]]:
    """Return every label by account and contact, or those of one account."""
    found: dict[str, dict[int, dict[tuple[int, int], Label]]] = defaultdict(dict)
    for contact_id, account_id, uid, slot in labels.taught_by(tx):
        if only in {"", account_id}:
            with contextlib.suppress(NotFound):  # being erased: the key goes first
                found[account_id][contact_id] = _opened(services, slot, uid, labels.of_contact(tx, contact_id))
    return found


def _label(services: Services, actor: Actor, contact: Contact, said: Message, *, spam: bool) -> Labelled:
    key = services.keys.get(contact.key_slot, contact.uid)
    # Hashes alone, and sorted below: in the order of the text they would say more of it than which words it has.
    numbers = services.filters.taught(contact.account_id).numbers(unseal_text(key, said.author, said.cid, said.body))
    written = " ".join(map(str, sorted(numbers)))
    sealed = services.seal(contact.key_slot, contact.uid, _place(said.ticket_id, said.seq), written)
    return Labelled(contact.id, said.ticket_id, said.seq, spam, sealed, actor.agent_id, services.clock())


def move_labels(services: Services, tx: Tx, contact: Contact, was: int, now: int, by: int) -> None:
    """Put the labels of a ticket under another one, where their messages' numbers rise `by` so many."""
    for row in labels.of_contact(tx, contact.id):
        if row.ticket_id == was:
            written = services.unseal(contact.key_slot, contact.uid, _place(was, row.seq), row.features)
            sealed = services.seal(contact.key_slot, contact.uid, _place(now, row.seq + by), written or "")
            labels.move(tx, row, replace(row, ticket_id=now, seq=row.seq + by, features=sealed))


def _opened(services: Services, slot: int, uid: str, rows: list[Labelled]) -> dict[tuple[int, int], Label]:
    found = {}
    for each in rows:
        found[each.ticket_id, each.seq] = Label(features_of_label(services, slot, uid, each), each.spam)
    return found


def _place(ticket_id: int, seq: int) -> str:
    return f"label/{ticket_id}/{seq}"


async def unused(services: Services, actor: Actor) -> int:
    """Return how many messages agents judged that taught nothing, for want of consent."""
    return await services.store.read(lambda tx: reviews.unused(tx, actor.account_id))
