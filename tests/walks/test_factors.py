"""A second factor in a real browser: turned on, asked for, lost and turned off, by mouse and by keyboard alone."""

import re
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.agent import session, sign_in
from tests.demo import Demo
from tests.walks.conftest import OpenPage
from tests.walks.test_accessible import LOOKS, found

ENGLISH = {"locale": "en-GB"}
AHEAD = 30
"""Seconds: the code that turned it on counts no more, and the app's clock may be a step early."""


def code(secret: str, ahead: int = 0) -> str:
    """What an app shows now, or soon."""
    return pyotp.TOTP(secret).at(int(time.time()) + ahead)


def secret_of(page: Page) -> str:
    """The secret that the page offers, as it is typed."""
    return page.locator(".secret").inner_text().replace(" ", "")


def reach(page: Page, name: str) -> None:
    """Go by Tab to what is called so, as its name is read out."""
    for _ in range(60):
        page.keyboard.press("Tab")
        label = "e => e.labels?.[0]?.textContent ?? e.getAttribute('aria-label') ?? e.textContent"
        if page.locator(":focus").count() and name in page.locator(":focus").evaluate(label):
            return
    raise AssertionError(f"Tab never reaches {name}")


def test_turned_on_and_asked_for_by_mouse(own_demo: Demo, open_page: OpenPage) -> None:
    page = open_page(f"{own_demo.server}/inbox", storage_state=session(own_demo), **ENGLISH)
    page.locator(".me summary").click()
    page.get_by_role("link", name="Second factor").click()
    expect(page.get_by_role("img", name="QR code for the app")).to_be_visible()
    secret = secret_of(page)
    page.get_by_label("six digits").fill("000000")
    page.get_by_role("button", name="Turn on").click()
    expect(page.locator("#code-error")).to_be_visible()
    assert secret_of(page) == secret
    page.get_by_label("six digits").fill(code(secret))
    page.get_by_role("button", name="Turn on").click()
    recovery = page.locator(".recovery-codes code").inner_text().split()
    assert len(recovery) == 10
    page.get_by_role("link", name="I have kept them").click()
    expect(page.get_by_text("10 recovery codes are left.")).to_be_visible()

    page.locator(".me summary").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{own_demo.server}/inbox/solved")
    sign_in(page, own_demo)
    expect(page.get_by_label("Code")).to_be_focused()
    page.goto(f"{own_demo.server}/admin/site")  # nothing is open yet
    expect(page).to_have_url(re.compile(r"/signin/second\?next=/admin/site"))
    page.get_by_label("Code").fill("000 000")
    page.get_by_role("button", name="Go on").click()
    expect(page.locator("#code-error")).to_contain_text("This code is not good")
    page.get_by_label("Code").fill(recovery[0])
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("link", name="Go on without changing it").click()  # a code failed, which is told first
    expect(page).to_have_url(f"{own_demo.server}/admin/site")

    page.goto(f"{own_demo.server}/second-factor")
    expect(page.get_by_text("9 recovery codes are left.")).to_be_visible()
    page.get_by_role("button", name="New recovery codes").click()
    page.get_by_role("dialog").get_by_role("button", name="New recovery codes").click()
    assert not {*page.locator(".recovery-codes code").inner_text().split()} & {*recovery}
    page.goto(f"{own_demo.server}/second-factor")
    page.get_by_role("button", name="Turn off").click()
    page.get_by_role("dialog").get_by_role("button", name="Turn off").click()
    expect(page.get_by_role("status")).to_have_text("The second factor is off.")


def test_turned_on_and_asked_for_by_keyboard_alone(own_demo: Demo, open_page: OpenPage) -> None:
    page = open_page(f"{own_demo.server}/second-factor", storage_state=session(own_demo), **ENGLISH)
    secret = secret_of(page)
    reach(page, "six digits")
    page.keyboard.type(code(secret))
    page.keyboard.press("Enter")
    expect(page.locator(".recovery-codes")).to_be_visible()
    reach(page, "I have kept them")
    page.keyboard.press("Enter")
    expect(page.get_by_text("10 recovery codes are left.")).to_be_visible()

    page.context.clear_cookies()
    page.goto(f"{own_demo.server}/signin")
    page.keyboard.type(own_demo.email)
    page.keyboard.press("Tab")
    page.keyboard.type(own_demo.password)
    page.keyboard.press("Enter")
    expect(page.get_by_label("Code")).to_be_focused()
    page.keyboard.type(code(secret, AHEAD))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/inbox"))
    page.goto(f"{own_demo.server}/second-factor")
    reach(page, "Turn off")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    for _ in range(5):
        page.keyboard.press("Tab")
        if page.locator(":focus").inner_text() == "Turn off":
            break
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("The second factor is off.")


