"""
What an actor may do: a table of roles and permissions. What stands in no role's row nobody may do.
"""

from __future__ import annotations

from collections.abc import Mapping

from chat.core.errors import Forbidden
from chat.core.model import Actor

AGENT = frozenset(
    {
        "account.read",
        "agent.read",
        "contact.export",
        "contact.read",
        "department.read",
        "erasure.ask",
        "erasure.read",
        "filter.read",
        "message.redact",
        "notice.read",
        "quarantine.read",
        "site.read",
        "spam.classify",
        "spam.mark",
        "ticket.answer",
        "ticket.change",
        "ticket.delete",
        "ticket.read",
    }
)
"""What every agent of an account may do."""
MANAGER = AGENT | {
    "account.change",
    "agent.manage",
    "audit.check",
    "audit.read",
    "contact.export_held",
    "department.change",
    "erasure.oversee",
    "export.delete",
    "export.list",
    "filter.train",
    "hold.change",
    "hold.read",
    "notice.publish",
    "record.read",
    "retention.change",
    "retention.read",
    "retention.run",
    "site.change",
}
"""What an owner or admin may do."""
ROLES: Mapping[str, frozenset[str]] = {"agent": AGENT, "admin": MANAGER, "owner": MANAGER}
PERMISSIONS = frozenset().union(*ROLES.values())
"""Every permission there is."""


def can(actor: Actor, permission: str) -> bool:
    """Whether the actor has a permission. Nobody has one that is in no row."""
    return permission in ROLES.get(actor.role, ())


def require(actor: Actor, permission: str) -> None:
    """Raise Forbidden unless the actor has a permission."""
    if not can(actor, permission):
        raise Forbidden("This needs an owner or admin of the account")
