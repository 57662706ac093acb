"""The rights of roles: reading them for whoever acts, showing them, and changing them for an account."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass

from msgspec import Struct

from chat.core import access
from chat.core.access import ROLES, Right
from chat.core.errors import InvalidField, NotFound
from chat.core.events import RightsChanged
from chat.core.model import Actor
from chat.core.versions import ANY, Precondition
from chat.infra.audit import audit
from chat.infra.gathered import Entered
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.roles import store

Cells = Mapping[str, Mapping[str, bool]]
"""By role and permission: whether it is allowed."""


@dataclass(frozen=True, slots=True)
class Cell:
    """Whether a role has a permission."""

    role: str
    permission: str
    allowed: bool


class RightView(Struct, frozen=True):
    """Whether a role has a right, has it usually, and whether an owner may change that (`open`)."""

    allowed: bool
    usual: bool
    open: bool


class RolesView(Struct, frozen=True):
    """Each right with what it is to each role, and of each role what is not as usual."""

    rights: dict[str, dict[str, RightView]]
    changed: dict[str, dict[str, bool]]


def of_role(services: Services, tx: Tx, account_id: str, role: str) -> frozenset[str]:
    """Return the permissions of a role in an account."""
    return access.allowed(services.gathered.rights, role, store.of_role(tx, account_id, role))


async def roles(services: Services, actor: Actor) -> RolesView:
    """Return what each role may in the actor's account."""
    access.require(actor, "role.read")
    return _view(services, await services.store.read(lambda tx: _may(services, tx, actor.account_id)))


async def change(services: Services, actor: Actor, wanted: Cells, expected: Precondition = ANY) -> RolesView:
    """
    Let the rights of the account's roles be as usual but for what is `wanted`. Raises InvalidField where that names
    what is not there, or what nobody may change, and ChangedMeanwhile where they are not as `expected`.
    """
    access.require(actor, "role.change")
    _require_open(services.gathered.rights, wanted)

    def work(tx: Tx) -> list[Cell]:
        store.lock(tx, actor.account_id)
        may = _may(services, tx, actor.account_id)
        expected.require(_view(services, may))
        different = _different(services, may, wanted)
        for each in different:
            _put(services, tx, actor.account_id, each)
        for each in different:
            word = "right.given" if each.allowed else "right.taken"
            audit.record(services, tx, actor.account_id, actor.agent_id, word, f"{each.role}/{each.permission}")
        # What is given is not entered: a restore may lose that, and an owner gives it again.
        for each in different:
            if not each.allowed:
                said = {"account": actor.account_id, "role": each.role, "permission": each.permission}
                services.ledger.enter(services.clock(), "take", said)
        return different

    different = await services.store.write(work)
    services.bus.publish(
        *(RightsChanged(actor.account_id, role) for role in dict.fromkeys(each.role for each in different))
    )
    return await roles(services, actor)


def take(services: Services, tx: Tx, account_id: str, role: str, permission: str) -> None:
    """Take a right again that was taken before a restore. Where account or right are not there, nobody has it."""
    with contextlib.suppress(NotFound):
        store.lock(tx, account_id)
        _put(services, tx, account_id, Cell(role, permission, allowed=False))


def _put(services: Services, tx: Tx, account_id: str, cell: Cell) -> None:
    right = services.gathered.rights.get(cell.permission)
    usual = right is not None and right.usual(cell.role) == cell.allowed
    allowed = None if usual else cell.allowed
    store.put(tx, account_id, cell.role, cell.permission, allowed, services.clock())


def _may(services: Services, tx: Tx, account_id: str) -> dict[str, frozenset[str]]:
    return {role: of_role(services, tx, account_id, role) for role in ROLES}


def _different(services: Services, was: Mapping[str, frozenset[str]], wanted: Cells) -> list[Cell]:
    """Return what has to change of what each role may for it to be as wanted."""
    now = {role: access.allowed(services.gathered.rights, role, wanted.get(role, {})) for role in ROLES}
    return [Cell(role, name, name in now[role]) for role in ROLES for name in sorted(was[role] ^ now[role])]


def _require_open(known: Mapping[str, Right], wanted: Cells) -> None:
    for role, cells in wanted.items():
        if role not in ROLES:
            raise InvalidField(f"A role is one of {', '.join(ROLES)}", field="changed")
        for name, allowed in cells.items():
            if name not in known:
                raise InvalidField("A right that it names is not there; GET lists them", field="changed")
            if allowed != known[name].usual(role) and not known[name].is_open(role):
                word = "given to" if allowed else "taken from"
                raise InvalidField(f"{name} can never be {word} the role {role}", field="changed")


def _view(services: Services, may: Mapping[str, frozenset[str]]) -> RolesView:
    rights = {
        name: {role: RightView(name in may[role], right.usual(role), right.is_open(role)) for role in ROLES}
        for name, right in services.gathered.rights.items()
    }
    changed = {
        role: {name: each[role].allowed for name, each in rights.items() if each[role].allowed != each[role].usual}
        for role in ROLES
    }
    return RolesView(rights, changed)


async def take_again(services: Services, what: Entered) -> None:
    """Take a right from a role again. Given anew since or not: that is for an owner to say once more."""
    await services.store.write(lambda tx: take(services, tx, what["account"], what["role"], what["permission"]))