@pytest.mark.parametrize("look", LOOKS, ids=["light, wide", "dark, narrow"])
def test_axe_finds_nothing(open_page: OpenPage, own_demo: Demo, look: dict[str, object], tmp_path: Path) -> None:
    owner: StorageState = session(own_demo)
    page = open_page(f"{own_demo.server}/second-factor", storage_state=owner, **look)
    seen = [found(page)]
    secret = secret_of(page)
    drawn(page, tmp_path, "offer")
    page.locator("#code").fill("000000")
    page.locator("main form [type=submit]").click()
    page.locator("#code-error").wait_for()
    seen.append(found(page))
    page.locator("#code").fill(code(secret))
    page.locator("main form [type=submit]").click()
    page.locator(".recovery-codes").wait_for()
    seen.append(found(page))
    drawn(page, tmp_path, "codes")
    page.goto(f"{own_demo.server}/second-factor")
    seen.append(found(page))
    drawn(page, tmp_path, "on")
    page.goto(f"{own_demo.server}/step-up?next=/second-factor")
    seen.append(found(page))
    drawn(page, tmp_path, "step-up")
    page.context.clear_cookies()
    page.goto(f"{own_demo.server}/signin")
    sign_in(page, own_demo)
    page.locator("#code").fill("000000")
    page.keyboard.press("Enter")
    page.locator("#code-error").wait_for()
    seen.append(found(page))
    drawn(page, tmp_path, "second")
    assert seen == [[]] * len(seen)


def drawn(page: Page, folder: Path, name: str) -> None:
    """Draw a page, which must not be wider than its window."""
    page.screenshot(path=folder / f"{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("look", LOOKS, ids=["light, wide", "dark, narrow"])
def test_who_must_have_one_turns_it_on_before_anything_else(
    own_demo: Demo, open_page: OpenPage, look: dict[str, object], tmp_path: Path
) -> None:
    page = open_page(f"{own_demo.server}/admin/second-factor", storage_state=session(own_demo), **look)
    page.locator("#owner").fill("2026-01-01")
    assert found(page) == []
    page.locator("#agent").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{own_demo.server}/second-factor")
    page.goto(f"{own_demo.server}/inbox")
    expect(page).to_have_url(f"{own_demo.server}/second-factor")
    assert found(page) == []
    drawn(page, tmp_path, "due")
    page.locator("#code").fill(code(secret_of(page)))
    page.keyboard.press("Enter")
    page.locator(".recovery-codes").wait_for()
    page.goto(f"{own_demo.server}/admin/second-factor")
    expect(page.locator("#owner")).to_have_value("2026-01-01")
    drawn(page, tmp_path, "rules")
    page.goto(f"{own_demo.server}/inbox")
    expect(page).to_have_url(re.compile("/inbox"))


def lost(demo: Demo) -> str:
    """Another agent who has a second factor, and no phone any more; their id."""
    made = str(demo.api("POST", "/agents", {"name": "Mara", "email": "mara@demo.example", "role": "agent"})["id"])
    with closing(sqlite3.connect(demo.data / "lethe.db")) as database:
        database.execute("INSERT INTO totp (agent_id, secret, step, created_at) VALUES (?, x'00', 0, 0)", [made])
        database.commit()
    return made


@pytest.mark.parametrize("look", LOOKS, ids=["by mouse: light, wide", "by keyboard: dark, narrow"])
def test_an_admin_takes_a_lost_one_away(
    own_demo: Demo, open_page: OpenPage, look: dict[str, object], tmp_path: Path
) -> None:
    uid = lost(own_demo)
    page = open_page(f"{own_demo.server}/admin/agents/{uid}", storage_state=session(own_demo), **look)
    opens, dialog = page.locator("[popovertarget=sure-factor]").first, page.locator("#sure-factor")
    assert found(page) == []
    drawn(page, tmp_path, "agent")
    if look["color_scheme"] == "light":
        opens.click()
        expect(dialog).to_be_visible()
        assert found(page) == []
        dialog.locator(".is-danger").click()
    else:
        opens.focus()
        page.keyboard.press("Enter")
        expect(dialog).to_be_visible()
        page.keyboard.press("Tab")  # past the safe answer
        page.keyboard.press("Tab")
        expect(dialog.locator(".is-danger")).to_be_focused()
        page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("saved"))
    expect(opens).to_have_count(0)
