"""Fields of tickets as an account defines them, and which values fit one."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Literal

from msgspec import Struct, structs

from chat.core.errors import InvalidField
from chat.core.texts import line

FieldKind = Literal["text", "number", "choice", "date", "checkbox"]
KINDS: tuple[FieldKind, ...] = ("text", "number", "choice", "date", "checkbox")
FieldValue = str | int | float | bool
"""A date is `2026-11-30`."""
MOST, MOST_RETIRED, LABEL, TEXT, OPTIONS, OPTION = 20, 80, 60, 200, 50, 60
KEY_CHARS = 40
EXACT = 2**53 - 1
"""Beyond it JavaScript, and much that reads JSON, takes two numbers for one."""
_KEY = re.compile(rf"[a-z][a-z0-9_]{{0,{KEY_CHARS - 1}}}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)


class TicketField(Struct, frozen=True, forbid_unknown_fields=True):
    """
    A field that tickets have. Its `key` stays, `options` are those of a choice. One that is `retired` is offered no
    more, and the values that tickets have stay readable.
    """

    key: str
    label: str
    kind: FieldKind
    options: list[str] = []
    retired: bool = False


class TicketFields(Struct, frozen=True):
    """All fields of an account's tickets, in the order in which they are shown."""

    fields: list[TicketField]


def checked(given: Sequence[TicketField], known: Collection[str]) -> list[TicketField]:
    """
    Return the fields of an account as they are stored. `known` are the keys that it has by now: of these none may be
    missing. Raises InvalidField, whose `why` says in a word what is wrong.
    """
    made = [_checked(each) for each in given]
    keys, labels = [each.key for each in made], [each.label.casefold() for each in made]
    if len({*keys}) < len(keys):
        raise _refused("Two fields have one key", "key")
    if len({*labels}) < len(labels):
        raise _refused("Two fields have one label", "label_taken")
    if {*known} - {*keys}:
        raise _refused("Retire a field rather than leave it out: tickets have values of it", "missing")
    retired = sum(each.retired for each in made)
    if len(made) - retired > MOST:
        raise _refused(f"Tickets have at most {MOST} fields; retire one first", "many")
    if retired > MOST_RETIRED:
        raise _refused(f"At most {MOST_RETIRED} fields are kept as retired", "many_retired")
    return made


def _checked(field: TicketField) -> TicketField:
    if _KEY.fullmatch(field.key) is None:
        raise _refused(f"A key has 1 to {KEY_CHARS} of a-z, 0-9 and _, a letter first", "key")
    label = line(field.label)
    if not 0 < len(label) <= LABEL or _has_control(label):
        raise _refused(f"A label has 1 to {LABEL} characters on one line", "label")
    options = [line(each) for each in field.options]
    if field.kind != "choice" and options:
        raise _refused("Only a choice has options", "options")
    if field.kind == "choice" and not 0 < len(options) <= OPTIONS:
        raise _refused(f"A choice has 1 to {OPTIONS} options", "options")
    if any(not 0 < len(each) <= OPTION or _has_control(each) for each in options):
        raise _refused(f"An option has 1 to {OPTION} characters on one line", "options")
    if len({*options}) < len(options):
        raise _refused("Two options are the same", "options")
    return structs.replace(field, label=label, options=options)


def _refused(detail: str, why: str) -> InvalidField:
    return InvalidField(detail, field="fields", why=why)


def value_of(field: TicketField, value: FieldValue) -> FieldValue:
    """Return a value of a field as it is stored. Raises InvalidField, also where the field is retired."""
    if field.retired:
        raise _unfit(field, "This field is retired: what it says can be taken away, and nothing put there")
    return _CHECKS[field.kind](field, value)


def _text(field: TicketField, value: FieldValue) -> str:
    text = line(value) if isinstance(value, str) else ""
    if not 0 < len(text) <= TEXT or _has_control(text):
        raise _unfit(field, f"Give 1 to {TEXT} characters on one line")
    return text


def _number(field: TicketField, value: FieldValue) -> int | float:
    if isinstance(value, str | bool) or not math.isfinite(value) or abs(value) > EXACT:
        raise _unfit(field, f"Give a number from -{EXACT} to {EXACT}")
    return value


def _choice(field: TicketField, value: FieldValue) -> FieldValue:
    if value not in field.options:
        raise _unfit(field, "This is none of the options that are offered")
    return value


def _date(field: TicketField, value: FieldValue) -> FieldValue:
    if not isinstance(value, str) or not _is_date(value):
        raise _unfit(field, "Give a date that there is, as 2026-11-30")
    return value


def _checkbox(field: TicketField, value: FieldValue) -> FieldValue:
    if not isinstance(value, bool):
        raise _unfit(field, "Give true or false")
    return value


_CHECKS: Mapping[FieldKind, Callable[[TicketField, FieldValue], FieldValue]] = {
    "text": _text,
    "number": _number,
    "choice": _choice,
    "date": _date,
    "checkbox": _checkbox,
}


def _is_date(text: str) -> bool:
    if _DATE.fullmatch(text) is None:
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _has_control(text: str) -> bool:
    return any(unicodedata.category(char) == "Cc" for char in text)


def _unfit(field: TicketField, detail: str) -> InvalidField:
    return InvalidField(detail, field=f"fields.{field.key}")


def key_for(label: str, taken: Collection[str]) -> str:
    """Return a key for a new field that none of those `taken` is: its label's Latin letters, else `field`."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "_", plain).strip("_0123456789")[: KEY_CHARS - 4].strip("_") or "field"
    numbered = (f"{stem}_{n}" for n in range(2, len(taken) + 3))
    return next(each for each in (stem, *numbered) if each not in taken)
