"""An account's allow-list: who changes it stays inside, and whoever is outside of the new one is let go at once."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from chat.core import access, networks
from chat.core.errors import InvalidField
from chat.core.events import NetworksChanged
from chat.core.model import Actor
from chat.core.networks import CLOSED, Address
from chat.core.versions import ANY, Precondition
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.networks import store


class AllowedNetworks(Struct, frozen=True):
    """The networks from which an account's agents and programs may ask, as `203.0.113.0/24`. Empty: from everywhere."""

    networks: list[str]


async def allowed(services: Services, actor: Actor) -> AllowedNetworks:
    """Return the account's list."""
    access.require(actor, "network.read")
    return _view(await services.store.read(lambda tx: store.of_account(tx, actor.account_id)))


async def change(
    services: Services, actor: Actor, given: Sequence[str], address: Address | None, expected: Precondition = ANY
) -> AllowedNetworks:
    """
    Set the account's list. `address` is where the actor asks from. Raises InvalidField, also where that is not on the
    list, and ChangedMeanwhile.
    """
    access.require(actor, "network.change")
    made = networks.listed(given, "networks")
    if not networks.is_inside(address, [made]):
        raise InvalidField(
            "This list would shut you out: the address that you ask from is not on it", field="networks", why="own"
        )

    def work(tx: Tx) -> None:
        store.prepare(tx, actor.account_id, services.clock())
        expected.require(_view(store.of_account(tx, actor.account_id, lock=True)))
        _put(services, tx, actor.account_id, made, actor.agent_id)

    await services.store.write(work)
    services.bus.publish(NetworksChanged(actor.account_id))
    return _view(made)


async def open_all(services: Services, account_id: str) -> None:
    """Take the list away, so that agents may sign in from everywhere. For the server's operator."""

    def work(tx: Tx) -> None:
        store.prepare(tx, account_id, services.clock())
        store.of_account(tx, account_id, lock=True)
        _put(services, tx, account_id, "", "command")

    await services.store.write(work)
    services.bus.publish(NetworksChanged(account_id))


def _put(services: Services, tx: Tx, account_id: str, made: str, who: str) -> None:
    store.put(tx, account_id, made, services.clock())
    audit.record(services, tx, account_id, who, "networks.changed", account_id)


def _view(kept: str) -> AllowedNetworks:
    """Return a list as it is shown. Of one that does not hold nothing is: what it says is not the account's."""
    return AllowedNetworks([] if kept == CLOSED else kept.split())
