"""The words of an export's page in its reader's language: fields, days and moments, what a table is for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chat.core.locales import Locales
from chat.export.store.holdings import Holding

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
UNITS = ("B", "kB", "MB", "GB")
THOUSAND, DECIMALS = 1000, 10


class Say:
    """The words in one language; days and moments in UTC. A name without a word is shown as it is."""

    def __init__(self, locales: Locales, locale: str) -> None:
        self.locale = locale
        self._words, self._known = locales.words(locale, "export"), locales.strings(locale, "export")

    def __call__(self, key: str, **values: Any) -> str:
        """Say a key."""
        return self._words(key, **values)

    def either(self, key: str, otherwise: str) -> str:
        """Say a key if there is one."""
        return self._known.get(key, otherwise)

    def title(self, name: str) -> str:
        """Name a table."""
        return self.either(f"export.section.{name}", name)

    def field(self, name: str) -> str:
        """Name a field."""
        return self.either(f"export.field.{name}", name)

    def agent(self, said: Mapping[str, object]) -> str:
        """Name an agent, by name where the account gives names, unless they were deleted."""
        return str(said["name"] or self("export.former" if said.get("former") else "export.agent"))

    def day(self, at: str) -> str:
        """Write the day of a time, as 12 November 2026: in Greek a month stands in the genitive beside a day."""
        date = datetime.fromisoformat(at)
        return f"{date.day} {self(f'export.month.{date.month}')} {date.year}"

    def is_moment(self, held: object) -> bool:
        """Whether a value is a time as the wire writes them."""
        return isinstance(held, str) and MOMENT.fullmatch(held) is not None

    def moment(self, at: str) -> str:
        """Write a time to the minute."""
        return f"{self.day(at)}, {at[11:16]} UTC"

    def text(self, held: object) -> str:
        """Write a value of any other kind."""
        if isinstance(held, dict) and {"role", "name"} <= set(held):
            return self.agent(held)
        if isinstance(held, dict) and {"label", "value"} <= set(held):
            value = held["value"]
            said = self("common.yes" if value else "common.no") if isinstance(value, bool) else value
            return f"{held['label']}: {said}"
        if isinstance(held, dict):
            return ", ".join(f"{name}: {each}" for name, each in held.items())
        return ", ".join(map(self.text, held)) if isinstance(held, list) else str(held)

    def size(self, size: int) -> str:
        """Write a number of bytes as people read it."""
        number, unit = float(size), 0
        while number >= THOUSAND and unit < len(UNITS) - 1:
            number, unit = number / THOUSAND, unit + 1
        return f"{number:.0f} {UNITS[unit]}" if unit == 0 or number >= DECIMALS else f"{number:.1f} {UNITS[unit]}"


@dataclass(frozen=True)
class Purpose:
    """What a table is for, on what basis and how long it is kept, as terms and what they say; what is not given."""

    title: str
    facts: dict[str, str]
    withheld: list[str]


def purpose(t: Say, holding: Holding, days: Mapping[str, int]) -> Purpose:
    """Return what a table is for. `days` says by rule how long things are kept."""
    location = holding.location
    kinds = dict.fromkeys(t.either(f"export.category.{each.category}", each.category) for each in location.fields)
    bases = dict.fromkeys(t(f"export.basis.{each.basis}") for each in location.fields)
    facts = {
        "export.why.purpose": t.either(f"export.why.{holding.name}", location.why),
        "export.why.kinds": ", ".join(kinds),
        "export.why.basis": "; ".join(bases),
        "export.why.kept": kept(t, location.kept, days),
    }
    withheld = [
        f"{t.field(name)}: {t.either(f'export.withheld.{holding.name}.{name}', why)}"
        for name, why in holding.withheld.items()
    ]
    return Purpose(t.title(holding.name), {t(key): said for key, said in facts.items()}, withheld)


def kept(t: Say, rule: str, days: Mapping[str, int]) -> str:
    """Say how long something is kept: by a rule's days, or what it says of itself."""
    return t(f"export.kept.{rule}", count=days[rule]) if rule in days else t.either(f"export.kept.{rule}", rule)
