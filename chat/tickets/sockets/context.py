"""What sockets and HTTP of chats share besides: who writes, who is there, who sees the list."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from starlette.requests import HTTPConnection

from chat.core import frames
from chat.infra.services import Services
from chat.tickets.actions.posting import Postbox
from chat.tickets.sockets.feed import Feed
from chat.tickets.sockets.presence import Visitors
from chat.web.context import WebContext


class Erasures(Protocol):
    """What sockets tell of those who were erased; `chat.erasure.actions.erasure`, handed in by the entry."""

    async def frame_of(self, services: Services, account_id: str, erasure_id: str) -> frames.ErasureOut:
        """Return what is told of a request that another process filed or finished."""

    async def lately(self, services: Services, account_id: str, since: int) -> list[frames.ErasureOut]:
        """Return what was told from a while before a time on (ms), for who may have missed it."""


@dataclass(kw_only=True)
class ChatContext(WebContext):
    """The web's context, with the postbox of all messages, the visitors' sockets, and the feeds of the lists."""

    postbox: Postbox
    erasures: Erasures
    visitors: Visitors = field(default_factory=Visitors)
    feeds: dict[str, Feed] = field(default_factory=dict)
    telling: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def visitors_here(self) -> int:
        """How many visitors are at the other end of a socket."""
        return len(self.visitors)

    def feed(self, account: str) -> Feed:
        """Return the feed of an account's list."""
        return self.feeds.setdefault(account, Feed(self.services, account, self.telling))

    def left_feed(self, account: str, owner: object) -> None:
        """Let `owner` leave the feed, which goes with the last."""
        if account in self.feeds and self.feeds[account].leave(owner):
            del self.feeds[account]

    async def stop(self) -> None:
        """Store what waits to be written, then end what is being read: what it reads from is closed next."""
        await self.postbox.drain()
        for task in self.telling:
            task.cancel()
        await asyncio.gather(*self.telling, return_exceptions=True)


def chat_context_of(connection: HTTPConnection) -> ChatContext:
    """Return the context of the server that was asked."""
    context: ChatContext = connection.state.context
    return context
