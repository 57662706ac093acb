"""Mail to agents on its way, sealed under their keys."""

from __future__ import annotations

from chat.agent_mail.schema import agent_letter
from chat.infra.store.outbox import LetterTable
from chat.team.schema import agent

LETTERS = LetterTable(agent_letter, agent_letter.c.agent_id, (agent.c.id.label("uid"), agent.c.key_slot))
