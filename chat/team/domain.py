"""Who may give whom which role, and who may be taken away: nothing here knows where agents are kept."""

from __future__ import annotations

from dataclasses import dataclass

from chat.core.access import ROLES
from chat.core.errors import Forbidden

OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Standing:
    """
    How things stand for who changes an agent, read under a lock: who it is, their role (None for the server's
    operator), and the account's owners who can sign in, by id.
    """

    agent_id: str
    role: str | None
    owners: frozenset[str]

    def require_manageable(self, role: str) -> None:
        """Raise Forbidden where an agent of this role is above who changes them."""
        if self.role is None:
            return
        if role == OWNER and self.role != OWNER:
            raise Forbidden("Only an owner makes or changes an owner")
        if _rank(role) > _rank(self.role):
            raise Forbidden("Nobody changes an agent who is above them, or puts one there")

    def require_role(self, agent_id: str, old: str, new: str) -> None:
        """Raise Forbidden where who changes may not give an agent another role."""
        if self.agent_id == agent_id and _rank(new) > _rank(old):
            raise Forbidden("Nobody changes their own role up")
        self.require_manageable(old)
        self.require_manageable(new)
        if new != OWNER:
            self.require_owner_left(agent_id)

    def require_owner_left(self, agent_id: str) -> None:
        """Raise Forbidden where an account would have no owner without this agent."""
        if self.owners == {agent_id}:
            raise Forbidden("This is the last owner; make another one first")


def _rank(role: str) -> int:
    return ROLES.index(role)
