"""
What an actor may do: what is among their permissions and nothing else. The features say which role has which.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, get_args

from chat.core.errors import Forbidden
from chat.core.model import Actor

Role = Literal["agent", "admin", "owner"]
ROLES: tuple[Role, ...] = get_args(Role)
"""Each has what those before it have."""


def table(said: Iterable[Mapping[str, Role]]) -> dict[str, frozenset[str]]:
    """
    Return the permissions of each role. `said` names each permission with the lowest role that has it. Raises
    ValueError where one is named twice.
    """
    lowest = [one for each in said for one in each.items()]
    names = [name for name, _ in lowest]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"{', '.join(twice)} is said to be a permission twice")
    return {
        role: frozenset(name for name, least in lowest if ROLES.index(least) <= at) for at, role in enumerate(ROLES)
    }


def can(actor: Actor, permission: str) -> bool:
    """Whether the actor has a permission."""
    return permission in actor.permissions


def require(actor: Actor, permission: str) -> None:
    """Raise Forbidden unless the actor has a permission."""
    if not can(actor, permission):
        raise Forbidden("This needs an owner or admin of the account")
