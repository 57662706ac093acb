"""
What holds on every page of the agents', each opened once a language: axe-core finds nothing, targets are large enough,
tables break no word, and no phone is too narrow. That each of these would be found is shown where it is measured.
"""

from typing import Any

import pytest
from playwright.sync_api import Page, StorageState

from tests.chance import dice
from tests.demo import Demo
from tests.walks.conftest import OpenPage
from tests.walks.test_accessible import LOOKS, PAGES, found
from tests.walks.test_pages_looks import wider
from tests.walks.test_targets import NARROW, SMALL, broken, talking

ALL = (*PAGES, "/password")


@pytest.fixture(scope="module", autouse=True)
def long_named(filled: Demo) -> None:
    """There is an agent with a long name and address."""
    long = "".join(dice("a long name").choices("abcdefghijklmnop", k=90))
    filled.api("POST", "/agents", {"name": long, "email": f"{long[:60]}@demo.example"})


@pytest.mark.timeout(900)  # forty pages, each looked at four times
@pytest.mark.parametrize("look", LOOKS, ids=["light, wide", "dark, narrow"])
def test_every_page_is_whole(open_page: OpenPage, filled: Demo, looking: StorageState, look: dict[str, Any]) -> None:
    narrow = dice("narrow texts").choice(NARROW)
    outside = open_page("about:blank", **look)
    for path in ("/signin", f"/privacy/{filled.site_key}"):
        outside.goto(filled.server + path)
        assert amiss(outside, look, narrow) == {}, path
    page = open_page("about:blank", storage_state=looking, **look)
    for path in ALL:
        page.goto(filled.server + path)
        page.wait_for_load_state("networkidle")
        assert amiss(page, look, narrow) == {}, path
    talking(page, filled)
    assert page.evaluate(SMALL, narrow) == []


def amiss(page: Page, look: dict[str, Any], narrow: str) -> dict[str, object]:
    """What is wrong with the page as it is: of its targets last, as that writes another text into each."""
    page.set_viewport_size(look["viewport"])
    said: dict[str, object] = {"axe": found(page), "tables": broken(page), "phones": wider(page)}
    page.set_viewport_size(look["viewport"])
    said["targets"] = page.evaluate(SMALL, narrow)
    return {kind: what for kind, what in said.items() if what}
