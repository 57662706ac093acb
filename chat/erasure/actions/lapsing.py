"""Legal holds that are over: what waited for them goes on."""

from __future__ import annotations

from chat.contacts.store import holds
from chat.core.events import TicketChanged
from chat.core.model import Ticket
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.tickets.store import tickets


async def lapse(services: Services) -> None:
    """End the holds that are over. The tickets of those who were held are in the lists again."""

    def work(tx: Tx) -> list[Ticket]:
        return [
            each for contact_id in holds.lapse(tx, services.clock()) for each in tickets.all_of_contact(tx, contact_id)
        ]

    services.bus.publish(*(TicketChanged(each.ref) for each in await services.store.write(work)))
