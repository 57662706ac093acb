"""
Finding words in tickets: each text is opened, compared and forgotten. Nothing is kept of it, so nothing must forget.

It runs in a thread of the store's, and gives way every few texts to what is being written: a message waits no longer
than that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chat.account.actions import forms
from chat.core import access
from chat.core.crypt import Sealed, unseal_text
from chat.core.errors import NotFound, Unavailable
from chat.core.folding import SearchTerms
from chat.core.model import Actor, Contact
from chat.core.turns import Sender
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.tickets.actions import fields
from chat.tickets.actions.tagging import tags_of
from chat.tickets.domain import EVER, Period
from chat.tickets.store import searching
from chat.tickets.store.searching import SealedRow, SealedText, SearchedTicket

T = TypeVar("T")
Found = Literal["message", "note", "name", "email", "phone", "field", "tag", "number"]
TEXTS: Final = 1000
"""About so many texts are looked at in one turn."""
BATCH, BATCH_BYTES = 64, 1 << 15
"""So many texts are compared at once, or fewer that are this long together. Whoever writes goes before that."""
PATIENCE: Final = 20.0
"""So many seconds a search waits for its turn."""


@dataclass(frozen=True, slots=True)
class Match:
    """Where the words are: `found` says in what, `seq` is a message's or note's number. `at` is when that was said."""

    of: SearchedTicket
    found: Found
    at: int
    parts: list[str]
    seq: int | None = None
    author: str = ""
    held: bool = False


@dataclass(frozen=True)
class Sought:
    """What is looked for, and in what: contacts' addresses, what is held or not, what was said in a period."""

    terms: SearchTerms
    addresses: bool
    held: bool | None
    period: Period = EVER


@dataclass(frozen=True)
class SearchStretch:
    """Tickets to look at in one turn, or so many messages (`seqs`) of one that is long. `begins` where it does."""

    tickets: list[SearchedTicket]
    seqs: range | None = None
    begins: bool = True


def stretches(found: list[SearchedTicket]) -> Iterator[SearchStretch]:
    """Yield tickets in their order, in stretches of about TEXTS texts each."""
    some: list[SearchedTicket] = []
    size = 0
    for each in found:
        count = each.ticket.last_seq + each.ticket.last_note + 1
        if some and size + count > TEXTS:
            yield SearchStretch(some)
            some, size = [], 0
        if count > 2 * TEXTS:
            last = each.ticket.last_seq
            for end in range(last + 1, 1, -TEXTS):
                yield SearchStretch([each], range(max(1, end - TEXTS), end), begins=end == last + 1)
            continue
        some.append(each)
        size += count
    if some:
        yield SearchStretch(some)


async def look(services: Services, actor: Actor, stretch: SearchStretch, sought: Sought) -> list[Match]:
    """Return what is found in a stretch. Raises Unavailable where others search for too long."""

    def work(tx: Tx) -> list[Match]:
        return list(matches(services, tx, stretch, sought))

    return await in_turn(services, actor, work)


async def in_turn(services: Services, actor: Actor, work: Callable[[Tx], T]) -> T:
    """Do a piece of a search when it is its agent's turn. Raises Unavailable where that takes too long."""
    try:
        async with services.searching.of(Sender(actor.account_id, actor.agent_id), PATIENCE):
            return await services.store.read(work)
    except TimeoutError:
        raise Unavailable("Many are searching just now; search again in a moment", retry_after=10) from None


