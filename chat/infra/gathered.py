"""What features say of themselves to those who gather it from all of them, and who know no feature: it is handed in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Gathered:
    """Of all features: the actions that may be entered in the audit log."""

    audited: frozenset[str]
