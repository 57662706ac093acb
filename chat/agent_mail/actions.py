"""
Letters to agents about their own account: that a password was changed, a link to set one. Sealed under the agent's own
key, and gone with the agent.
"""

from __future__ import annotations

from chat.agent_mail import store
from chat.core.model import LOCALES
from chat.infra.outbox import Outbox, Sealer
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team.actions import agents
from chat.team.store import AgentRow

OUTBOX = Outbox(store.LETTERS)


def queue(services: Services, tx: Tx, agent: AgentRow, said: str, *, locale: str = "", **values: object) -> str:
    """
    Put a letter to an agent, given by their row, into the outbox, within the caller's transaction. Return its id, or
    "" where the server sends no mail or their address does not open.

    Its subject are the words `said`, its text the words `said.text`, each filled with the `values`. It is in the
    agent's language, unless the caller knows in which `locale` the agent is asking. After the commit, publish `WorkDue`
    to have it sent at once.
    """
    address = services.unseal(agent.key_slot, agent.id, "email", agent.email) if services.mailer.ready else None
    if not address:
        return ""
    t = services.gathered.locales.words(locale or language_of(services, agent))
    whose = Sealer(agent.id, agent.id, agent.key_slot)
    return OUTBOX.queue(services, tx, whose, address, t(said, **values), t(f"{said}.text", **values))


def language_of(services: Services, agent: AgentRow) -> str:
    """Return the language that an agent is written to in: that of their pages, where they chose one."""
    return agents.get_preferences(services, agent).locale or LOCALES[0]


async def sweep(services: Services) -> int:
    """Try every letter that is due, and return how many are off our hands."""
    return await OUTBOX.sweep(services)
