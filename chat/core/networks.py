"""
Where a request comes from: the address that counts, found past the operator's own proxies, and the networks that
limits are hung on.

X-Forwarded-For is a list to which each proxy adds at the right whom it heard from, on one line or several (RFC 9110,
section 5.3). What a client wrote itself stands further left than what the nearest trusted proxy added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

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


@dataclass(frozen=True)
class Network:
    """Keyed hashes of the network a request comes from, and of the wider one around it, "" where there is none."""

    near: str
    wide: str = ""


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
