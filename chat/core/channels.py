"""Where events are told: names of channels that know, as types, which events they carry."""

from __future__ import annotations

from typing import Generic, TypeVar

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
