"""The record of processing (Art. 30 GDPR), made from what each place says of itself; nothing is written twice."""

from __future__ import annotations

import csv
import io
from typing import Any

from chat.actions.desk import Desk
from chat.actions.filter.filters import LEARNT
from chat.blobs import FILES
from chat.clock import stamp
from chat.live import NETWORKS
from chat.model import Actor
from chat.places import BASES, Field, Place
from chat.store import places
from chat.store.keys import KEYS
from chat.store.team import accounts

BROWSER = Place(
    "browser",
    "browser",
    "contact",
    "that the same visitor comes back to the same chat",
    "90 days, or until withdrawn",
    (Field("token", "cookie", "to know the visitor again", "consent"),),
)
FILTER = Place(
    "filter", "memory", "nobody", "words the spam filter has met, without whose they are, until an erasure or a restart"
)
OTHERS = (KEYS, FILES, NETWORKS, BROWSER, LEARNT, FILTER)
KEPT = {
    "contacts": "until the contact is erased",
    "transcripts": "until the contact is erased",
}
COLUMNS = ("place", "kind", "about", "why", "retention", "field", "category", "purpose", "basis", "sealed")


def every() -> list[Place]:
    """Return every place: about contacts, then agents, then nobody."""
    order = ("contact", "agent", "nobody")
    return sorted([*places.tables(), *OTHERS], key=lambda each: order.index(each.about))


async def record(desk: Desk, actor: Actor) -> dict[str, Any]:
    """Return the record for the actor's account: each place with what it holds, why, on what basis, how long."""
    account = await desk.store.read(lambda tx: accounts.one(tx, actor.account_id))
    return {
        "controller": {"id": account.id, "name": account.name},
        "at": stamp(desk.clock()),
        "items": [_shown(each) for each in every()],
        "next": None,
    }


def as_csv(made: dict[str, Any]) -> str:
    """Return a record as CSV, one line for each field; a place that holds nothing personal has one line too."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for place in made["items"]:
        head = [place[name] for name in COLUMNS[:5]]
        for field in place["fields"] or [{}]:
            writer.writerow([*head, *(field.get(name, "") for name in ("name", *COLUMNS[6:]))])
    return out.getvalue()


def _shown(place: Place) -> dict[str, Any]:
    return {
        "place": place.name,
        "kind": place.kind,
        "about": place.about,
        "why": place.why,
        "retention": KEPT.get(place.kept, place.kept),
        "fields": [
            {"name": each.name, "category": each.category, "purpose": each.purpose, "basis": BASES[each.basis]}
            | {"sealed": each.sealed}
            for each in place.fields
        ],
    }
