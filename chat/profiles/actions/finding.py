"""Contacts by what they gave: each is opened, compared and forgotten, as search does."""

from __future__ import annotations

import time

from chat.contacts.store import contacts
from chat.core.errors import NotFound
from chat.core.folding import SearchTerms
from chat.core.model import Actor, Contact
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.tickets.actions import matching

SEARCHED, LOOKED = 200, 20
"""So many contacts are looked at in one turn, and so many turns until one is found."""


async def keys_with(
    services: Services, actor: Actor, terms: SearchTerms, after: int, limit: int
) -> tuple[list[int], tuple[int] | None]:
    """Return the keys of up to `limit` contacts behind a key that have the words, and where the next page begins."""
    for _ in range(LOOKED):
        behind = after

        def work(tx: Tx, behind: int = behind) -> tuple[list[int], int | None]:
            found = contacts.page(tx, actor.account_id, None, behind, SEARCHED)
            return _those(services, found, terms), found[-1].id if len(found) == SEARCHED else None

        keys, last = await matching.in_turn(services, actor, work)
        if len(keys) > limit:
            return keys[:limit], (keys[limit - 1],)
        if keys or last is None:
            return keys, None if last is None else (last,)
        after = last
    return [], (after,)


def _those(services: Services, found: list[Contact], terms: SearchTerms) -> list[int]:
    keys = []
    for count, each in enumerate(found):
        if count % matching.STRETCH == 0:
            time.sleep(matching.PAUSE)
        try:
            if any(terms.are_in(text) for _, text in matching.said_of(services, each, addresses=True)):
                keys.append(each.id)
        except NotFound:  # the key is gone
            continue
    return keys
