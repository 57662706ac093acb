"""The life of an agent in a browser: changed, let back in, made owner, deleted; by mouse and by keyboard alone."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.agent import choose, session, sign_in
from tests.demo import Demo
from tests.visitor import Visitor
from tests.walks.conftest import OpenPage
from tests.walks.test_accessible import LOOKS, found
from tests.walks.test_factors import reach

ENGLISH = {"locale": "en-GB"}
MARA, NAME, OWN = "mara@demo.example", "Mara Vlachou", "seven lamps over quiet water"


SECOND = "nine slow rivers under snow"


def added(demo: Demo) -> dict[str, Any]:
    """An agent with a password of her own, and two departments to work in."""
    for name in ("Sales", "Workshop"):
        demo.api("POST", "/departments", {"name": name})
    made: dict[str, Any] = demo.api("POST", "/agents", {"email": MARA, "name": NAME})
    return made


def working(demo: Demo, open_page: OpenPage, password: str) -> Page:
    """Her own window, with her inbox in it."""
    page = open_page(f"{demo.server}/signin", **ENGLISH)
    sign_in(page, demo, MARA, password)
    choose(page, password, OWN)
    page.wait_for_url("**/inbox")
    return page


def test_she_is_changed_let_back_in_and_deleted_by_mouse(own_demo: Demo, open_page: OpenPage) -> None:
    made = added(own_demo)
    hers = working(own_demo, open_page, made["password"])
    page = open_page(f"{own_demo.server}/admin/agents", storage_state=session(own_demo), **ENGLISH)
    page.get_by_role("link", name=NAME).click()
    page.get_by_label("Name", exact=True).fill("")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#name-error")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("Mara V.")
    page.get_by_label("Role").select_option("admin")
    page.get_by_label("Workshop").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    expect(page.get_by_role("heading", level=1)).to_have_text("Mara V.")
    expect(page.get_by_label("Workshop")).to_be_checked()
    expect(hers).to_have_url(re.compile("/signin"))

    page.get_by_role("button", name="Deactivate").click()
    page.get_by_role("dialog").get_by_role("button", name="Deactivate").click()
    expect(page.get_by_role("row", name="Mara V.")).to_contain_text("deactivated")
    page.get_by_role("link", name="Mara V.").click()
    page.get_by_role("button", name="Reactivate").click()
    link = page.locator(".secret").inner_text()
    again = open_page(link, **ENGLISH)
    again.locator("#password").fill(SECOND)
    again.locator("#again").fill(SECOND)
    again.keyboard.press("Enter")
    again.get_by_text("Sign in").first.wait_for()
    again.goto(f"{own_demo.server}/signin")
    sign_in(again, own_demo, MARA, SECOND)
    again.wait_for_url("**/inbox")

    with Visitor(own_demo, "Zoe") as visitor:
        number = visitor.say("Hello")["ticket"]
        again.goto(f"{own_demo.server}/inbox/open/{number}")
        again.locator("textarea").first.fill("Good day")
        again.keyboard.press("Enter")
        expect(again.locator(".entry", has_text="Good day")).to_be_visible()
        page.goto(f"{own_demo.server}/admin/agents/{made['id']}")
        page.get_by_role("button", name="Delete this agent").click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text("What they wrote stays")
        dialog.get_by_label("Their tickets go to").select_option(label="Anna")
        dialog.get_by_role("button", name="Delete for good").click()
        expect(page).to_have_url(re.compile("/admin/erasures/"))
        expect(again).to_have_url(re.compile("/signin"))
        page.goto(f"{own_demo.server}/inbox/open/{number}")
        expect(page.locator(".entry", has_text="Good day")).to_be_visible()
        expect(page.locator(".entry-name", has_text="Former agent")).to_be_visible()
        page.goto(f"{own_demo.server}/admin/agents")
        expect(page.get_by_text("Mara")).to_have_count(0)


def test_she_is_changed_and_deleted_by_keyboard_alone(own_demo: Demo, open_page: OpenPage) -> None:
    made = added(own_demo)
    page = open_page(f"{own_demo.server}/admin/agents", storage_state=session(own_demo), **ENGLISH)
    reach(page, NAME)  # the table, which scrolls by itself
    reach(page, NAME)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
    reach(page, "Name")
    page.keyboard.press("Control+a")
    page.keyboard.type("Mara V.")
    reach(page, "Role")
    page.keyboard.type("Admin")
    reach(page, "Sales")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Saved")
    kept = own_demo.api("GET", f"/agents/{made['id']}")
    assert (kept["name"], kept["role"], len(kept["departments"])) == ("Mara V.", "admin", 1)

    for _ in range(2):
        reach(page, "Deactivate")
        page.keyboard.press("Enter")
    expect(page.get_by_role("row", name="Mara V.")).to_contain_text("deactivated")
    page.goto(f"{own_demo.server}/admin/agents/{made['id']}")
    reach(page, "Reactivate")
    page.keyboard.press("Enter")
    expect(page.locator(".secret")).to_be_visible()
    page.goto(f"{own_demo.server}/admin/agents/{made['id']}")

    reach(page, "Delete this agent")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("button", name="Delete this agent")).to_be_focused()
    page.keyboard.press("Enter")
    reach(page, "Delete for good")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/admin/erasures/"))
    expect(page.get_by_text("an agent", exact=True)).to_be_visible()


@pytest.mark.parametrize("hand", ["mouse", "keyboard"])
def test_ownership_is_handed_over_and_both_sign_in_again(own_demo: Demo, open_page: OpenPage, hand: str) -> None:
    made = added(own_demo)
    hers = working(own_demo, open_page, made["password"])
    page = open_page(f"{own_demo.server}/admin/agents/{made['id']}", storage_state=session(own_demo), **ENGLISH)
    if hand == "mouse":
        page.get_by_role("button", name="Hand over").click()
        page.get_by_role("dialog").get_by_role("button", name="Hand over").click()
    else:
        for _ in range(2):
            reach(page, "Hand over")
            page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/signin"))
    expect(hers).to_have_url(re.compile("/signin"))
    roles = {each["name"]: each["role"] for each in own_demo.api("GET", "/agents")["items"]}
    assert roles == {NAME: "owner", "Anna": "admin"}


@pytest.mark.parametrize("look", LOOKS, ids=["light, wide", "dark, narrow"])
def test_axe_finds_nothing(own_demo: Demo, open_page: OpenPage, look: dict[str, object]) -> None:
    made = added(own_demo)
    page = open_page(f"{own_demo.server}/admin/agents/{made['id']}", storage_state=session(own_demo), **look)
    seen = [found(page)]
    page.locator("[popovertarget=sure-delete]").first.click()
    seen.append(found(page))
    page.keyboard.press("Escape")
    page.locator("#name").fill("")
    page.locator("main form [type=submit]").first.click()
    seen.append(found(page))
    assert seen == [[], [], []]
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
