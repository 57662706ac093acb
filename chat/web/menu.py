"""The owner's menu, line by line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Menu:
    """
    A line of the owner's menu: in a group, at a position there, leading to a page. `key` is its word, `permission` what
    the page needs.
    """

    group: str
    position: int
    path: str
    key: str
    permission: str | None = None
