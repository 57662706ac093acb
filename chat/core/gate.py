"""The one decision about a visitor's frame: may it pass? Pure. The database is asked once more for truth."""

from __future__ import annotations

from dataclasses import dataclass

from chat.core.errors import ConsentRequired, Ended
from chat.core.frames import End, VisitorFrame


def is_live(receipt: int | None, agreed: int | None, current: int | None) -> bool:
    """
    Whether a contact consents now: they have a live receipt, and agreed to the version of the notice that is in force.

    `chat.account.store.consents` is the same rule in SQL. Nobody writes it a second time.
    """
    return receipt is not None and current is not None and agreed == current


def in_force(own: int | None, shared: int | None) -> int | None:
    """
    Return the version of the notice that is in force at a site: its own, else the one its account's sites share.

    `chat.account.store.consents` is the same in SQL. No two notices of an account have the same version, so that who
    agreed to another site's, or to the one that is shared, never agreed to this one.
    """
    return shared if own is None else own


@dataclass(slots=True)
class ConsentState:
    """
    What is known of a visitor's consent and ticket.

    `receipt` is the live receipt's key or None; `agreed` the notice version it is for; `current` the version in
    force, None where none is published.
    """

    receipt: int | None = None
    agreed: int | None = None
    current: int | None = None
    ended: bool = False

    @property
    def consents(self) -> bool:
        """Whether there is a live consent to the notice in force."""
        return is_live(self.receipt, self.agreed, self.current)


class Allowance:
    """A token bucket: `rate` a minute with `burst` at once. A rate of 0 is no limit. Times are seconds of one clock."""

    __slots__ = ("_at", "_left", "burst", "rate")

    def __init__(self, rate: int, burst: int) -> None:
        self.rate, self.burst = rate, burst
        self._left, self._at = float(burst), 0.0

    def take(self, now: float, cost: float = 1) -> float:
        """Spend `cost`, no more than `burst`, and return 0.0, or the seconds to wait where there is not so much."""
        if self.rate == 0:
            return 0.0
        # A clock that steps back gives nothing and takes nothing.
        self._left = min(self.burst, self._left + max(0.0, now - self._at) * self.rate / 60)
        self._at = now
        if self._left >= cost:
            self._left -= cost
            return 0.0
        return (cost - self._left) * 60 / self.rate


def admit(frame: VisitorFrame, standing: ConsentState) -> None:
    """
    Return if `frame` may pass. Raises ConsentRequired or Ended if not. Consent fails closed. Whether a message comes
    too late the store says: one that is sent again because its ack was lost must still get it.
    """
    if not frame.needs_consent:
        return
    if not standing.consents:
        raise ConsentRequired("Agree to the current notice first")
    if standing.ended and isinstance(frame, End):
        raise Ended("This chat has ended; say hello with fresh to begin another")
