"""What an owner may set about the sessions of an account's agents, and when an agent wants to be left alone."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

from chat.core.account_settings import Setting
from chat.core.errors import InvalidField
from chat.core.model import Preferences

SESSION_DAYS = Setting(
    "session_days", int, 14, "days after which an agent must sign in again, however busy", "sign-in", 1, 90, order=20
)
SESSION_IDLE_MINUTES = Setting(
    "session_idle_minutes",
    int,
    1440,
    "minutes without use after which an agent must sign in again; a page of the inbox that is open is use",
    "sign-in",
    15,
    20_160,
    order=21,
)
CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")


def check_quiet(value: str, field: str) -> str:
    """Return an hour of the day, "" for none. Raises InvalidField."""
    if value and not CLOCK.fullmatch(value):
        raise InvalidField("Give an hour as 22:00, or nothing", field=field)
    return value


def is_quiet(likes: Preferences, at: int) -> bool:
    """Whether an agent wants to be left alone at a moment (ms). Where they chose no time zone it is read as UTC."""
    start, end = likes.notifications.quiet_from, likes.notifications.quiet_until
    if not start or not end or start == end:
        return False
    clock = f"{datetime.fromtimestamp(at / 1000, ZoneInfo(likes.time_zone or 'UTC')):%H:%M}"
    return start <= clock < end if start < end else clock >= start or clock < end
