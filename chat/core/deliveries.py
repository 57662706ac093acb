"""What the bus hands to whoever listens: an event, the frames that were made of it in this process, who caused it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, Self, TypeVar

from chat.core import frames

E_co = TypeVar("E_co", covariant=True)


class Rendered:
    """
    The frames by which an event is told to visitors and to agents. Each is written at its first use, and once however
    many hear it.
    """

    def __init__(
        self, *, visitors: Sequence[frames.OutboundFrame] = (), agents: Sequence[frames.OutboundFrame] = ()
    ) -> None:
        self._visitors, self._agents = visitors, agents

    @classmethod
    def same(cls, frame: frames.OutboundFrame) -> Self:
        """Return one frame that visitors and agents are told alike."""
        both = (frame,)
        return cls(visitors=both, agents=both)

    @cached_property
    def for_visitors(self) -> tuple[str, ...]:
        """The lines that a visitor gets."""
        return tuple(map(frames.encode, self._visitors))

    @cached_property
    def for_agents(self) -> tuple[str, ...]:
        """The lines that an agent gets."""
        return self.for_visitors if self._agents is self._visitors else tuple(map(frames.encode, self._agents))


@dataclass(frozen=True, slots=True)
class Delivery(Generic[E_co]):
    """
    One event for one channel. `rendered` stays in this process: who hears of the event in another reads what it needs
    from the database. `source` is whoever caused it, a socket or another process by its id, and is not told.
    """

    event: E_co
    rendered: Rendered | None = None
    source: object = None
