"""What of an account is about its agents' sessions."""

from __future__ import annotations

from chat.account.schema import add_settings
from chat.agent_profile.domain import SESSION_DAYS, SESSION_IDLE_MINUTES

add_settings(SESSION_DAYS, SESSION_IDLE_MINUTES)
