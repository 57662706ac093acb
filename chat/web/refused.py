"""Origins whose pages were refused a chat, so that an owner sees what they forgot to list."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from chat.core.errors import InvalidField
from chat.core.origins import checked_origins

ORIGINS, SITES, LONGEST = 5, 1000, 100  # the last in characters


class RefusedOrigins:
    """
    The last few origins of each site, in memory and until the server ends: origins alone, no path and nobody's address.

    Anybody may make them up, so an owner adds only what they know.
    """

    def __init__(self) -> None:
        self._sites: OrderedDict[str, OrderedDict[str, None]] = OrderedDict()

    def note(self, site: str, origin: str) -> None:
        """Remember that a page of `origin` asked for the chat of a site. A text that is no origin is not remembered."""
        try:
            if len(origin) > LONGEST or checked_origins([origin]) != [origin]:
                return
        except InvalidField:
            return
        _last(self._sites, site, OrderedDict(), SITES)
        _last(self._sites[site], origin, None, ORIGINS)

    def origins(self, site: str, listed: list[str]) -> list[str]:
        """Return those of a site that it still does not list, the newest first."""
        return [each for each in reversed(self._sites.get(site, {})) if each not in listed]


def _last(kept: OrderedDict[str, Any], key: str, value: Any, most: int) -> None:
    """Put a key last, with its value where it is new, and let the oldest go over `most`."""
    kept.setdefault(key, value)
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)
