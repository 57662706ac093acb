"""
A second site in a real browser, by keyboard alone: refused, added, its line read, put into the other corner, given a
notice of its own and taken it again, deleted; narrow and in Greek.
"""

import re

from playwright.sync_api import Page, expect

from tests.agent import session
from tests.demo import Demo
from tests.walks.conftest import OpenPage
from tests.walks.test_accessible import LOOKS, found
from tests.walks.test_factors import reach

ENGLISH = {"locale": "en-GB"}
NARROWEST = {"color_scheme": "dark", "locale": "el-GR", "viewport": {"width": 320, "height": 700}}


def reach_field(page: Page, field: str) -> None:
    """Go by Tab to a field: the table above it, which is reached too, has a column of the same name."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.locator(f"#{field}:focus").count():
            return
    raise AssertionError(f"Tab never reaches {field}")


def gives_its_own_notice(page: Page) -> None:
    """Write and publish a notice for the outlet alone, from the shared one that stands in the fields."""
    keys = page.keyboard
    expect(page.get_by_role("heading", level=1)).to_have_text("Notice: The outlet")
    expect(page.get_by_text("The shared version 1 is live here")).to_be_visible()
    reach_field(page, "en\\.text")
    keys.press("Control+End")
    keys.type(" The outlet answers.")
    reach(page, "Publish version 2")
    keys.press("Enter")
    expect(page.get_by_text("For The outlet alone.")).to_be_visible()
    expect(page.get_by_text("0 chats are running")).to_be_visible()
    reach(page, "Publish and ask again")
    keys.press("Enter")
    expect(page.get_by_text("Version 2 is live")).to_be_visible()
    expect(page.get_by_label("Whose notice")).to_have_value(re.compile(".+"))
    reach_field(page, "site")
    keys.press("Home")
    reach(page, "Show")
    keys.press("Enter")
    expect(page.get_by_text("Version 1 is live")).to_be_visible()
    expect(page.get_by_text("do not follow this one: The outlet.")).to_be_visible()
    page.go_back()


def takes_it_again(page: Page) -> None:
    """Let the outlet share the notice again."""
    reach(page, "Use the shared notice again")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("are asked again")
    reach(page, "Use the shared notice again")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("live here again")
    expect(page.get_by_text("The shared version 1 is live here")).to_be_visible()
    expect(page.get_by_text("Version 2", exact=True)).to_be_visible()


def test_one_is_added_and_deleted_by_keyboard_alone(own_demo: Demo, open_page: OpenPage) -> None:
    page = open_page(f"{own_demo.server}/admin/sites", storage_state=session(own_demo), **ENGLISH)
    keys, first = page.keyboard, page.get_by_role("row").nth(1).locator("code").inner_text()
    reach_field(page, "name")
    keys.type("The outlet")
    reach_field(page, "origins")
    keys.type("outlet")
    reach(page, "Add the site")
    keys.press("Enter")
    expect(page.locator("#origins-error")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("The outlet")
    reach_field(page, "origins")
    keys.press("Control+A")
    keys.type("https://outlet.example")
    reach(page, "Add the site")
    keys.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Site: The outlet")
    expect(page.locator('.admin-places a[aria-current="true"]')).to_have_text("Sites")
    snippet = page.locator("pre code").inner_text()
    assert re.search(r'data-site="site_\w+', snippet)
    assert first not in snippet
    outlet = page.url.removeprefix(own_demo.server)
    reach(page, "Right")
    keys.press("ArrowRight")
    reach(page, "Save")
    keys.press("Enter")
    expect(page.locator("pre code")).to_contain_text('data-position="start"')
    reach(page, "Notice of this site")
    keys.press("Enter")
    gives_its_own_notice(page)
    notice = page.url.removeprefix(own_demo.server)
    # `test_every_page.py` has the lists; a site's own pages are nowhere else.
    for look in (LOOKS[0], NARROWEST):
        for path in (outlet, notice):
            seen = open_page(f"{own_demo.server}{path}", storage_state=session(own_demo), **look)
            assert found(seen) == []
            width = seen.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert width <= 0
    takes_it_again(page)
    page.goto(f"{own_demo.server}{outlet}")
    reach(page, "Delete this site")
    keys.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text("Tickets and contacts stay.")
    reach(page, "Delete this site")
    keys.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Its key opens nothing any more.")
    expect(page.get_by_role("table")).not_to_contain_text("The outlet")
