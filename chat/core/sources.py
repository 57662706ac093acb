"""
Where a sign-in comes from, as the audit log says it: a keyed hash of the network, how one signed in, and the kind of
device. Each is of a closed list or a hash, so that nothing personal can get in.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from chat.core.devices import BROWSERS, OTHER, SYSTEMS

METHODS = ("password", "code", "recovery", "passkey", "provider", "invitation")
"""By a password alone, with a code by time or for recovery, by a passkey, at an identity provider, by an invitation."""
NONE, HASHED = "-", 16
_DEVICE = rf"({'|'.join(BROWSERS)}|\{OTHER})/({'|'.join(SYSTEMS)}|\{OTHER})"
PARTS = {
    "network": re.compile(rf"[0-9a-f]{{{HASHED}}}"),
    "method": re.compile("|".join(METHODS)),
    "device": re.compile(_DEVICE),
}
_SHAPE = re.compile(" ".join(rf"({each.pattern}|{NONE})" for each in PARTS.values()))


@dataclass(frozen=True, slots=True)
class SignInSource:
    """
    Where a sign-in comes from, each "" where it is not known: `network` is a hash by which the same one is recognised
    in one account and month, `method` one of METHODS, `device` its kind (`chat.core.devices`).
    """

    network: str = ""
    method: str = ""
    device: str = ""

    def __str__(self) -> str:
        """Return it as an entry of the audit log holds it."""
        return " ".join(each or NONE for each in (self.network, self.method, self.device))


def read(source: str) -> SignInSource:
    """Return what an entry of the audit log holds; "" is nothing."""
    if not source:
        return SignInSource()
    network, method, device = ("" if each == NONE else each for each in source.split(" ", 2))
    return SignInSource(network, method, device)


def is_source(text: str) -> bool:
    """Whether an entry of the audit log can hold this."""
    return not text or bool(_SHAPE.fullmatch(text))


def is_part(text: str) -> bool:
    """Whether this is a network's hash, a method or a kind of device, by which entries can be found."""
    return any(each.fullmatch(text) for each in PARTS.values())
