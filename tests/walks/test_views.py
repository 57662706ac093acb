"""Views, rows and many tickets at once, by keyboard: what waits, what is next, what is selected and taken back."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.agent import session
from tests.demo import Demo
from tests.visitor import Visitor
from tests.walks.conftest import OpenPage
from tests.walks.test_inbox import DESKTOP, PHONE, row

WORDS = ("The first question", "The second question", "The third question")


@pytest.fixture
def numbers(own_demo: Demo) -> list[int]:
    """Three tickets that wait, the oldest first."""
    found = []
    for word in WORDS:
        with Visitor(own_demo, word.split()[1].title()) as visitor:
            found.append(visitor.say(word)["ticket"])
    return found


def inbox(open_page: OpenPage, demo: Demo, path: str = "/inbox", **look: object) -> Page:
    return open_page(f"{demo.server}{path}", storage_state=session(demo), **(DESKTOP | look))


def taken(page: Page, number: int) -> None:
    """It is shown, and the cursor is where one writes."""
    expect(page).to_have_url(re.compile(f"/inbox/mine/{number}$"))
    expect(page.locator("message-composer textarea")).to_be_focused()


def test_a_day_by_keyboard(open_page: OpenPage, own_demo: Demo, numbers: list[int]) -> None:
    page = inbox(open_page, own_demo)
    expect(page).to_have_url(re.compile("/inbox/unassigned$"))  # nothing is mine
    expect(page.locator("[data-view=unassigned] .view-count")).to_contain_text("3")
    page.get_by_role("button", name="Take next").press("Enter")
    taken(page, numbers[0])  # who has waited longest

    page.goto(f"{own_demo.server}/inbox/waiting/{numbers[0]}")  # longest first; solving opens the next
    expect(page.locator("ticket-list .row")).to_contain_text([*WORDS])
    expect(page.locator("ticket-transcript .entry")).not_to_have_count(0)
    page.keyboard.press("s")
    expect(page).to_have_url(re.compile(f"/inbox/waiting/{numbers[1]}$"))
    expect(page.locator(".toast")).to_contain_text(f"#{numbers[0]} is solved.")
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page).to_have_url(re.compile(f"/inbox/waiting/{numbers[0]}$"))
    expect(page.locator("[data-view=open] .view-count")).to_contain_text("3")

    page.locator("[data-action=snooze]").press("Enter")
    page.get_by_role("button", name="In an hour").press("Enter")
    expect(page.locator("[data-view=snoozed] .view-count")).to_contain_text("1")
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.locator("[data-view=snoozed] .view-count")).to_be_hidden()

    page.goto(f"{own_demo.server}/inbox/open")
    row(page, WORDS[2]).focus()
    page.keyboard.press("x")
    page.keyboard.press("Shift+ArrowDown")
    bar = page.get_by_role("group", name="Selected tickets")
    expect(bar).to_contain_text("2 selected")
    expect(page.get_by_role("checkbox", name=re.compile(f"#{numbers[2]}"))).to_be_checked()
    bar.get_by_role("button", name="Solve").press("Enter")
    expect(page.locator(".toast")).to_contain_text("2 tickets are solved.")
    expect(page.locator("ticket-list .row")).to_have_count(1)
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page.locator("ticket-list .row")).to_have_count(3)
    assert {own_demo.api("GET", f"/tickets/{each}")["status"] for each in numbers} == {"open"}
    row(page, WORDS[2]).focus()
    page.keyboard.press("x")
    bar.get_by_role("button", name="Add a tag").press("Enter")
    page.keyboard.type("crates")
    page.keyboard.press("Enter")
    expect(row(page, WORDS[2])).to_contain_text("crates")
    page.keyboard.press("Escape")
    expect(bar).to_be_hidden()

    expect(page.locator("[data-view^=tag-]")).to_contain_text("crates")
    page.get_by_role("button", name="Save a view…").press("Enter")
    page.keyboard.type("Crates")
    page.get_by_label("Tag", exact=True).select_option("crates")
    page.get_by_label("Colleagues see it too").press("Space")
    page.get_by_role("dialog").get_by_role("button", name="Save").press("Enter")
    expect(page).to_have_url(re.compile("/inbox/saved-"))
    expect(page.locator(".list-title")).to_have_text("Crates")
    expect(page.locator("ticket-list .row")).to_have_count(1)
    assert own_demo.api("GET", "/views")["items"][0]["shared"] is True


def test_a_phone_selects_by_a_long_press_and_acts_from_a_sheet(
    open_page: OpenPage, own_demo: Demo, numbers: list[int]
) -> None:
    look = PHONE | {"has_touch": True, "is_mobile": True, "locale": "el-GR"}
    page = inbox(open_page, own_demo, "/inbox/open", **look)
    row(page, WORDS[0]).dispatch_event("contextmenu", {"pointerType": "touch"})
    expect(page.locator("bulk-bar")).to_contain_text("1 επιλεγμένο")
    page.locator("[data-bulk=close]").tap()
    row(page, WORDS[0]).tap()
    page.locator("[data-action=more]").tap()
    sheet = page.locator("ticket-actions .is-sheet .menu-items")
    box = sheet.bounding_box()
    assert box
    assert abs(box["y"] + box["height"] - 844) < 2
    page.locator("[data-action=priority]").select_option("urgent")
    expect(page.locator(".toast")).to_be_visible()
    assert own_demo.api("GET", f"/tickets/{numbers[0]}")["priority"] == "urgent"
