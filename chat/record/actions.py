"""The record of processing (Art. 30 GDPR), made from what each location says of itself; nothing is written twice."""

from __future__ import annotations

import csv
import io
from typing import Any

from chat.account import store as accounts
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


def every(gathered: Gathered) -> list[DataLocation]:
    """Return every data location: about contacts, then agents, recipients, nobody."""
    order = ("contact", "agent", "recipient", "nobody")
    return sorted([*locations.tables(), *gathered.locations], key=lambda each: order.index(each.about))


async def record(services: Services, actor: Actor) -> dict[str, Any]:
    """Return the record for the actor's account: each location with what it holds, why, on what basis, how long."""

    def work(tx: Tx) -> tuple[Account, Policy]:
        return accounts.one(tx, actor.account_id), rules.policy_of(services, tx, actor.account_id)

    account, policy = await services.store.read(work)
    await audit.record_view(services, actor, "data_map.viewed")
    return {
        "controller": {"id": account.id, "name": account.name},
        "at": stamp(services.clock()),
        "items": [_shown(services, each, policy) for each in every(services.gathered)],
        "next": None,
    }


def as_csv(made: dict[str, Any]) -> str:
    """Return a record as CSV, one line for each field; a location that holds nothing personal has one line too."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for each in made["items"]:
        head = [each[name] for name in COLUMNS[:5]]
        for field in each["fields"] or [{}]:
            writer.writerow([*head, *(field.get(name, "") for name in ("name", *COLUMNS[6:]))])
    return out.getvalue()


def _shown(services: Services, location: DataLocation, policy: Policy) -> dict[str, Any]:
    return {
        "place": location.name,
        "kind": location.kind,
        "about": location.about,
        "why": location.why,
        "retention": rules.in_words(services, policy, location.kept),
        "fields": [
            {"name": each.name, "category": each.category, "purpose": each.purpose, "basis": BASES[each.basis]}
            | {"sealed": each.sealed}
            for each in location.fields
        ],
    }
