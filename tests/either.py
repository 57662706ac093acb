"""
A plugin for whole runs: what runs on two databases, or on two kinds of server, runs on one of them, by chance.

A test that is about what a database keeps, finds, orders or locks says so (`both_databases`) and runs on both; so does
every test where the long ones try all there is, and where it is named.
"""

from collections import defaultdict
from typing import Final

import pytest

from tests.chance import WHOLE, one_of

FIXTURES: Final = ("settings", "database_url", "lethe")
"""Those that have a test run twice."""
MARK: Final = "both_databases"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep one of two, the same one in each process of a run, another one in another run."""
    if WHOLE:
        return
    alike: dict[str, dict[str, pytest.Item]] = defaultdict(dict)
    for item in items:
        if (on := _runs_on(item)) and item.get_closest_marker(MARK) is None:
            alike[_test(item, on)][on] = item
    left = {each for test, found in alike.items() for on, each in found.items() if on != one_of(sorted(found), test)}
    config.hook.pytest_deselected(items=[*left])
    items[:] = [item for item in items if item not in left]


def _runs_on(item: pytest.Item) -> str:
    """On which database or server, where there are several."""
    given = getattr(item, "callspec", None)
    return "" if given is None else next((given.params[name] for name in FIXTURES if name in given.params), "")


def _test(item: pytest.Item, on: str) -> str:
    """Its name without that: alike for all on which it runs."""
    name, _, given = item.nodeid.partition("[")
    return f"{name}[{'-'.join(each for each in given.rstrip(']').split('-') if each != on)}"