def matches(services: Services, tx: Tx, stretch: SearchStretch, sought: Sought) -> Iterator[Match]:
    """Yield what is found. Who is being erased has no key any more, and is found nowhere."""
    keys: dict[int, AESGCM] = {}
    heads: list[tuple[tuple[SearchedTicket, Found], str]] = []
    by_id = {each.ticket.id: each for each in stretch.tickets}
    for key, each in by_id.items():
        try:
            known = services.keys.get(each.contact.key_slot, each.contact.uid)
            heads += _heads(services, each, sought) if stretch.begins else []
        except NotFound:
            continue
        keys[key] = known
    for (of, found), text in having(sought.terms, heads):
        yield Match(of, found, of.ticket.updated_at, sought.terms.excerpt(text))
    ids = list(keys)
    said = searching.texts(tx, ids, stretch.seqs, sought.period, held=sought.held)
    noted = searching.notes(tx, ids, sought.period) if stretch.begins and sought.held is not True else []
    for rows in batches([*said, *noted]):
        services.store.give_way()
        for row, text in having(sought.terms, list(_opened(keys, rows))):
            yield _match(by_id[row[0]], SealedText(*row), sought.terms.excerpt(text))


def batches(rows: Sequence[SealedRow]) -> Iterator[list[SealedRow]]:
    """Yield rows in their order, as many as are compared at once: nobody else runs meanwhile."""
    some: list[SealedRow] = []
    size = 0
    for row in rows:
        some.append(row)
        size += len(row[4])
        if len(some) == BATCH or size >= BATCH_BYTES:
            yield some
            some, size = [], 0
    if some:
        yield some


def _opened(keys: Mapping[int, AESGCM], rows: Sequence[SealedRow]) -> Iterator[tuple[SealedRow, str]]:
    """Yield rows with their texts, but those that do not open: who opens the ticket is told."""
    for row in rows:
        ticket_id, _, author, cid, body, _, _ = row
        try:
            text = unseal_text(keys[ticket_id], author, cid, body)
        except Sealed:
            continue
        yield row, text


def having(terms: SearchTerms, texts: Sequence[tuple[T, str]]) -> Iterator[tuple[T, str]]:
    """Yield those that have all the words, most often none."""
    if terms.may_be_in(text for _, text in texts):
        yield from (each for each in texts if terms.are_in(each[1]))


def _match(of: SearchedTicket, row: SealedText, parts: list[str]) -> Match:
    is_note = row.author == "note"
    author = "agent" if is_note else row.author
    return Match(of, "note" if is_note else "message", row.at, parts, row.seq, author, bool(row.held))


def _heads(
    services: Services, each: SearchedTicket, sought: Sought
) -> Iterator[tuple[tuple[SearchedTicket, Found], str]]:
    """Yield what a ticket says at its head: its tags, its fields and who it is. Raises NotFound."""
    if sought.held is True:
        return
    slot, uid = each.contact.key_slot, each.contact.uid
    for tag in tags_of(services, slot, uid, each.ticket):
        yield (each, "tag"), tag
    for value in fields.values(services, slot, uid, each.ticket).values():
        if not isinstance(value, bool):
            yield (each, "field"), str(value)
    for found, text in said_of(services, each.contact, addresses=sought.addresses):
        yield (each, found), text


def said_of(services: Services, contact: Contact, *, addresses: bool) -> Iterator[tuple[Found, str]]:
    """Yield what a contact gave: the name, and `addresses` with all else. Raises NotFound where the key is gone."""
    named: list[tuple[Found, bytes | None]] = [("name", contact.name)]
    if addresses:
        named += [("email", contact.email), ("phone", contact.phone)]
    for found, sealed in named:
        if text := services.unseal(contact.key_slot, contact.uid, found, sealed):
            yield found, text
    if addresses and contact.fields is not None:
        yield from (("field", one.value) for one in forms.given(services, contact))


async def tickets_with(services: Services, actor: Actor, ids: Sequence[int], terms: SearchTerms) -> set[int]:
    """Return the keys of those tickets that have the words anywhere, or the number."""
    found = await services.store.read(lambda tx: searching.some_tickets(tx, actor.account_id, ids))
    held = None if access.can(actor, "quarantine.read") else False
    sought = Sought(terms, access.can(actor, "contact.read"), held)
    keys = {each.ticket.id for each in found if terms.number == each.ticket.number}
    for stretch in stretches([each for each in found if each.ticket.id not in keys]):
        keys |= {each.of.ticket.id for each in await look(services, actor, stretch, sought)}
    return keys
