"""The inbox and the owner's pages on a phone and at 200 %: what was said keeps its room, nothing is covered."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests.demo import Demo
from tests.visitor import Visitor
from tests.walks.conftest import OpenPage
from tests.walks.test_inbox import DESKTOP, PHONE, choose, entry

CSS = Path(__file__).parent.parent.parent / "static" / "inbox.css"
TOUCH = PHONE | {"has_touch": True, "is_mobile": True}
ZOOMED = {"viewport": {"width": 720, "height": 450}, "locale": "en-GB"}
PARTS = (
    "view-list",
    ".ticket-header",
    "message-composer",
    "ticket-list",
    "ticket-transcript .scroll",
    "contact-card",
    ".line",
)
COVERED = """parts => {
    const of = (each) => each.getBoundingClientRect();
    const [one] = document.querySelectorAll(".toast");
    const meets = (a, b) => a.width && b.width && a.left < b.right - 1 && b.left < a.right - 1
        && a.top < b.bottom - 1 && b.top < a.bottom - 1;
    return parts.filter((part) => [...document.querySelectorAll(part)].some((each) => meets(of(one), of(each))));
}"""

Opened = Callable[..., Page]


@pytest.fixture
def opened(open_page: OpenPage, demo: Demo, owner: StorageState) -> Iterator[Opened]:
    """Opens a ticket with many messages in an account with a department; `css` changes the style sheet."""
    named = {each["name"] for each in demo.api("GET", "/departments")["items"]}
    if "Sales and orders" not in named:
        demo.api("POST", "/departments", {"name": "Sales and orders"})
    with Visitor(demo, "Narrow") as visitor:
        number = [visitor.say(f"Line {turn} of what I say")["ticket"] for turn in range(12)][-1]

    def made(look: dict[str, Any], css: Callable[[str], str] = str) -> Page:
        page = open_page("about:blank", storage_state=owner, **look)
        page.route(
            "**/static/inbox.css*", lambda route: route.fulfill(body=css(CSS.read_text()), content_type="text/css")
        )
        page.goto(f"{demo.server}/inbox/open/{number}")
        expect(entry(page, "Line 11")).to_be_in_viewport()
        return page

    yield made
    demo.api("DELETE", f"/tickets/{number}?permanent=true")


COLUMNS = [".side", "ticket-view", "contact-card"]
EDGES = """parts => parts.map((part) => {
    const { left, right, width } = document.querySelector(part).getBoundingClientRect();
    return [Math.round(left), Math.round(right), Math.round(width)];
})"""


def columns(page: Page) -> list[tuple[int, int, int]]:
    """Where list, ticket and contact begin and end, and how wide they are."""
    return [tuple(each) for each in page.evaluate(EDGES, COLUMNS)]


def unplaced(css: str) -> str:
    """The style sheet as it would be with the list in another column."""
    assert ".side {\n  grid-area: 1 / 2;" in css
    return css.replace(".side {\n  grid-area: 1 / 2;", ".side {\n  grid-area: 1 / 1;")


@pytest.mark.parametrize("width", [1200, 1440, 1920])
def test_list_ticket_and_contact_stand_in_this_order(opened: Opened, width: int) -> None:
    (_, list_ends, list_width), (ticket, ticket_ends, _), (contact, _, contact_width) = columns(
        opened(DESKTOP | {"viewport": {"width": width, "height": 900}})
    )
    assert (list_width, contact_width) == (320, 300)
    assert (ticket, contact) == (list_ends, ticket_ends)


def test_a_list_that_is_not_placed_is_found(opened: Opened) -> None:
    assert columns(opened(DESKTOP, unplaced))[0][2] != 320


ROWS = """header => {
    const own = header.getBoundingClientRect();
    const parts = [...header.querySelectorAll(".ticket-title bdi, .ticket-number, ticket-actions > *")]
        .map((each) => each.getBoundingClientRect()).filter(({ width }) => width);
    const middles = parts.map(({ top, bottom }) => (top + bottom) / 2);
    const rows = middles.filter((at, n) => !middles.slice(0, n).some((other) => Math.abs(at - other) < 12)).length;
    return [rows, parts.every(({ left, right }) => left >= own.left && right <= own.right)];
}"""


def rows(page: Page) -> list[Any]:
    """In how many rows the ticket's name, number and actions stand, and whether all of them are inside the header."""
    found: list[Any] = page.locator(".ticket-header").evaluate(ROWS)
    return found


def unfitted(css: str) -> str:
    """The style sheet as it would be with a name that takes its room and pushes the actions below it."""
    whole = ".ticket-names {\n  flex: 1;\n  min-width: 0;"
    assert whole in css
    return css.replace(whole, ".ticket-header {\n  flex-wrap: wrap;\n}\n.ticket-names {\n  flex: 1 0 100%;")


