"""What a feature says of itself: one record each, which whoever gathers from all features reads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from starlette.routing import BaseRoute

from chat.core.locations import DataLocation
from chat.infra.gathered import Rule, Step
from chat.infra.services import Services
from chat.web.endpoint import Endpoint
from chat.web.menu import Menu


class Table(Protocol):
    """A table of a schema, as far as is asked here."""

    @property
    def name(self) -> str:
        """What the database calls it."""


@dataclass(frozen=True)
class Sweep:
    """A job that finds what is due, does it and returns how much, every so many `seconds`. It can be killed."""

    name: str
    run: Callable[[Services], Awaitable[int]]
    seconds: float


@dataclass(frozen=True)
class Feature:
    """
    A feature by its folder's name: its tables, what it serves, where it is in the menu, what the clock does for it. In
    its `folder` are its `templates`, and its words in `words.<locale>.json`.

    `rest` are paths below `/api/v1`, `widget` those that a visitor's browser asks for, `files` those that heed no
    query, `pages` those for people, who may choose a locale. `audited` are the actions that it enters in the audit log:
    a word once used keeps its meaning, since old entries say it. `rules` are those of retention that
    take what is its own, `steps` those of an erasure. `locations` are where it keeps data but for its tables.
    """

    name: str
    folder: Path
    tables: Sequence[Table] = ()
    endpoints: Sequence[Endpoint] = ()
    rest: Sequence[BaseRoute] = ()
    widget: Sequence[BaseRoute] = ()
    files: Sequence[BaseRoute] = ()
    pages: Sequence[BaseRoute] = ()
    sockets: Sequence[BaseRoute] = ()
    menu: Sequence[Menu] = ()
    sweeps: Sequence[Sweep] = ()
    audited: Sequence[str] = ()
    rules: Sequence[Rule] = ()
    locations: Sequence[DataLocation] = ()
    steps: Sequence[Step] = ()
