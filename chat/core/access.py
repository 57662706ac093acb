"""What an actor may do."""

from __future__ import annotations

from chat.core.errors import Forbidden
from chat.core.model import Actor


def require_manager(actor: Actor) -> None:
    """Raise Forbidden unless the actor may change sites, notices and agents."""
    if not actor.manages:
        raise Forbidden("This needs an owner or admin of the account")
