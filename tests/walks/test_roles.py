"""The table of rights in a real browser: an owner changes it by mouse, and with the keyboard alone."""

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.agent import session
from tests.demo import Demo
from tests.walks.conftest import OpenPage

EXPORT, AUDIT = "Export what is held on a contact: Agent", "Read the audit log: Agent"


@pytest.fixture
def owned(own_demo: Demo) -> StorageState:
    """The owner's cookies at a demo of this walk's own."""
    return session(own_demo)


def by_mouse(page: Page, box: str) -> None:
    page.get_by_role("checkbox", name=box, exact=True).click()
    page.get_by_role("button", name="Save").click()


def by_keyboard(page: Page, box: str) -> None:
    """Tab from the page's begin to the box, and on to the button."""
    target = page.get_by_role("checkbox", name=box, exact=True)
    for _ in range(400):
        page.keyboard.press("Tab")
        if target.evaluate("each => each === document.activeElement"):
            break
    page.keyboard.press("Space")
    page.keyboard.press("Enter")


@pytest.mark.parametrize("change", [by_mouse, by_keyboard])
def test_an_owner_takes_a_right_and_gives_one(
    own_demo: Demo, open_page: OpenPage, owned: StorageState, change: object
) -> None:
    page = open_page(f"{own_demo.server}/admin/roles", storage_state=owned, locale="en-GB")
    for box, now in ((EXPORT, False), (AUDIT, True)):
        assert callable(change)
        change(page, box)
        expect(page.get_by_role("status")).to_have_text("Saved.")
        expect(page.get_by_role("checkbox", name=box, exact=True)).to_be_checked(checked=now)
    expect(page.locator("td.is-changed")).to_have_count(2)
    changed = own_demo.api("GET", "/roles")["changed"]
    assert changed["agent"] == {"contact.export": False, "audit.read": True}
    # No box for what would shut everybody out, or open everything.
    expect(page.get_by_role("row", name="Give rights to roles, and take them").get_by_role("checkbox")).to_have_count(0)
