"""Which tickets somebody asks for, what may be done with one, and what an owner may set about messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from msgspec import UNSET, Struct, UnsetType

from chat.core.account_settings import Setting
from chat.core.errors import InvalidField
from chat.core.model import Actor, Ticket
from chat.core.texts import seen

TAG_CHARS = 50
ANSWER_MINUTES = 15
"""After so many who waits for an answer is marked in lists."""
PRIORITIES = ("none", "low", "normal", "high", "urgent")
EDITED_WITHIN = 5 * 60_000
"""So long after it was sent one changes one's own last message, or takes it back; ms."""

MESSAGE_RATE = Setting(
    "message_rate", int, 120, "a contact's messages a minute, 0 for no limit", "site", 0, 10_000, order=1
)


class TicketQuery(Struct, frozen=True, kw_only=True):
    """
    Which tickets: in a `status` (in any but the trash), of an `assignee` or `department` by id or of none, of a
    contact by its public id, with a `tag` (an id), with `held` messages or with others, of a `site` (an id), with a
    `priority`, put aside (`snoozed`) or not, whose visitor waits for an answer (`waiting`) or does not.
    """

    status: str | UnsetType = UNSET
    assignee: str | UnsetType | None = UNSET
    contact: str | UnsetType = UNSET
    department: str | UnsetType | None = UNSET
    tag: str | UnsetType = UNSET
    held: bool | UnsetType = UNSET
    site: str | UnsetType = UNSET
    priority: str | UnsetType = UNSET
    snoozed: bool | UnsetType = UNSET
    waiting: bool | UnsetType = UNSET


def priority_of(value: object) -> str:
    """Return a priority. Raises InvalidField."""
    if not isinstance(value, str) or value not in PRIORITIES:
        raise InvalidField(f"A priority is one of {', '.join(PRIORITIES)}", field="priority")
    return value


class Period(NamedTuple):
    """From when to when, in ms and with both ends. None is no end."""

    since: int | None = None
    until: int | None = None


EVER = Period()


class Span(NamedTuple):
    """A part of a ticket: from a message on, `first`, and `before` another. None is no end."""

    first: int = 1
    before: int | None = None


WHOLE = Span()


class SearchScope(Struct, frozen=True):
    """Where search looks: in which tickets, of which site, and at what was said when."""

    tickets: TicketQuery
    site: str | UnsetType = UNSET
    period: Period = EVER


def tag_of(tag: object, field: str) -> str:
    """Return a tag as it is stored. Raises InvalidField."""
    made = tag.strip() if isinstance(tag, str) and seen(tag) else ""
    if not 0 < len(made) <= TAG_CHARS or any(char < " " for char in made):
        raise InvalidField(f"A tag has 1 to {TAG_CHARS} characters on one line", field=field)
    return made


class By(NamedTuple):
    """Who did something with a ticket: its contact, an agent by id, or the server by itself."""

    author: Literal["visitor", "agent", "system"]
    agent_id: str | None = None


VISITOR, SERVER = By("visitor"), By("system")


def by(actor: Actor) -> By:
    """Return an agent as who did something."""
    return By("agent", actor.agent_id)


class Fact(Struct, frozen=True, kw_only=True):
    """
    One thing that was done with a ticket. `kind` is a word of `inbox.system.…` in the words of a feature, of at most 20
    characters. `until` is in ms, `number` names another ticket.
    """

    kind: str
    assignee: str | None = None
    department: str | None = None
    number: int | None = None
    until: int | None = None
    added: list[str] = []
    removed: list[str] = []


def facts(was: Ticket, values: Mapping[str, Any], who: By) -> list[Fact]:
    """
    Return what somebody changes who gives columns of a ticket, tags apart, other values: nothing for those that it has.
    """
    now = {name: value for name, value in values.items() if getattr(was, name, value) != value}
    made = [Fact(kind=_kind(was.status, now["status"]))] if "status" in now else []
    if "assignee" in now:
        made.append(_assigned(now["assignee"], who))
    if "department_id" in now:
        moved = now["department_id"]
        made.append(Fact(kind="department" if moved else "no_department", department=moved))
    if "snoozed_until" in now:
        until = now["snoozed_until"]
        made.append(Fact(kind="snoozed" if until else "woken", until=until))
    return made


def retagged(before: Sequence[str], after: Sequence[str]) -> list[Fact]:
    """Return what somebody changes who gives a ticket other tags: nothing where they are the same."""
    added, removed = [tag for tag in after if tag not in before], [tag for tag in before if tag not in after]
    return [Fact(kind="tagged", added=added, removed=removed)] if added or removed else []


def _assigned(assignee: str | None, who: By) -> Fact:
    if assignee is None:
        return Fact(kind="unassigned")
    return Fact(kind="taken" if assignee == who.agent_id else "assigned", assignee=assignee)


def _kind(was: str, status: str) -> str:
    if status == "trash":
        return "trashed"
    if was == "trash":
        return "restored"
    return "reopened" if was == "solved" else status
