"""How an account gives its tickets out, as its admins see and set it."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

from chat.core import access
from chat.core.errors import InvalidField
from chat.core.events import WorkDue
from chat.core.model import Actor
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.routing import store
from chat.routing.domain import LONGEST, MODES, MOST, RoutingRule
from chat.team import store as agents
from chat.tickets.store import tickets

Most = Annotated[int, Meta(ge=0, le=MOST)]


class AgentLimit(Struct, frozen=True, forbid_unknown_fields=True):
    """Up to how many open tickets an agent is given: null is what the rule says, 0 is for no limit."""

    most: Most | None


class RoutingView(Struct, frozen=True):
    """The account's usual rule, those of departments that have one of their own, and agents' own limits, by id."""

    usual: RoutingRule
    departments: dict[str, RoutingRule]
    limits: dict[str, int]


async def rules(services: Services, actor: Actor) -> RoutingView:
    """Return how the account gives its tickets out."""
    access.require(actor, "routing.change")

    def work(tx: Tx) -> RoutingView:
        known, limits = store.rules(tx, actor.account_id), store.limits(tx, actor.account_id)
        usual = known.pop(actor.account_id, RoutingRule())
        return RoutingView(usual, known, {each: most for each, (most, _) in limits.items() if most is not None})

    return await services.store.read(work)


async def change(
    services: Services, actor: Actor, rule: RoutingRule | None, department_id: str | None = None
) -> RoutingView:
    """Set the rule of the account, or of a department, which follows it without one. Raises InvalidField, NotFound."""
    access.require(actor, "routing.change")
    _check(rule)

    def work(tx: Tx) -> None:
        store.lock(tx, actor.account_id)
        if department_id is not None:
            tickets.require_department(tx, actor.account_id, department_id)
            if actor.account_id not in store.rules(tx, actor.account_id):
                store.put_rule(tx, actor.account_id, None, RoutingRule())
        store.put_rule(tx, actor.account_id, department_id, rule)
        target = department_id or actor.account_id
        audit.record(services, tx, actor.account_id, actor.agent_id, "routing.changed", target)

    await services.store.write(work)
    services.bus.publish(WorkDue())
    return await rules(services, actor)


async def limit(services: Services, actor: Actor, agent_id: str, most: int | None) -> RoutingView:
    """Set up to how many tickets an agent is given. Raises InvalidField, NotFound."""
    access.require(actor, "routing.change")
    if most is not None and not 0 <= most <= MOST:
        raise InvalidField(f"Give 0 to {MOST}", field="most")

    def work(tx: Tx) -> None:
        agents.one(tx, actor.account_id, agent_id)
        store.put_agent(tx, agent_id, most=most)
        audit.record(services, tx, actor.account_id, actor.agent_id, "routing.changed", agent_id)

    await services.store.write(work)
    services.bus.publish(WorkDue())
    return await rules(services, actor)


def _check(rule: RoutingRule | None) -> None:
    if rule is None:
        return
    if rule.mode not in MODES:
        raise InvalidField(f"A mode is one of {', '.join(MODES)}", field="mode")
    if not 0 <= rule.most <= MOST:
        raise InvalidField(f"Give 0 to {MOST}", field="most")
    if not 0 <= rule.minutes <= LONGEST:
        raise InvalidField(f"Give 0 to {LONGEST} minutes", field="minutes")
