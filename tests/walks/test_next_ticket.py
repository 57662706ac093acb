"""When a ticket is solved the next one opens: also where its list was not read yet, and from the palette."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, StorageState, expect

from tests.demo import Demo
from tests.visitor import Visitor
from tests.walks.conftest import OpenPage
from tests.walks.shop import until
from tests.walks.test_inbox import DESKTOP, entry
from tests.walks.test_widget_refusals import broken


@pytest.fixture
def tagged(demo: Demo) -> tuple[str, int, int]:
    """A tag, and the numbers of two tickets that have it, the newer first."""
    numbers = []
    for text in ("The elder question", "The newer question"):
        with Visitor(demo, "Nele") as visitor:
            numbers.append(visitor.say(text)["ticket"])
        demo.api("PATCH", f"/tickets/{numbers[-1]}", {"tags": ["after"]})
    (tag,) = (each["id"] for each in demo.api("GET", "/tags")["items"] if each["name"] == "after")
    return f"tag-{tag}", numbers[1], numbers[0]


def held(page: Page) -> list[Callable[[], None]]:
    """Keeps the answers to questions for a list back; what lets each go."""
    waiting: list[Callable[[], None]] = []

    def asked(route: Route) -> None:
        waiting.append(route.continue_)

    page.route("**/api/v1/tickets?*", asked)
    return waiting


def solved_unread(page: Page, demo: Demo, tagged: tuple[str, int, int]) -> None:
    """Solve the newer by key before its list was read; then it is."""
    view, newer, _ = tagged
    waiting = held(page)
    page.goto(f"{demo.server}/inbox/{view}/{newer}")
    expect(entry(page, "The newer question")).to_be_visible()
    until(page, lambda: waiting)
    page.keyboard.press("s")
    until(page, lambda: demo.api("GET", f"/tickets/{newer}")["status"] == "solved")
    for each in waiting:
        each()
    waiting.clear()
    page.unroute("**/api/v1/tickets?*")


def test_the_next_opens_though_its_list_was_not_read(
    open_page: OpenPage, demo: Demo, owner: StorageState, tagged: tuple[str, int, int]
) -> None:
    page = open_page("about:blank", storage_state=owner, **DESKTOP)
    solved_unread(page, demo, tagged)
    expect(page).to_have_url(f"{demo.server}/inbox/{tagged[0]}/{tagged[2]}")
    expect(entry(page, "The elder question")).to_be_visible()
    page.get_by_role("button", name="Undo").press("Enter")
    expect(page).to_have_url(f"{demo.server}/inbox/{tagged[0]}/{tagged[1]}")
    until(page, lambda: demo.api("GET", f"/tickets/{tagged[1]}")["status"] == "open")

    page.keyboard.press("Control+k")
    page.keyboard.type("solve")
    page.keyboard.press("Enter")
    expect(page.locator("toast-line")).to_contain_text(f"#{tagged[1]} is solved.")
    expect(page).to_have_url(f"{demo.server}/inbox/{tagged[0]}/{tagged[2]}")


def test_the_control_without_waiting_none_opens(
    open_page: OpenPage, demo: Demo, owner: StorageState, tagged: tuple[str, int, int]
) -> None:
    page = open_page("about:blank", storage_state=owner, **DESKTOP)
    broken(page.context, "static/inbox.js", "next === null && (await this.#list.read())", "false")
    solved_unread(page, demo, tagged)
    expect(page).to_have_url(re.compile(rf"/inbox/{tagged[0]}$"))
