"""What an owner may set about mail to visitors who left."""

from __future__ import annotations

from chat.core.account_settings import Setting

ANSWER_MINUTES = Setting(
    "answer_minutes",
    int,
    10,
    "minutes after which an answer that its visitor has not read is mailed, 0 for never",
    "privacy",
    0,
    1440,
    order=4,
)
ANSWER_TEXT = Setting(
    "answer_text", bool, default=False, means="mailed answers hold what was written", page="privacy", order=4
)
DAYS = 7
"""How long a link brings a chat back. It is kept for as long again, to say that it is over."""
