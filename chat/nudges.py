"""What sockets tell each other through `live`: that something happened, and where; ids and numbers only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

Kind = Literal[
    "message", "note", "typing", "read", "ended", "held",
    "ticket", "gone", "presence", "signout",
    "notice", "consent", "erased", "taught", "filter",
    "who", "due", "forget", "resync",
]  # fmt: skip


class Nudge(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something happened: where (`account`, `contact`, `ticket`), what, and the numbers needed to look it up."""

    kind: Kind
    account: str = ""
    contact: int = 0
    ticket: int = 0
    number: int = 0
    seq: int = 0
    note: int = 0
    agent: str = ""
    status: str = ""
    on: bool = False
    by: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """A nudge with what was read or written for it, which stays in this process, and who caused it."""

    nudge: Nudge
    entry: Any = None
    source: object = None


def channels(nudge: Nudge) -> tuple[str, ...]:
    """
    Return who is told.

    `account:…` are the agents of an account, `list:…` the feeds of its list, `visitors:…` its visitors, `contact:…`
    one of them, `ticket:…` the agents who have it open, `server` this process itself.
    """
    account, contact, ticket = f"account:{nudge.account}", f"contact:{nudge.contact}", f"ticket:{nudge.ticket}"
    known = {
        "due": ("server",),
        "taught": ("server",),
        "filter": ("server",),
        "forget": ("server",),
        "resync": ("server",),
        "presence": (account, f"visitors:{nudge.account}"),
        "notice": (account, f"visitors:{nudge.account}"),
        "ticket": (f"list:{nudge.account}",),
        "gone": (account,),
        "signout": (account,),
        "consent": (contact,),
        "erased": (contact,),
        "note": (ticket,),
    }
    return known.get(nudge.kind, (ticket, contact))
