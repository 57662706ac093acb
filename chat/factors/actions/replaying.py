"""What a restore does again of second factors: none that is gone comes back, and none that is lost opens."""

from __future__ import annotations

from chat.factors import store
from chat.infra.gathered import Entered
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team.actions import credentials


async def remove_factor(services: Services, what: Entered) -> None:
    """Remove codes by time that are others by now, or none."""
    if what["set"] and await services.store.read(lambda tx: store.set_at(tx, what["agent"])) == what["set"]:
        return
    await services.store.write(lambda tx: store.remove_totp(tx, what["agent"]))
    await _lock_without_factor(services, what["agent"], has_one=bool(what["set"] or what.get("has")))


async def remove_passkey(services: Services, what: Entered) -> None:
    """Remove a passkey that is none any more. One that was made since is not known here."""
    if not what["made"]:
        await services.store.write(lambda tx: store.remove_passkey(tx, what["agent"], what["passkey"]))
    await _lock_without_factor(services, what["agent"], has_one=what["has"])


async def _lock_without_factor(services: Services, agent_id: str, *, has_one: bool) -> None:
    """
    Lock the account of an agent who had a second factor then, and here none: theirs is lost, and the password alone
    must not open what asked for more.
    """
    if has_one and not await services.store.read(lambda tx: store.is_set(tx, agent_id)):
        await credentials.lock(services, agent_id)


async def remove_codes(services: Services, what: Entered) -> None:
    """Remove the recovery code that was used, or all where they were made anew: the new ones are not known here."""

    def work(tx: Tx) -> None:
        if what["code"]:
            store.drop_code(tx, what["code"])
        else:
            store.drop_codes(tx, what["agent"])

    await services.store.write(work)
