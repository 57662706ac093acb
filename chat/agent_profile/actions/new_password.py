"""A letter to an agent when their password was changed: if it was not they, they must know (ASVS 5.0, 6.3.7)."""

from __future__ import annotations

from chat.account import store as accounts
from chat.agent_mail import actions as agent_mail
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.team.store import AgentRow


def write_of(services: Services, tx: Tx, row: AgentRow) -> None:
    """Write to the agent of a row, where the server sends mail."""
    agent_mail.queue(services, tx, row, "mail.password_changed", name=accounts.one(tx, row.account_id).name)
