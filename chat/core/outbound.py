"""
Which addresses of the network the server may call for an account, and how these are written in a URL.

A customer names the URL, and the server stands where they do not: beside its database, its metadata service, its
colleagues. So only what anybody on the internet may reach is called, and what the operator allows besides.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

import idna

from chat.core.errors import InvalidField
from chat.core.networks import Address, Networks

LONGEST, LONGEST_NAME = 2_000, 253
LOWEST_PORT = 1024
PORTS = {"http": 80, "https": 443}
V4_CLOSED = tuple(
    map(
        IPv4Network,
        (
            "0.0.0.0/8",  # this network, RFC 791
            "10.0.0.0/8",  # private, RFC 1918
            "100.64.0.0/10",  # shared by a carrier's customers, RFC 6598
            "127.0.0.0/8",  # loopback, RFC 1122
            "169.254.0.0/16",  # link-local, where clouds have their metadata, RFC 3927
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments, RFC 6890
            "192.0.2.0/24",  # documentation, RFC 5737
            "192.88.99.0/24",  # 6to4 relays, RFC 7526
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarks, RFC 2544
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast, RFC 5771
            "240.0.0.0/4",  # reserved, and broadcast, RFC 1112
        ),
    )
)
V6_OPEN = IPv6Network("2000::/3")
"""Global unicast (RFC 4291, 2.4). What is outside of it is closed: loopback, `::`, NAT64, unique local, and so on."""
V6_CLOSED = tuple(
    map(
        IPv6Network,
        (
            "2001::/23",  # protocol assignments, Teredo and benchmarks among them, RFC 2928
            "2001:db8::/32",  # documentation, RFC 3849
            "2002::/16",  # 6to4, which stands for any IPv4 address, RFC 3056
            "3fff::/20",  # documentation, RFC 9637
        ),
    )
)
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""The last label of a host that is read as an IPv4 address, in whichever way it is written (WHATWG URL, 3.5)."""


class AddressRefused(InvalidField):
    """
    A URL that is not called. `why` in `extra` is a word: url, scheme, credentials, port, host, unknown or internal.
    """

    def __init__(self, why: str, detail: str) -> None:
        super().__init__(detail, field="url", why=why)

    @property
    def why(self) -> str:
        """The word for it."""
        return str(self.extra["why"])


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that may be called as it is written: its scheme, its host as DNS knows it, or an address, and its port."""

    url: str
    scheme: str
    host: str
    port: int


def read_url(url: str) -> Target:
    """Return what a URL leads to. Raises AddressRefused with a sentence that says what is wrong."""
    if not url or len(url) > LONGEST or any(char <= " " or char in "\\\x7f" for char in url):
        raise AddressRefused("url", f"Give a URL of at most {LONGEST} characters, without blanks")
    try:
        parts = urlsplit(url)
        port, given = parts.port, parts.hostname or ""
    except ValueError:
        raise AddressRefused("url", "This URL cannot be read") from None
    if parts.scheme not in PORTS:
        raise AddressRefused("scheme", "The URL must begin with https://")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("credentials", "The URL must hold no name or password: who reads the log would see it")
    if parts.fragment:
        raise AddressRefused("url", "The URL must have no part behind a #, which is never sent")
    port = PORTS[parts.scheme] if port is None else port
    if port not in PORTS.values() and port < LOWEST_PORT:
        raise AddressRefused("port", f"The port must be 443, 80, or {LOWEST_PORT} and higher")
    host = _host(given)
    shown = f"[{host}]" if ":" in host else host
    there = f"{shown}:{port}" if port != PORTS[parts.scheme] else shown
    return Target(parts._replace(netloc=there, path=parts.path or "/").geturl(), parts.scheme, host, port)


def is_open(address: Address, allowed: Networks = ()) -> bool:
    """Whether an address may be called: anybody may reach it, or the operator allows it."""
    plain = plain_of(address)
    if is_allowed(plain, allowed):
        return True
    if isinstance(plain, IPv4Address):
        return not any(plain in each for each in V4_CLOSED)
    return plain in V6_OPEN and not any(plain in each for each in V6_CLOSED)


def is_allowed(address: Address, allowed: Networks) -> bool:
    """Whether the operator allows an address by name."""
    plain = plain_of(address)
    return any(plain in each for each in allowed)


def plain_of(address: Address) -> Address:
    """Return an IPv4 address that is mapped into IPv6 as what it is (RFC 4291, 2.5.5.2); a system connects to that."""
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _host(given: str) -> str:
    """Return a host in the one way that it is written. Raises AddressRefused."""
    if ":" in given:
        return str(_address(given))
    try:
        host = (given if given.isascii() else idna.encode(given, uts46=True).decode()).lower().removesuffix(".")
    except idna.IDNAError:
        host = ""
    labels = host.split(".")
    if NUMBER.fullmatch(labels[-1]):
        # 2130706433, 0x7f.1 and 0177.0.0.1 are 127.0.0.1 to a system's resolver, and none to a table that reads text.
        return str(_address(host))
    if len(host) > LONGEST_NAME or not all(LABEL.fullmatch(label) for label in labels):
        raise AddressRefused("host", "The URL's host is no name that DNS knows")
    return host


def _address(text: str) -> Address:
    # A zone (`%lo`) is of one machine's own links, and none of ours.
    with suppress(ValueError):
        if "%" not in text:
            return ip_address(text)
    raise AddressRefused("host", "Write the host's address as 203.0.113.7 or [2001:db8::7], or give a name")
