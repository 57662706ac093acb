"""
How events are told: on channels that know, as types, which events they carry, and to each who listens as a delivery:
the event, the frames that were made of it in this process, who caused it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, Self, TypeVar

from chat.core import frames

E_contra = TypeVar("E_contra", contravariant=True)


class Channel(str, Generic[E_contra]):
    """
    Where events are told, by kind and id (`ticket:17`). Its type is the union of the events it carries, so that an
    event can name no channel whose listeners do not know it.
    """

    __slots__ = ()


class ChannelOf(Generic[E_contra]):
    """Names the channels of one kind by the id of what they are about."""

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __call__(self, key: int | str) -> Channel[E_contra]:
        """Return the channel of one account, contact or ticket."""
        return Channel(f"{self.kind}:{key}")


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
