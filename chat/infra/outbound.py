"""
Calls other servers, at addresses that customers name: an endpoint of webhooks, a provider of identities.

A name is resolved once, every answer is looked at (`chat/core/outbound.py`), and the connection goes to an address that
was looked at: who changes the name's answer between the two gains nothing. TLS and the `Host` header are the name's.
No redirect is followed, no proxy of the environment used, and nothing is waited for, or read, without a limit.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from ipaddress import ip_address

import httpcore2

from chat.core.networks import Address, Networks
from chat.core.outbound import AddressRefused, Target, is_allowed, is_open, plain_of, read_url

SECONDS, MOST = 10.0, 64 * 1024
"""A call may take so long in all, and of its answer so many bytes are read."""
Resolve = Callable[[str], Awaitable[Sequence[Address]]]
"""Returns every address of a name, at least one. Raises OSError where there is none."""


class Unreached(Exception):
    """
    No answer came. `why` is a word: refused (by the address' machine, or nobody is there), tls, timeout, or protocol.
    """

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class OutboundAnswer:
    """What another server said. `whole` is False where there was more than was read; names of headers are small."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    whole: bool


async def resolve(host: str) -> list[Address]:
    """Return what the system's resolver says of a name, each address once."""
    found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ip_address(str(each[4][0]).partition("%")[0]) for each in found))


@dataclass(frozen=True)
class Outbound:
    """Calls what anybody on the internet may reach, and what is in the networks that the operator `allow`s."""

    allow: Networks = ()
    resolve: Resolve = resolve

    async def check(self, url: str) -> Target:
        """Return what a URL leads to, if it may be called as things stand. Raises AddressRefused."""
        target = read_url(url)
        try:
            async with asyncio.timeout(SECONDS):
                await self._addresses(target)
        except TimeoutError:
            raise AddressRefused("unknown", "The URL's host was not found in time") from None
        return target

    async def ask(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        seconds: float = SECONDS,
        most: int = MOST,
    ) -> OutboundAnswer:
        """
        Call a URL, and return the answer, up to `most` bytes of it. Raises AddressRefused, also where the address is
        another since it was checked, and Unreached.
        """
        target = read_url(url)
        try:
            async with asyncio.timeout(seconds):
                addresses = await self._addresses(target)
                sent = {"accept-encoding": "identity", "user-agent": "Lethe"} | dict(headers or {})
                return await _ask(addresses, method, target.url, sent, content, most)
        except (TimeoutError, httpcore2.TimeoutException):
            raise Unreached("timeout") from None
        except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError):
            raise Unreached("protocol") from None

    async def _addresses(self, target: Target) -> list[Address]:
        """Return the addresses of a target, which are all good. Raises AddressRefused where one is not."""
        try:
            found: Sequence[Address] = [ip_address(target.host)]
        except ValueError:
            found = await self._resolved(target.host)
        # All of them, and not the good ones alone: a name that leads inside too was not made so by mistake.
        if not all(is_open(each, self.allow) for each in found):
            raise AddressRefused("internal", "The URL leads to an address inside of a network, which is not called")
        if target.scheme != "https" and not all(is_allowed(each, self.allow) for each in found):
            raise AddressRefused("scheme", "The URL must begin with https://")
        return [plain_of(each) for each in found]

    async def _resolved(self, host: str) -> Sequence[Address]:
        try:
            found = await self.resolve(host)
        except (OSError, UnicodeError):
            found = []
        if not found:
            raise AddressRefused("unknown", "The URL's host is not found")
        return found


class _Checked(httpcore2.AsyncNetworkBackend):
    """Connects to addresses that were looked at, whatever name it is given: nothing is resolved again."""

    def __init__(self, addresses: Sequence[Address]) -> None:
        self._addresses, self._inner = addresses, httpcore2.AnyIOBackend()
        self.is_connected = False

    async def connect_tcp(
        self,
        host: str,  # noqa: ARG002 - not asked about again
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore2's word
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the first of them that answers."""
        *others, last = map(str, self._addresses)
        stream = None
        for each in others:
            with suppress(httpcore2.ConnectError, httpcore2.ConnectTimeout):
                stream = await self._inner.connect_tcp(each, port, timeout, local_address, socket_options)
                break
        stream = stream or await self._inner.connect_tcp(last, port, timeout, local_address, socket_options)
        self.is_connected = True
        return stream


async def _ask(
    addresses: Sequence[Address], method: str, url: str, headers: Mapping[str, str], content: bytes, most: int
) -> OutboundAnswer:
    backend, body = _Checked(addresses), bytearray()
    try:
        # A pool for one call: a line that is kept would be used again after the name's answer has changed.
        async with (
            httpcore2.AsyncConnectionPool(ssl_context=_trusted(), network_backend=backend) as pool,
            pool.stream(method, url, headers=list(headers.items()), content=content) as answer,
        ):
            async for piece in answer.aiter_stream():
                body += piece
                if len(body) > most:
                    break
    except httpcore2.ConnectError:
        raise Unreached("tls" if backend.is_connected else "refused") from None
    named = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in answer.headers}
    return OutboundAnswer(answer.status, named, bytes(body[:most]), len(body) <= most)


@cache
def _trusted() -> ssl.SSLContext:
    """Return what the system trusts, read once."""
    context = ssl.create_default_context()
    context.hostname_checks_common_name = False  # a name is in what a certificate says of names (RFC 9525), or nowhere
    return context
