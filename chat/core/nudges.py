"""What sockets tell each other over the bus: that something happened, and where; ids and numbers only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgspec

Kind = Literal[
    "message", "note", "typing", "read", "ended", "held",
    "ticket", "gone", "presence", "signout",
    "notice", "consent", "erased", "erasure", "taught", "filter",
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
    told: tuple[str, ...]
    match nudge.kind:
        case "due" | "taught" | "filter" | "forget" | "resync":
            told = ("server",)
        case "presence" | "notice":
            told = f"account:{nudge.account}", f"visitors:{nudge.account}"
        case "gone":
            told = f"account:{nudge.account}", f"list:{nudge.account}"
        case "erasure" | "signout":
            told = (f"account:{nudge.account}",)
        case "ticket":
            told = (f"list:{nudge.account}",)
        case "consent" | "erased":
            told = (f"contact:{nudge.contact}",)
        case "note":
            told = (f"ticket:{nudge.ticket}",)
        case _:
            told = f"ticket:{nudge.ticket}", f"contact:{nudge.contact}"
    return told
