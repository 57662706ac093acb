"""What an owner may set about mail to agents, and what of it is fixed."""

from __future__ import annotations

from chat.core.account_settings import Setting

WAITING_MINUTES = Setting(
    "waiting_minutes",
    int,
    0,
    "minutes after which agents are mailed that a visitor waits for an answer, 0 for never",
    "routing",
    0,
    1440,
    order=30,
)
MINUTE = 60_000
AGAIN = 15 * MINUTE
"""So long (ms) it rests where whoever would be written to wants to be left alone, or was written to often."""
AN_HOUR = 6
"""So many such letters an agent gets; what waits meanwhile is in the next one."""
