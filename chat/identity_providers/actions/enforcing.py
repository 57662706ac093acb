"""Where agents sign in through their provider alone. Owners need not: theirs is the way in when it is down."""

from __future__ import annotations

from chat.core.errors import NotFound
from chat.identity_providers import store
from chat.identity_providers.domain.people import domain_of
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team.domain import OWNER
from chat.team.store import AgentRow


class SigningInThrough:
    """What signing in asks about identity providers."""

    def is_any(self, tx: Tx, /) -> bool:
        """Whether anybody signs in through one."""
        return store.is_any(tx)

    def required(self, services: Services, tx: Tx, agent: AgentRow, /) -> str | None:
        """Return the id of the one through which alone an agent signs in, None for no such."""
        if agent.role == OWNER:
            return None
        try:
            email = services.unseal(agent.key_slot, agent.id, "email", agent.email) or ""
        except NotFound:
            email = ""  # they are being deleted
        return store.required_for(tx, agent.account_id, domain_of(email))

    def is_linked(self, tx: Tx, agent_id: str, /) -> bool:
        """Whether an agent signs in through one."""
        return store.provider_of(tx, agent_id) is not None


async def sweep(services: Services) -> int:
    """Delete what is kept of sign-ins that are over, and return how many."""
    return await services.store.write(lambda tx: store.drop_used(tx, services.clock()))
