"""A session that signed in a while ago shows again whose it is, and goes on with what was asked, nothing typed lost."""

import re
import sqlite3
from contextlib import closing

import pytest
from playwright.sync_api import Page, expect

from tests.agent import session
from tests.demo import Demo
from tests.visitor import Visitor
from tests.walks.conftest import OpenPage
from tests.walks.test_accessible import LOOKS, found
from tests.walks.test_factors import reach

ENGLISH = {"locale": "en-GB"}


def age(demo: Demo) -> None:
    """Let it be too long ago that any session showed whose it is."""
    with closing(sqlite3.connect(demo.data / "lethe.db")) as database:
        database.execute("DELETE FROM shown")
        database.commit()


def add(page: Page, demo: Demo) -> None:
    """Fill in the form for another agent, and send it too late."""
    page.goto(f"{demo.server}/admin/agents")
    page.locator("#email").fill("mara@demo.example")
    age(demo)


def test_a_form_goes_on_by_mouse(own_demo: Demo, open_page: OpenPage) -> None:
    page = open_page("about:blank", storage_state=session(own_demo), **ENGLISH)
    add(page, own_demo)
    page.get_by_role("button", name=re.compile("Invite")).click()
    expect(page.get_by_role("heading", name="Show that it is you")).to_be_visible()
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text("This is not your password.")).to_be_visible()
    page.get_by_label("Password").fill(own_demo.password)
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("status")).to_contain_text("mara@demo.example")
    assert own_demo.password not in page.content()


def test_a_form_goes_on_by_keyboard_alone(own_demo: Demo, open_page: OpenPage) -> None:
    page = open_page("about:blank", storage_state=session(own_demo), **ENGLISH)
    add(page, own_demo)
    page.locator("#email").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Show that it is you")).to_be_visible()
    reach(page, "Password")
    page.keyboard.type(own_demo.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("mara@demo.example")


def asked_in_the_inbox(page: Page, demo: Demo) -> None:
    """Ask for an erasure in the inbox, too late."""
    with Visitor(demo, "Zoe") as visitor:
        number = visitor.say("Hello")["ticket"]
    page.goto(f"{demo.server}/inbox/open/{number}")
    page.get_by_role("button", name="Erase…").click()
    age(demo)
    page.get_by_role("dialog").get_by_role("button", name="Erase").click()
    page.locator("dialog #step-up-password").wait_for()


@pytest.mark.parametrize("hand", ["mouse", "keyboard"])
def test_an_erasure_in_the_inbox_goes_on(own_demo: Demo, open_page: OpenPage, hand: str) -> None:
    page = open_page("about:blank", storage_state=session(own_demo), viewport={"width": 1440, "height": 900}, **ENGLISH)
    asked_in_the_inbox(page, own_demo)
    dialog = page.get_by_role("dialog", name="Show that it is you")
    expect(dialog.get_by_label("Password")).to_be_focused()
    page.keyboard.type("not the password")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text("This is not your password.")
    dialog.get_by_label("Password").fill(own_demo.password)
    if hand == "mouse":
        dialog.get_by_role("button", name="Go on").click()
    else:
        page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("The erasure is on its way")).to_be_visible()
    assert own_demo.api("GET", "/erasures")["items"]


def test_who_lets_it_be_changes_nothing(own_demo: Demo, open_page: OpenPage) -> None:
    page = open_page("about:blank", storage_state=session(own_demo), viewport={"width": 1440, "height": 900}, **ENGLISH)
    asked_in_the_inbox(page, own_demo)
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert own_demo.api("GET", "/erasures")["items"] == []


@pytest.mark.parametrize("look", LOOKS, ids=["light, wide", "dark, narrow"])
def test_axe_finds_nothing(own_demo: Demo, open_page: OpenPage, look: dict[str, object]) -> None:
    page = open_page("about:blank", storage_state=session(own_demo), **look)
    add(page, own_demo)
    page.locator("#email").press("Enter")
    page.locator("#step_up_password").wait_for()
    assert found(page) == []
    page.locator("main [type=submit]").click()
    page.locator("#step_up_password-error").wait_for()
    assert found(page) == []
