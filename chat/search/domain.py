"""What somebody asks of search, as it comes, and its answers, line by line."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from chat.core.clock import DAY
from chat.core.errors import InvalidField
from chat.core.frames import ContactName, Named, SiteName
from chat.tickets.domain import Period

HITS, HITS_MOST = 50, 200
DATE = re.compile(r"\d{4}-\d\d-\d\d")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SearchRequest(Struct, frozen=True, forbid_unknown_fields=True):
    """
    What to look for, and where: filters as those of `GET /tickets`, but that the trash is searched too. `since` and
    `until` are days (UTC) or times (RFC 3339).
    """

    q: str = ""
    status: str | UnsetType = UNSET
    assignee: str | UnsetType = UNSET
    department: str | UnsetType = UNSET
    tag: str | UnsetType = UNSET
    site: str | UnsetType = UNSET
    contact: str | UnsetType = UNSET
    held: bool | UnsetType = UNSET
    since: str | UnsetType = UNSET
    until: str | UnsetType = UNSET
    limit: Annotated[int, Meta(ge=1, le=HITS_MOST)] = HITS


class Hit(Struct, frozen=True, omit_defaults=True):
    """
    Where the words are: `found` in a message (`seq`), a note (its number as `seq`), a name, an address, a tag, or a
    ticket's number. `parts` together are the text around it; each second one is what was found.
    """

    found: str
    ticket: int
    at: str
    parts: list[str]
    status: str
    contact: ContactName
    site: SiteName
    assignee: Named | None
    held: bool
    seq: int | UnsetType = UNSET
    author: str | UnsetType = UNSET


class SearchedBackTo(Struct, frozen=True):
    """How far search has come: everything since then was looked at. `complete` where there is nothing before it."""

    searched_back_to: str
    complete: bool


class SearchFailed(Struct, frozen=True):
    """Why search ends here, as a refusal's `code` and `detail`. What came before it is true."""

    code: str
    detail: str


Line = Hit | SearchedBackTo | SearchFailed


def period_of(asked: SearchRequest) -> Period:
    """Return from when to when is searched. Raises InvalidField."""
    since = None if asked.since is UNSET else _time(asked.since, "since")
    until = None if asked.until is UNSET else _time(asked.until, "until", last=True)
    if since is not None and until is not None and since > until:
        raise InvalidField("This is before the beginning", field="until")
    return Period(since, until)


def _time(value: str, field: str, *, last: bool = False) -> int:
    """Read a day or a time as ms, of a day its beginning or, for the `last`, its end."""
    is_day = DATE.fullmatch(value) is not None
    try:
        read = datetime.fromisoformat(f"{value}T00:00:00Z" if is_day else value)
    except ValueError:
        read = None
    if read is None or read.tzinfo is None:
        raise InvalidField("Give a day as 2026-11-23, or a time as 2026-11-23T18:50:00Z", field=field)
    # Reckoned from the epoch: `timestamp()` fails at the ends of the calendar where it is put into the local time.
    return (read - EPOCH) // timedelta(milliseconds=1) + (DAY - 1 if is_day and last else 0)
