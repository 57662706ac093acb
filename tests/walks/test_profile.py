"""One's own profile in a browser: by mouse and by keyboard alone, and what pages and visitors see of it."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.agent import session
from tests.demo import Demo
from tests.walks.conftest import OpenPage

LOOK = {"locale": "en-GB", "timezone_id": "America/New_York"}


@pytest.fixture
def page(own_demo: Demo, open_page: OpenPage) -> Page:
    """The inbox of somebody who signed in."""
    return open_page(f"{own_demo.server}/inbox/open", storage_state=session(own_demo), **LOOK)


def test_by_mouse_a_profile_is_found_changed_and_followed(own_demo: Demo, page: Page) -> None:
    page.click(".me summary")
    page.click(".me a[href='/profile']")
    expect(page.get_by_role("heading", level=1)).to_have_text("Your profile")
    page.fill("#name", "Maren Holt")
    page.fill("#alias", "The <b>Lamp</b>")
    page.select_option("#locale", "el")
    page.select_option("#time_zone", "Asia/Tokyo")
    page.locator("[name=mail]").check()
    page.click("main [type=submit]")
    expect(page.locator(".notice.is-good")).to_have_text("Αποθηκεύτηκε.")
    expect(page.locator("html")).to_have_attribute("lang", "el")
    expect(page.locator(".me-name")).to_have_text("Maren Holt")
    expect(page.locator("#alias")).to_have_value("The <b>Lamp</b>")
    page.goto(own_demo.server + "/admin/audit")
    shown = page.locator("time").first
    at = shown.get_attribute("datetime") or ""
    assert in_tokyo(page, at) in shown.inner_text()


def in_tokyo(page: Page, at: str) -> str:
    """The hour and minute of a moment there."""
    how = '{ timeZone: "Asia/Tokyo", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }'
    return str(page.evaluate(f'at => new Date(at).toLocaleTimeString("en-GB", {how})', at))


def test_by_keyboard_alone(own_demo: Demo, page: Page) -> None:
    focus(page, page.locator(".me summary"))
    page.keyboard.press("Enter")
    focus(page, page.locator(".me a[href='/profile']"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/profile")
    focus(page, page.locator("#name"))
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.press("Delete")
    page.keyboard.press("Enter")
    expect(page.locator("#name-error")).to_be_visible()
    expect(page.locator("#name")).to_have_attribute("aria-describedby", re.compile("name-error"))
    focus(page, page.locator("#name"))
    page.keyboard.type("Maren Holt")
    focus(page, page.locator("#time_zone"))
    page.keyboard.type("Asia/Tok")
    focus(page, page.locator("[name=mail]"))
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.locator(".notice.is-good")).to_have_text("Saved.")
    expect(page.locator("#time_zone")).to_have_value("Asia/Tokyo")
    expect(page.locator("[name=mail]")).to_be_checked()
    page.goto(page.url.replace("/profile?", "/password?"))
    new = "nine slow rivers under snow"
    for field, text in (("old", own_demo.password), ("password", new), ("again", new)):
        focus(page, page.locator(f"#{field}"))
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Your password was changed.")


def focus(page: Page, where: Locator) -> None:
    """Go there by Tab alone."""
    for _ in range(60):
        if where.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError("the keyboard does not reach it")


def test_a_zone_that_a_browser_does_not_know_breaks_no_page(own_demo: Demo, page: Page) -> None:
    page.goto(own_demo.server + "/admin/audit")
    before = page.locator("time").first.inner_text()
    page.route("**/admin/audit", lambda route: route.fulfill(body=odd(route.fetch().text()), content_type="text/html"))
    page.goto(own_demo.server + "/admin/audit")
    expect(page.locator("time").first).to_have_attribute("title", re.compile("UTC"))
    assert page.locator("time").first.inner_text() == before


def odd(text: str) -> str:
    """A page for who has a zone that is on no map."""
    assert '"time_zone": ""' in text
    return text.replace('"time_zone": ""', '"time_zone": "Europe/Atlantis"')
