"""Contacts by what they gave: each is opened, compared and forgotten, as search does."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from chat.contacts.store import contacts
from chat.core.errors import NotFound
from chat.core.folding import SearchTerms
from chat.core.model import Actor, Contact
from chat.customers.actions import identities
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.profiles.domain import ContactQuery
from chat.tickets.actions import matching
from chat.tickets.store import tickets

SEARCHED, LOOKED = 200, 20
"""So many contacts are looked at in one turn, and so many turns until one is found."""


def next_contacts(
    services: Services,
    tx: Tx,
    actor: Actor,
    wanted: ContactQuery,
    after: int,
    limit: int,
    keys: Sequence[Collection[int]] = (),
) -> list[Contact]:
    """Return up to `limit` contacts behind a key that fit all but the words, and have one of the `keys` of each."""
    found_by = None if wanted.email is None else services.found_by(actor.account_id, wanted.email)
    among: list[contacts.Among] = [*keys]
    if wanted.external_id is not None:
        among.append(identities.keys_of(services, tx, actor.account_id, wanted.external_id))
    if wanted.tag is not None:
        among.append(tickets.contacts_tagged(tx, actor.account_id, wanted.tag, actor.departments))
    if wanted.site is not None:
        among.append(contacts.of_site(wanted.site))
    return contacts.page(tx, actor.account_id, found_by, after, limit, among, newest=wanted.newest)


async def keys_with(
    services: Services, actor: Actor, wanted: ContactQuery, after: int, limit: int
) -> tuple[list[int], tuple[int] | None]:
    """Return the keys of up to `limit` contacts behind a key that have the words, and where the next page begins."""
    for _ in range(LOOKED):
        behind = after

        def work(tx: Tx, behind: int = behind) -> tuple[list[int], int | None]:
            found = next_contacts(services, tx, actor, wanted, behind, SEARCHED)
            keys = [] if wanted.terms is None else _those(services, found, wanted.terms)
            return keys, found[-1].id if len(found) == SEARCHED else None

        keys, last = await matching.in_turn(services, actor, work)
        if len(keys) > limit:
            return keys[:limit], (keys[limit - 1],)
        if keys or last is None:
            return keys, None if last is None else (last,)
        after = last
    return [], (after,)


def _those(services: Services, found: list[Contact], terms: SearchTerms) -> list[int]:
    keys: list[int] = []
    for begin in range(0, len(found), matching.BATCH):
        services.store.give_way()
        said = [(each.id, text) for each in found[begin : begin + matching.BATCH] for text in _said_of(services, each)]
        keys += dict.fromkeys(key for key, _ in matching.having(terms, said))
    return keys


def _said_of(services: Services, contact: Contact) -> list[str]:
    try:
        return [text for _, text in matching.said_of(services, contact, addresses=True)]
    except NotFound:  # the key is gone
        return []
