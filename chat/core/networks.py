"""
Where a request comes from: the address that counts, found past the operator's own proxies, and the networks that
limits are hung on.

X-Forwarded-For is a list to which each proxy adds at the right whom it heard from, on one line or several (RFC 9110,
section 5.3). What a client wrote itself stands further left than what the nearest trusted proxy added.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from chat.core.errors import InvalidField

Address = IPv4Address | IPv6Address
Networks = Sequence[IPv4Network | IPv6Network]
NEAR, WIDE = 64, 48
"""Bits of an IPv6 address that are one customer's line, and the most that one customer is given (RFC 6177)."""
V4_BITS, MAPPED = 32, 96
# One IPv4 address can be written into IPv6 in all these ways, and would pass for as many (CVE-2021-21392).
EMBEDDING = tuple(
    map(
        IPv6Network,
        (
            "::/96",  # RFC 4291, 2.5.5.1
            "::ffff:0:0:0/96",  # RFC 2765
            "64:ff9b::/96",  # RFC 6052
            "64:ff9b:1::/48",  # RFC 8215
        ),
    )
)
"""Networks whose addresses end with the IPv4 address that they stand for."""
LONGEST = 64
CLOSED = "closed"
"""A list that lets nobody in: what stands for one that cannot be trusted."""
LISTED = 100
"""So many networks may be on a list."""
CIDR = re.compile(r"[0-9A-Fa-f:.]{2,45}(/[0-9]{1,3})?")
"""RFC 4632, 3.1, and RFC 4291, 2.3. What Python reads besides, masks among it, is written by nobody who means this."""


@dataclass(frozen=True)
class Network:
    """
    Keyed hashes of the network a request comes from, and of the wider one around it, "" where there is none, both for
    an hour alone; of what `device` (`chat.core.devices`) it comes; and the near one's hash for a month, which is kept
    nowhere as it is: the audit log makes one of it for each account.
    """

    near: str
    wide: str = ""
    device: str = ""
    monthly: str = ""


def parsed(text: str) -> Address | None:
    """Return an address as proxies write it: bare, in brackets, or with a port behind, or None where it is none."""
    text = text.strip(" \t").strip('"')[:LONGEST]
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return _plain(ip_address(text.partition("%")[0]))
    except ValueError:
        return None


def asked_from(direct: str, forwarded: Sequence[str], trusted: Networks) -> Address | None:
    """
    Return the address a request was asked from, or None where not even the `direct` one can be read.

    `forwarded` are all lines of X-Forwarded-For in their order. What cannot be read ends the way: then whoever wrote
    it counts, so that nobody escapes a limit by it.
    """
    found = parsed(direct)
    for part in reversed(",".join(forwarded).split(",")):
        if found is None or not any(found in each for each in trusted) or (before := parsed(part)) is None:
            break
        found = before
    return found


def network(text: str) -> IPv4Network | IPv6Network:
    """Return a network as the settings name it; one mapped into IPv6 as what it stands for. Raises ValueError."""
    made = ip_network(text)
    inner = None if isinstance(made, IPv4Network) else made.network_address.ipv4_mapped
    if inner is None or made.prefixlen < MAPPED:
        return made
    return IPv4Network((inner, made.prefixlen - MAPPED))


def listed(given: Sequence[str], field: str) -> str:
    """
    Return networks as a list is kept: each once, in order, with blanks between. Raises InvalidField, naming what is
    wrong and with which, `field` and a number from 1.
    """
    if len(given) > LISTED:
        raise InvalidField(f"A list holds at most {LISTED} networks", field=field, why="many")
    made = {_listed(text.strip(), number, field) for number, text in enumerate(given, 1)}
    return " ".join(str(each) for each in sorted(made, key=lambda each: (each.version, each)))


def is_inside(address: Address | None, lists: Iterable[str]) -> bool:
    """Whether an address is in a network of each of these lists. An empty list has every one, also an unknown one."""
    return all(address is not None and any(address in each for each in _read(text)) for text in lists if text)


def covers(wide: str, narrow: str) -> bool:
    """Whether each address that one list lets in is let in by another."""
    if not wide or not narrow:
        return not wide
    outer = _read(wide)
    return all(
        any(each.version == one.version and each.subnet_of(one) for one in outer)  # type: ignore[arg-type] # of one version by now
        for each in _read(narrow)
    )


def _listed(text: str, number: int, field: str) -> IPv4Network | IPv6Network:
    try:
        made = network(text) if CIDR.fullmatch(text) else None
    except ValueError:
        made = None
    if made is None:
        raise InvalidField(_why_no_network(text, number), field=field, number=number)
    if made.prefixlen == 0:
        raise InvalidField(f"Network {number} is every address there is; leave it out", field=field, number=number)
    return made


def _why_no_network(text: str, number: int) -> str:
    """Say what is wrong. What was meant is shown where that is plain: it was read as a network, so it is no more."""
    try:
        meant = ip_network(text, strict=False) if CIDR.fullmatch(text) else None
    except ValueError:
        meant = None
    if meant is None:
        return f"Network {number} is none: write each as 203.0.113.0/24 or 2001:db8::/32"
    return f"Network {number} has bits of a host: the network is {meant}"


@lru_cache(maxsize=4096)
def _read(text: str) -> Networks:
    """Return the networks of a list as `listed` wrote it."""
    return () if text == CLOSED else tuple(ip_network(each) for each in text.split())


def lines(address: Address | None) -> tuple[str, str]:
    """Return the network that is one customer's line, and the wider one around it, "" where there is none."""
    if address is None:
        return "unknown", ""
    inner = embedded(address)
    if isinstance(inner, IPv4Address):
        return str(inner), ""
    near, wide = (str(IPv6Network((int(inner), bits), strict=False)) for bits in (NEAR, WIDE))
    return near, wide


def embedded(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address stands for, whichever way it is written into it, else itself."""
    if isinstance(address, IPv4Address):
        return address
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if any(address in each for each in EMBEDDING):
        return IPv4Address(int(address) & (1 << V4_BITS) - 1)
    return address


def _plain(address: Address) -> Address:
    """
    Return what a socket that hears both families calls `::ffff:a.b.c.d` as IPv4. The other ways of writing one into
    IPv6 are left: anybody may hold such an address, so none of them makes a proxy trusted.
    """
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address
