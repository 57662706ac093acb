"""Departments: making, showing, changing and deleting them."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import UNSET, Struct, UnsetType

from chat.account import store as accounts
from chat.account.actions.accounts import line
from chat.core import access
from chat.core.errors import InvalidField
from chat.core.ids import uuid7
from chat.core.model import Actor
from chat.core.versions import ANY, Precondition
from chat.departments import store
from chat.departments.store import Department
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.retention.actions import rules
from chat.retention.actions.rules import Days
from chat.team import store as team
from chat.team.actions import agents

NAME = 100


class DepartmentView(Struct, frozen=True):
    """A department. `retention` has its own days by rule, as `{"transcripts_days":365}`."""

    id: str
    name: str
    retention: dict[str, int]


def department_view(found: Department) -> DepartmentView:
    """Return a department as it is given out."""
    return DepartmentView(found.id, found.name, rules.with_names(found.retention))


async def departments(services: Services, actor: Actor) -> list[Department]:
    """Return the account's departments by name."""
    access.require(actor, "department.read")
    return await services.store.read(lambda tx: store.all_of(tx, actor.account_id))


async def members(services: Services, actor: Actor) -> dict[str, list[str]]:
    """Return the names of the agents who work in each department, by its id; of those who can sign in."""
    access.require(actor, "department.read")

    def work(tx: Tx) -> tuple[dict[str, list[str]], list[team.AgentRow]]:
        return accounts.departments_of_agents(tx, actor.account_id), team.of_account(tx, actor.account_id)

    theirs, rows = await services.store.read(work)
    found: dict[str, list[str]] = {}
    for row in rows:
        for department_id in theirs.get(row.id, []) if row.deactivated_at is None else []:
            found.setdefault(department_id, []).append(agents.get_name(services, row))
    return found


async def one(services: Services, actor: Actor, department_id: str) -> Department:
    """Return a department of the account. Raises NotFound where there is none."""
    access.require(actor, "department.read")
    return await services.store.read(lambda tx: store.one(tx, actor.account_id, department_id))


async def add(services: Services, actor: Actor, name: str, retention: Days) -> Department:
    """Make a department, with days of its own or none. Raises InvalidField."""
    return (await add_once(services, actor, name, retention))[0]


async def add_once(
    services: Services, actor: Actor, name: str, retention: Days, made_id: str = ""
) -> tuple[Department, bool]:
    """Make a department once by its id, and return it, and whether it was there. Raises InvalidField and NotFound."""
    access.require(actor, "department.change")
    made_id = made_id or uuid7()
    made = {
        "id": made_id,
        "name": _name(name),
        "retention": rules.own_days(services, retention),
        "created_at": services.clock(),
    }

    def work(tx: Tx) -> tuple[Department, bool]:
        accounts.one(tx, actor.account_id, lock=True)  # of two that are sent at once the second finds the first
        if store.is_taken(tx, made_id):
            return store.one(tx, actor.account_id, made_id), True
        store.add(tx, actor.account_id, made)
        audit.record(services, tx, actor.account_id, actor.agent_id, "department.changed", made_id)
        return store.one(tx, actor.account_id, made_id), False

    return await services.store.write(work)


async def change(
    services: Services,
    actor: Actor,
    department_id: str,
    name: str | UnsetType = UNSET,
    retention: Days | UnsetType = UNSET,
    expected: Precondition = ANY,
) -> Department:
    """
    Change a department's name, or its own days as a whole. Raises InvalidField, and ChangedMeanwhile where it is not
    as `expected`.
    """
    access.require(actor, "department.change")
    checked: dict[str, object] = {}
    if name is not UNSET:
        checked["name"] = _name(name)
    if retention is not UNSET:
        checked["retention"] = rules.own_days(services, retention)
    if not checked:
        raise InvalidField("Give any of name, retention", field="name")

    def work(tx: Tx) -> None:
        store.change(tx, actor.account_id, department_id, checked)

    await _write_change(services, actor, department_id, work, expected)
    return await one(services, actor, department_id)


async def delete(services: Services, actor: Actor, department_id: str, expected: Precondition = ANY) -> None:
    """
    Delete a department. Its tickets stay, and the account's days hold for them. Raises ChangedMeanwhile where it is not
    as `expected`.
    """
    access.require(actor, "department.change")

    def work(tx: Tx) -> None:
        store.drop(tx, actor.account_id, department_id)

    await _write_change(services, actor, department_id, work, expected)


async def _write_change(
    services: Services, actor: Actor, department_id: str, change: Callable[[Tx], None], expected: Precondition
) -> None:
    def work(tx: Tx) -> None:
        expected.require(department_view(store.one(tx, actor.account_id, department_id, lock=True)))
        change(tx)
        audit.record(services, tx, actor.account_id, actor.agent_id, "department.changed", department_id)

    await services.store.write(work)


def _name(value: str) -> str:
    if len(value) > NAME:
        raise InvalidField(f"Give at most {NAME} characters", field="name")
    return line("name", value)
