"""Keeps the tests on this machine: whatever Python sends elsewhere is refused."""

import ipaddress
import sys

WATCHED = {"socket.connect", "socket.sendto", "socket.sendmsg"}
NAMES = {"", "localhost"}


class OutsideError(RuntimeError):
    """A test reached for another machine."""


def refuse_outside(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook, as no code can then forget to be asked. Raises `OutsideError`."""
    if event in WATCHED:
        _, address = arguments
        if isinstance(address, tuple) and not is_here(str(address[0])):
            raise OutsideError(f"a test may reach loopback only, not {address[0]}")
    elif event == "socket.getaddrinfo" and not is_here(str(arguments[0] or "")):
        raise OutsideError(f"a test may look up localhost only, not {arguments[0]}")


def is_here(host: str) -> bool:
    """Whether this names or numbers the machine's loopback."""
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return host in NAMES


def install() -> None:
    """From now on, for as long as this process lives."""
    sys.addaudithook(refuse_outside)
