"""How long an invitation is good and shown, and what keeps one from being accepted."""

from __future__ import annotations

from chat.core.clock import DAY
from chat.core.errors import InvalidField

GOOD, SHOWN = 7 * DAY, 14 * DAY
"""Good for a week, listed for another, so that one that expired can be sent again."""
PATH = "/invitation"
WHY = {
    "gone": "This invitation was accepted, taken back or sent again, or is not one of ours; ask for another",
    "expired": "This invitation is over a week old; ask for another",
    "void": "Who sent this invitation may not invite for this role any more; ask somebody else there for another",
    "here": "Somebody signs in with this address already; sign in, or ask to be invited under another",
}


def refused(why: str) -> InvalidField:
    """Return why a link is not good, as what is wrong with the field `link`."""
    return InvalidField(WHY[why], field="link", why=why)
