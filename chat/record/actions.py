"""The record of processing (Art. 30 GDPR), made from what each location says of itself. Nothing is written twice."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import astuple

from chat.account import store as accounts
from chat.core import access
from chat.core.clock import stamp
from chat.core.locations import BASES, DataLocation
from chat.core.model import Account, Actor
from chat.infra.audit import audit
from chat.infra.gathered import Gathered
from chat.infra.services import Services
from chat.infra.store import locations
from chat.infra.store.ageing import Policy
from chat.infra.store.tx import Tx
from chat.retention.actions import rules

COLUMNS = ("place", "kind", "about", "why", "retention", "field", "category", "purpose", "basis", "sealed")


class FieldView(Struct, frozen=True):
    """One kind of personal data in a data location, as the record says it."""

    name: str
    category: str
    purpose: str
    basis: str
    sealed: bool


class LocationView(Struct, frozen=True):
    """A data location as the record says it. `place` is its name, `retention` how long in words."""

    place: str
    kind: str
    about: str
    why: str
    retention: str
    fields: list[FieldView]


class Controller(Struct, frozen=True):
    """Whose record it is."""

    id: str
    name: str


class ProcessingRecord(Struct, frozen=True):
    """The record of processing. `at` is RFC 3339, and there is never a `next` page."""

    controller: Controller
    at: str
    items: list[LocationView]
    next: None = None


def every(gathered: Gathered) -> list[DataLocation]:
    """Return every data location: about contacts, then agents, recipients, nobody."""
    order = ("contact", "agent", "recipient", "nobody")
    return sorted([*locations.tables(), *gathered.data_locations], key=lambda each: order.index(each.about))


async def record(services: Services, actor: Actor) -> ProcessingRecord:
    """Return the record for the actor's account: each location with what it holds, why, on what basis, how long."""
    access.require(actor, "record.read")

    def work(tx: Tx) -> tuple[Account, Policy]:
        return accounts.one(tx, actor.account_id), rules.policy_of(services, tx, actor.account_id)

    account, policy = await services.store.read(work)
    await audit.record_view(services, actor, "data_map.viewed")
    items = [_shown(services, each, policy) for each in every(services.gathered)]
    return ProcessingRecord(Controller(account.id, account.name), stamp(services.clock()), items)


def as_csv(made: ProcessingRecord) -> str:
    """Return a record as CSV, one line for each field. A location that holds nothing personal has one line too."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows(_lines(made))
    return out.getvalue()


def _lines(made: ProcessingRecord) -> Iterator[tuple[object, ...]]:
    for each in made.items:
        head = (each.place, each.kind, each.about, each.why, each.retention)
        if not each.fields:
            yield (*head, "", "", "", "", "")
        for field in each.fields:
            yield (*head, *astuple(field))


def _shown(services: Services, location: DataLocation, policy: Policy) -> LocationView:
    return LocationView(
        place=location.name,
        kind=location.kind,
        about=location.about,
        why=location.why,
        retention=rules.in_words(services, policy, location.kept),
        fields=[
            FieldView(each.name, each.category, each.purpose, BASES[each.basis], each.sealed)
            for each in location.fields
        ],
    )
