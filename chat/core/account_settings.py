"""What an owner may set of an account: the one table that columns, limits, REST, forms and docs follow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from chat.core.errors import InvalidField

T = TypeVar("T", int, float, bool)


@dataclass(frozen=True)
class Setting(Generic[T]):
    """
    One setting: a whole number or a share from `least` to `most`, or a switch. `means` is for the docs. `page` is the
    page of the owner's whose form asks for it, as `setting.<name>` calls it there. It has a column of its name.
    """

    name: str
    kind: type[T]
    default: T
    means: str
    page: str
    least: float = 0
    most: float = 1

    @property
    def is_switch(self) -> bool:
        """Whether it is yes or no."""
        return self.kind is bool

    def check(self, value: T) -> T:
        """Return a value that it may have. Raises InvalidField."""
        if not self.least <= value <= self.most:
            raise InvalidField(f"Give a number from {self.least} to {self.most}", field=self.name)
        return value


MESSAGE_RATE = Setting("message_rate", int, 120, "a contact's messages a minute, 0 for no limit", "site", 0, 10_000)
AGREEMENT_RATE = Setting(
    "agreement_rate", int, 30, "agreements from one network in ten minutes, 0 for no limit", "site", 0, 10_000
)
GRACE_DAYS = Setting("grace_days", int, 0, "days between a visitor's withdrawal and the erasure", "privacy", 0, 30)
CONSENT_DAYS = Setting("consent_days", int, 730, "days after which a consent expires", "privacy", 1, 3650)
EXPORT_AGENT_NAMES = Setting(
    "export_agent_names", bool, default=False, means="exports give the names of agents", page="exports"
)
EXPORT_NOTES = Setting("export_notes", bool, default=False, means="exports give the notes of agents", page="exports")
HAM_HELD = Setting(
    "ham_held", float, 0.002, "the share of what is no spam that the filter may hold", "filter", 0.0001, 0.05
)
SETTINGS: tuple[Setting[Any], ...] = (
    MESSAGE_RATE,
    AGREEMENT_RATE,
    GRACE_DAYS,
    CONSENT_DAYS,
    EXPORT_AGENT_NAMES,
    EXPORT_NOTES,
    HAM_HELD,
)


def on_page(page: str) -> list[Setting[Any]]:
    """Return the settings that the form of a page asks for."""
    return [each for each in SETTINGS if each.page == page]
