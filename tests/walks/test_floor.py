"""A browser below the floor is told so; one above it is not."""

import pytest
from playwright.sync_api import expect

from tests.walks.shop import Enter

MISSING = {
    "no popovers": "delete HTMLElement.prototype.popover;",
    "no sentences": "delete Intl.Segmenter;",
    "no way to try an address": "delete URL.canParse;",
    "no light-dark()": "CSS.supports = (name, value) => !value.includes('light-dark');",
    "no relative colours": "CSS.supports = (name, value) => !value.includes('from');",
    "no CSS.supports": "CSS.supports = undefined;",
}


@pytest.mark.parametrize("missing", MISSING)
def test_a_browser_that_is_too_old_is_told_which_are_not(enter: Enter, missing: str) -> None:
    guest = enter(lambda page: page.add_init_script(f"if (parent !== window) {{ {MISSING[missing]} }}"))
    guest.button.click()
    expect(guest.frame.locator("body")).to_contain_text(
        "too old for the chat. It needs Chrome or Edge 123, Firefox 128"
    )
    assert guest.frame.locator("chat-window").count() == 0


def test_one_that_is_not_sees_the_chat(enter: Enter) -> None:
    guest = enter(lambda page: page.add_init_script("window.older = true;")).open()
    assert "too old" not in guest.frame.locator("body").inner_text()
