"""
A name that stands twice in one object of JSON. RFC 8259 (section 4) leaves open which of the two counts, so one program
may read a no where another reads a yes; I-JSON (RFC 7493, section 2.3) allows none.
"""

from __future__ import annotations

import json


class _RepeatedError(ValueError):
    """Its message is the name."""


def repeated(text: str | bytes) -> str | None:
    """Return a name that an object in a JSON text has twice, None where none has; ValueError where it is no JSON."""
    try:
        # Numbers stay as they are written: making them costs more the longer they are, and nobody looks at them here.
        json.loads(text, object_pairs_hook=_once, parse_int=str, parse_float=str)
    except _RepeatedError as found:
        return str(found)
    return None


def _once(pairs: list[tuple[str, object]]) -> None:
    seen: set[str] = set()
    for name, _ in pairs:
        if name in seen:
            raise _RepeatedError(name)
        seen.add(name)
