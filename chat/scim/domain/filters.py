"""Which users are asked for: filters of one comparison by `eq` (RFC 7644, 3.4.2.2), which is what providers send."""

from __future__ import annotations

import json
from dataclasses import dataclass

from chat.scim.domain.users import TRUTHS, plain_name, refusal


@dataclass(frozen=True, slots=True)
class UserFilter:
    """The users whose `attribute` is a `value`; with "" for the attribute all of them."""

    attribute: str = ""
    value: str | bool = ""


FILTERS = {
    "username": "user_name",
    "emails": "user_name",
    "emails.value": "user_name",
    "externalid": "external_id",
    "id": "id",
    "active": "active",
}


def filter_of(text: str) -> UserFilter:
    """Read a filter of one comparison, as `userName eq "a@b.example"` (RFC 7644, 3.4.2.2). Raises InvalidField."""
    if not text:
        return UserFilter()
    # The comparison stands behind what picks an element, which has one of its own.
    picked, closes, rest = text.partition("]")
    head, said = (f"{picked}]", rest) if closes and "[" in picked.partition('"')[0] else ("", text)
    words = said.split(None, 2) if not said.startswith(" ") or not head else ["", *said.split(None, 1)]
    name = head + words[0]
    whole = len(words) == 3 and ("[" in name) == ("]" in name)  # noqa: PLR2004 - name, operator, value
    attribute = FILTERS.get(plain_name(name)) if whole else None
    if attribute is None or words[1].lower() != "eq":
        raise refusal('Filter by userName, externalId, id or active, as userName eq "…"', "invalidFilter", "filter")
    return UserFilter(attribute, _compared(attribute, words[2].strip()))


def _compared(attribute: str, text: str) -> str | bool:
    try:
        value = json.loads(text)
    except ValueError:
        value = text.lower() if text.lower() in TRUTHS else None
    if attribute == "active":
        value = TRUTHS.get(str(value).lower())
    if not isinstance(value, bool if attribute == "active" else str):
        raise refusal("This cannot be compared with that", "invalidFilter", "filter")
    return value
