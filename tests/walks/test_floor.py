"""A browser below the floor is told so, in the chat and on every page; one above it is not."""

from itertools import cycle

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.demo import Demo
from tests.walks.conftest import OpenPage
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
def test_a_browser_that_is_too_old_learns_which_are_not(enter: Enter, missing: str) -> None:
    guest = enter(lambda page: page.add_init_script(f"if (parent !== window) {{ {MISSING[missing]} }}"))
    guest.button.click()
    expect(guest.frame.locator("body")).to_contain_text(
        "too old for the chat. It needs Chrome or Edge 123, Firefox 128"
    )
    assert guest.frame.locator("chat-window").count() == 0


PAGES = ("/admin/site", "/inbox/open", "/password", "/admin/nothing-is-here")
OLD = {"en": "This browser is too old: some of this page", "el": "Αυτό το πρόγραμμα περιήγησης είναι πολύ παλιό"}


def said_on(page: Page, address: str) -> str:
    """What a page that can be read says of the browser."""
    page.goto(address)
    expect(page.locator("#main, main").first).not_to_have_text("")
    return page.locator(".too-old").inner_text()


@pytest.mark.parametrize(("missing", "locale"), list(zip(MISSING, cycle(OLD), strict=False)))
def test_agents_pages_say_so_too_and_can_be_read(
    open_page: OpenPage, demo: Demo, owner: StorageState, missing: str, locale: str
) -> None:
    page = open_page("about:blank", storage_state=owner)
    page.add_init_script(MISSING[missing])
    for path in PAGES:
        assert said_on(page, f"{demo.server}{path}?locale={locale}").startswith(OLD[locale]), path
    page.context.clear_cookies()
    assert said_on(page, f"{demo.server}/signin?locale={locale}").startswith(OLD[locale])


def test_agents_pages_say_nothing_to_one_that_is_not(open_page: OpenPage, demo: Demo, owner: StorageState) -> None:
    page = open_page("about:blank", storage_state=owner)
    for path in PAGES:
        assert said_on(page, f"{demo.server}{path}") == "", path


def test_one_that_is_not_sees_the_chat(enter: Enter) -> None:
    guest = enter(lambda page: page.add_init_script("window.older = true;")).open()
    assert "too old" not in guest.frame.locator("body").inner_text()
