"""What an owner may set of an account. Features name their settings, which columns, limits, REST, forms, docs obey."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from chat.core.errors import InvalidField

T = TypeVar("T", int, float, bool)


@dataclass(frozen=True)
class Setting(Generic[T]):
    """
    One setting: a whole number or a share from `least` to `most`, or a switch. `means` is for the docs. `page` is the
    page of the owner's whose form asks for it, as `setting.<name>` calls it there. It has a column of its name, and
    stands in forms and answers by its `order`.
    """

    name: str
    kind: type[T]
    default: T
    means: str
    page: str
    least: float = 0
    most: float = 1
    order: int = 100

    @property
    def is_switch(self) -> bool:
        """Whether it is yes or no."""
        return self.kind is bool

    def check(self, value: T) -> T:
        """Return a value that it may have. Raises InvalidField."""
        if not self.least <= value <= self.most:
            raise InvalidField(f"Give a number from {self.least} to {self.most}", field=self.name)
        return value


def on_page(settings: Iterable[Setting[Any]], page: str) -> list[Setting[Any]]:
    """Return the settings that the form of a page asks for."""
    return [each for each in settings if each.page == page]