@pytest.mark.parametrize("locale", ["en-GB", "el-GR"])
def test_a_tickets_actions_are_one_row_with_its_name(opened: Opened, locale: str) -> None:
    page = opened(DESKTOP | {"locale": locale})
    for width in (320, 390, 799, 800, 1024, 1199, 1200, 1439, 1440, 1639, 1640):
        page.set_viewport_size({"width": width, "height": 768})
        assert rows(page) == [1, True], width
    page.set_viewport_size({"width": 1366, "height": 768})
    page.locator("[data-action=more]").click()
    expect(page.locator("[data-action=department]")).to_be_visible()


def test_actions_that_do_not_fit_are_found(opened: Opened) -> None:
    page = opened(DESKTOP | {"viewport": {"width": 1366, "height": 768}}, unfitted)
    assert rows(page)[0] == 2


def floating(css: str) -> str:
    """The style sheet as it would be with the line of what was done above the rest."""
    whole = "toast-line {\n  grid-area: 2 / 1 / auto / 3;\n  display: block;"
    assert whole in css
    return css.replace(
        whole, "toast-line { position: absolute; inset: auto auto 8px 8px; width: 304px; display: block;"
    )


@pytest.mark.parametrize("look", [DESKTOP, PHONE, ZOOMED], ids=["wide", "phone", "zoomed"])
@pytest.mark.parametrize(("css", "covers"), [(str, False), (floating, True)], ids=["as it is", "floating"])
def test_what_was_done_is_said_in_a_place_of_its_own(
    opened: Opened, look: dict[str, Any], css: Callable[[str], str], *, covers: bool
) -> None:
    page = opened(look, css)
    choose(page, "Set to pending")
    expect(page.locator(".toast")).to_be_visible()
    expect(entry(page, "Line 11")).to_be_in_viewport()
    assert bool(page.evaluate(COVERED, PARTS)) == covers
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".toast")).to_have_count(0)


def test_a_phone_shows_one_row_and_a_sheet_and_says_nothing_of_keys(opened: Opened) -> None:
    page = opened(TOUCH)
    expect(page.locator(".hint")).to_be_hidden()
    header = page.locator(".ticket-header").bounding_box()
    assert header
    assert header["height"] < 70
    page.locator("[data-action=more]").tap()
    page.locator("[data-action=department]").select_option(label="Sales and orders")
    expect(page.locator(".toast")).to_be_visible()
    expect(page.locator("[data-action=department] option:checked")).to_have_text("Sales and orders")
    wide = opened(DESKTOP)
    expect(wide.locator(".hint")).to_contain_text("Enter sends")
    wide.locator("[data-action=more]").click()
    expect(wide.locator("[data-action=department]")).to_be_visible()


def pressed(page: Page) -> bool:
    """Whether a finger on the place of a message's button asks whether to delete it."""
    button = page.locator(".entry-tools button").last.bounding_box()
    assert button
    page.touchscreen.tap(button["x"] + button["width"] / 2, button["y"] + button["height"] / 2)
    page.wait_for_timeout(300)
    return page.get_by_role("dialog").is_visible()


def test_a_finger_deletes_only_a_message_that_it_chose(opened: Opened) -> None:
    page = opened(TOUCH)
    assert not pressed(page)
    page.locator(".entry .bubble").last.tap()
    expect(page.locator(".entry.is-chosen .entry-tools")).to_have_css("opacity", "1")
    assert pressed(page)
    page.get_by_role("button", name="Cancel").tap()
    blind = opened(TOUCH, lambda css: css.replace("opacity: 0;\n    pointer-events: none;", "opacity: 0;"))
    assert pressed(blind), "the control: a button that nobody sees is pressed"


def test_at_200_percent_most_of_the_screen_is_what_was_said(opened: Opened) -> None:
    page = opened(ZOOMED)
    said = page.locator("ticket-transcript .scroll").bounding_box()
    assert said
    assert said["height"] > 0.55 * 450
    page.locator("message-composer textarea").fill("A line\n" * 9)
    said = page.locator("ticket-transcript .scroll").bounding_box()
    assert said
    assert said["height"] > 0.4 * 450
    expect(entry(page, "Line 11")).to_be_in_viewport()


def test_the_owners_pages_are_behind_one_button_on_a_phone(
    open_page: OpenPage, demo: Demo, owner: StorageState
) -> None:
    page = open_page(f"{demo.server}/admin/erasures", storage_state=owner, **TOUCH)
    link = page.get_by_role("link", name="Audit log")
    expect(link).to_be_hidden()
    assert page.locator(".admin-places").evaluate("nav => nav.scrollWidth <= nav.clientWidth")
    page.get_by_role("button", name="Erasures").tap()
    expect(page.locator("#places [aria-current=page]")).to_have_text("Erasures")
    link.tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("Audit log")
    wide = open_page(f"{demo.server}/admin/erasures", storage_state=owner, **DESKTOP)
    expect(wide.get_by_role("link", name="Audit log")).to_be_visible()
    expect(wide.locator(".places-open")).to_be_hidden()
