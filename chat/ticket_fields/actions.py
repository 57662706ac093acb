"""Which fields an account's tickets have: showing them and changing them, as a whole."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chat.core import access
from chat.core.model import Actor
from chat.core.versions import ANY, Precondition
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.ticket_fields import store
from chat.ticket_fields.domain import TicketField, TicketFields, checked

Fields = Sequence[TicketField]


async def fields(services: Services, actor: Actor) -> TicketFields:
    """Return the fields of the account's tickets, those that are retired too."""
    access.require(actor, "ticket_field.read")
    return TicketFields(await services.store.read(lambda tx: store.of_account(tx, actor.account_id)))


async def change(
    services: Services, actor: Actor, make: Callable[[Fields], Fields], expected: Precondition = ANY
) -> TicketFields:
    """
    Set the fields to what `make` makes of those that are there, and return them. Raises InvalidField, what `make`
    raises, and ChangedMeanwhile where they are not as `expected`.
    """
    access.require(actor, "ticket_field.change")

    def work(tx: Tx) -> TicketFields:
        store.prepare(tx, actor.account_id, services.clock())
        was = store.of_account(tx, actor.account_id, lock=True)
        expected.require(TicketFields(was))
        made = checked(make(was), [each.key for each in was])
        store.put(tx, actor.account_id, made, services.clock())
        audit.record(services, tx, actor.account_id, actor.agent_id, "ticket_fields.changed", actor.account_id)
        return TicketFields(made)

    return await services.store.write(work)
