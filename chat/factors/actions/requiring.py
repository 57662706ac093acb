"""Which roles of an account must have a second factor, and from which day on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from chat.core import access
from chat.core.access import SHOWN
from chat.core.errors import InvalidField
from chat.core.model import Actor
from chat.factors import store
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx

DAY = "%Y-%m-%d"


async def rules(services: Services, actor: Actor) -> dict[str, str]:
    """Return for each role the day from which on it must have one (`2026-12-01`, in UTC), "" where it need not."""
    access.require(actor, "account.change")
    found = await services.store.read(lambda tx: store.rules(tx, actor.account_id))
    return {
        role: f"{datetime.fromtimestamp(found[role] // 1000, UTC):{DAY}}" if role in found else "" for role in SHOWN
    }


async def require(services: Services, actor: Actor, wanted: Mapping[str, str]) -> None:
    """Want a second factor of the roles that have a day, from then on. Raises InvalidField, naming the role."""
    access.require(actor, "account.change")
    checked = {role: _at(role, wanted[role]) for role in SHOWN if wanted.get(role)}

    def work(tx: Tx) -> None:
        if store.rules(tx, actor.account_id) == checked:
            return
        store.put_rules(tx, actor.account_id, checked)
        audit.record(services, tx, actor.account_id, actor.agent_id, "factor.required", actor.account_id)

    await services.store.write(work)


def _at(role: str, day: str) -> int:
    try:
        return int(datetime.strptime(day, DAY).replace(tzinfo=UTC).timestamp()) * 1000
    except (ValueError, OverflowError):
        raise InvalidField("Give a day as 2026-12-01", field=role) from None
