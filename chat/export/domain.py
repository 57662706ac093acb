"""What an owner may set about exports."""

from __future__ import annotations

from chat.core.account_settings import Setting

EXPORT_AGENT_NAMES = Setting(
    "export_agent_names", bool, default=False, means="exports give the names of agents", page="exports", order=5
)
EXPORT_NOTES = Setting(
    "export_notes", bool, default=False, means="exports give the notes of agents", page="exports", order=6
)
