"""What the tests ask of a route."""

from typing import Any


def taken(endpoint: Any) -> frozenset[str]:
    """The names of the parameters that an endpoint takes."""
    return frozenset(each.name for each in getattr(endpoint, "query", None) or ())
