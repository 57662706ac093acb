"""
What an actor may do: a table of roles and permissions. What stands in no role's row nobody may do.
"""

from __future__ import annotations

from collections.abc import Mapping

from chat.core.errors import Forbidden
from chat.core.model import Actor

AGENT = frozenset({"department.read"})
"""What every agent of an account may do."""
MANAGER = AGENT | {"department.change"}
"""What an owner or admin may do."""
ROLES: Mapping[str, frozenset[str]] = {"agent": AGENT, "admin": MANAGER, "owner": MANAGER}
PERMISSIONS = frozenset().union(*ROLES.values())
"""Every permission there is."""


def can(actor: Actor, permission: str) -> bool:
    """Whether the actor has a permission; nobody has one that is in no row."""
    return permission in ROLES.get(actor.role, ())


def require(actor: Actor, permission: str) -> None:
    """Raise Forbidden unless the actor has a permission."""
    if not can(actor, permission):
        raise Forbidden("This needs an owner or admin of the account")


def require_manager(actor: Actor) -> None:
    """Raise Forbidden unless the actor may change sites, notices and agents."""
    if not actor.manages:
        raise Forbidden("This needs an owner or admin of the account")
