"""How many sockets of this process each network has open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from ipaddress import IPv4Network, IPv6Network

from chat.core.networks import Address, lines

NEAR, WIDE = 200, 1600


class Crowd:
    """Counts open sockets by network. Addresses are held while their sockets are open, and written nowhere."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    @contextmanager
    def entered(self, address: Address | None, proxies: Sequence[IPv4Network | IPv6Network]) -> Iterator[bool]:
        """
        Count a socket while it is open, and give whether there is room for it.

        Who comes from this machine, or from a proxy that names nobody, is not counted: there everybody would be one.
        """
        if address is None or address.is_loopback or any(address in each for each in proxies):
            yield True
            return
        known = [each for each in lines(address) if each]
        room = all(self._open[each] < most for each, most in zip(known, (NEAR, WIDE), strict=False))
        self._open.update(known if room else ())
        try:
            yield room
        finally:
            self._open.subtract(known if room else ())
            # Drops whoever has none left: an address is kept no longer than its sockets are open.
            self._open = +self._open if room else self._open

    def __len__(self) -> int:
        """Count the networks there are."""
        return len(self._open)
