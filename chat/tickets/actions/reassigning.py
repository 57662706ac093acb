"""The tickets of an agent who is deleted: another one gets them, or nobody."""

from __future__ import annotations

from chat.core.errors import NotFound
from chat.core.events import Event, TicketChanged
from chat.infra.gathered import DataSubject, ErasureStep
from chat.infra.services import Services
from chat.infra.store import locations
from chat.infra.store.tx import Tx
from chat.team import store as agents
from chat.tickets.actions import entries
from chat.tickets.domain import SERVER, facts
from chat.tickets.schema import ticket
from chat.tickets.store import tickets

CHUNK = 200


async def look(services: Services, whom: DataSubject) -> int:
    """Return how many tickets are theirs."""
    return await services.store.read(lambda tx: tickets.count_assigned(tx, whom.account_id, whom.uid))


async def take(services: Services, whom: DataSubject) -> int:
    """Give some to the heir, or to nobody where the heir cannot sign in any more, and return how many."""

    def work(tx: Tx) -> tuple[int, list[Event]]:
        heir = _heir(tx, whom)
        given = tickets.reassign(tx, whom.account_id, whom.uid, heir, CHUNK)
        changed = [TicketChanged(each.ref) for each in given]
        services.record(tx, *changed)
        entered = [
            each
            for was in given
            for each in entries.enter(services, tx, was.ref, SERVER, facts(was, {"assignee": heir}, SERVER))
        ]
        return len(given), [*changed, *entered]

    given, happened = await services.store.write(work)
    services.bus.publish(*happened)
    return given


def _heir(tx: Tx, whom: DataSubject) -> str | None:
    try:
        row = agents.one(tx, whom.account_id, whom.heir or "")
    except NotFound:
        return None
    return None if row.deactivated_at is not None else str(row.id)


REASSIGNED = ErasureStep(locations.location_of(ticket), look, take)
