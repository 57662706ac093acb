"""The palette by keyboard alone: it finds, goes, does, says how far it came; who is erased leaves it at once."""

import re

import httpx2
import pytest
from playwright.sync_api import Locator, Page, Route, StorageState, expect

from tests.demo import Demo
from tests.visitor import Visitor
from tests.walks.canary import in_window
from tests.walks.conftest import OpenPage
from tests.walks.shop import until
from tests.walks.test_accessible import found as objections
from tests.walks.test_widget_refusals import broken


def opened(page: Page) -> Locator:
    """Press the key; the focus is in the field."""
    page.locator("ticket-list .row").first.wait_for()
    page.keyboard.press("/")
    expect(page.get_by_role("combobox", name="Search or do something")).to_be_focused()
    return page.locator("dialog.palette")


def found(palette: Locator) -> Locator:
    """The hits."""
    return palette.get_by_role("group", name="Found").get_by_role("option")


def chosen(page: Page) -> Locator:
    """What the field says is chosen, as a screen reader is told."""
    name = page.locator("#palette-input").get_attribute("aria-activedescendant")
    return page.locator(f"#{name}[aria-selected=true]")


def test_it_finds_goes_and_does_by_keyboard(open_page: OpenPage, demo: Demo, owner: StorageState) -> None:
    with Visitor(demo, "Ουρανία") as visitor, Visitor(demo, "Otto") as other:
        number = visitor.say("Η ΠΑΡΑΓΓΕΛΊΑ <b>μου</b> άργησε")["ticket"]
        other.say("a παραγγελία of another")
        page = open_page(f"{demo.server}/inbox/open", storage_state=owner, locale="en-GB")
        palette = opened(page)
        page.keyboard.type("παραγγελια")
        expect(found(palette)).to_have_count(2)
        expect(palette.locator("mark")).to_have_text(["παραγγελία", "ΠΑΡΑΓΓΕΛΊΑ"])
        expect(palette.get_by_role("status")).to_have_text("2 found. Everything was searched.")
        assert objections(page) == []
        page.keyboard.press("ArrowDown")
        expect(chosen(page)).to_contain_text("<b>μου</b> άργησε")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile(rf"/inbox/\w+/{number}#message-1$"))
        expect(palette).to_be_hidden()
        page.locator("ticket-actions [data-action=solve]").wait_for()

        page.keyboard.press("Control+k")
        page.keyboard.type("assign me")
        expect(chosen(page)).to_have_text(f"Assign #{number} to me")
        page.keyboard.press("Enter")
        expect(page.locator("[data-action=assignee] option:checked")).to_have_text("Me")
        page.keyboard.press("Control+k")
        page.keyboard.type("solve")
        page.keyboard.press("Enter")
        expect(page.locator("toast-line")).to_contain_text(f"#{number} is solved")
        expect(page).not_to_have_url(re.compile(rf"/{number}\b"))
        page.keyboard.press("Control+k")
        page.keyboard.type("trash")
        page.keyboard.press("Enter")
        expect(page).to_have_url(re.compile("/inbox/trash$"))


def test_it_says_what_it_did_not_find_and_forgets_who_is_erased(
    open_page: OpenPage, demo: Demo, owner: StorageState
) -> None:
    page = open_page(f"{demo.server}/inbox/open", storage_state=owner, locale="en-GB")
    with Visitor(demo, "Perdita") as visitor:
        visitor.say("Quincunx and zyxwvqk")
        palette = opened(page)
        said = palette.get_by_role("status")
        page.keyboard.type("zqzq")
        expect(said).to_have_text("Nothing found for “zqzq”.")
        page.keyboard.press("Control+a")
        page.keyboard.type("x")
        expect(said).to_have_text("Type at least two characters to search.")
        page.context.set_offline(True)
        page.keyboard.type("yz")
        expect(said).to_have_text("No connection to the server: nothing was searched.")
        page.context.set_offline(False)
        palette.get_by_role("button", name="Try again").press("Enter")
        expect(said).to_have_text("Nothing found for “xyz”.")
        page.locator("#palette-input").fill("quincunx")
        expect(found(palette)).to_have_count(1)
        mine = {"Authorization": f"Bearer {visitor.token}", "Origin": demo.shop}
        httpx2.delete(f"{demo.server}/widget/{demo.site_key}/sessions", headers=mine).raise_for_status()
        expect(found(palette)).to_have_count(0)
        assert in_window(page, {"text": "zyxwvqk"}) == []
        page.keyboard.press("Escape")
        expect(palette).to_be_hidden()
        assert page.locator("#palette-list").inner_text() == ""
        again(page)
        page.keyboard.press("Escape")
        expect(palette).to_be_hidden()
        page.keyboard.press("?")
        expect(page.locator("dialog .keys")).to_contain_text("search, go, do")


def again(page: Page) -> None:
    """Closed and opened again before the browser has said that it closed, it is there whole."""
    page.evaluate(
        """() => new Promise((done) => {
            const palette = document.querySelector("dialog.palette");
            const key = () => document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "/", bubbles: true }));
            palette.addEventListener("close", () => setTimeout(done));
            key();
            palette.close();
            key();
        })"""
    )
    expect(page.locator("#palette-list").get_by_role("option")).not_to_have_count(0)


def test_the_control_what_is_heard_too_late_empties_it(open_page: OpenPage, demo: Demo, owner: StorageState) -> None:
    page = open_page("about:blank", storage_state=owner, locale="en-GB")
    broken(page.context, "static/palette.js", "this.#dialog.open || this.#closed()", "this.#closed()")
    page.goto(f"{demo.server}/inbox/solved")
    expect(page.locator(".presence[data-state=online]")).to_be_visible()
    with pytest.raises(AssertionError):
        again(page)


LOOK = "return this.#gone.has(ticket) || this.#gone.has(contact.id);"


@pytest.mark.parametrize(("without", "left"), [("", 0), (LOOK, 1)], ids=["as it is", "without the look"])
def test_who_is_erased_is_in_no_search_that_has_ended_or_runs(
    open_page: OpenPage, demo: Demo, owner: StorageState, without: str, left: int
) -> None:
    held = list[Route]()
    page = open_page("about:blank", storage_state=owner, locale="en-GB")
    if without:
        broken(page.context, "static/palette.js", without, "return false;")
    ended, running, word = f"Ended{left}", f"Running{left}", f"quagmire{left}"
    with Visitor(demo, ended) as first, Visitor(demo, running) as second:
        for each in (first, second):
            each.say(f"A {word} of pots")
        page.goto(f"{demo.server}/inbox/open")
        palette = opened(page)
        page.keyboard.type(word)
        expect(found(palette)).to_have_count(2)
        said = palette.get_by_role("status")
        expect(said).to_contain_text("Everything was searched")
        erased(page, demo, first, ended)
        expect(found(palette).filter(has_text=ended)).to_have_count(left)
        page.route("**/api/v1/search", lambda way: held.append(way))  # noqa: PLW0108 - a builtin is no handler
        page.keyboard.press("Control+a")
        page.keyboard.type(word)
        expect(said).to_have_text("Searching…")
        until(page, lambda: held)
        answer = held[0].fetch()
        assert running in answer.text(), "it was found before they went"
        erased(page, demo, second, running)
        held[0].fulfill(response=answer)
        expect(said).to_contain_text("found" if left else "Nothing found")
        expect(found(palette).filter(has_text=running)).to_have_count(left)


def erased(page: Page, demo: Demo, visitor: Visitor, name: str) -> None:
    """Erase a visitor, and wait until the page was told so."""
    expect(page.locator("ticket-list .row", has_text=name)).to_have_count(1)
    mine = {"Authorization": f"Bearer {visitor.token}", "Origin": demo.shop}
    httpx2.delete(f"{demo.server}/widget/{demo.site_key}/sessions", headers=mine).raise_for_status()
    expect(page.locator("ticket-list .row", has_text=name)).to_have_count(0)


def test_it_is_greek_and_fits_a_phone(open_page: OpenPage, filled: Demo, looking: StorageState) -> None:
    narrow = {"viewport": {"width": 320, "height": 640}, "locale": "el-GR", "color_scheme": "dark"}
    page = open_page(f"{filled.server}/inbox/open", storage_state=looking, **narrow)
    page.get_by_role("button", name="Αναζήτηση ή ενέργεια").click()
    page.keyboard.type("an")
    expect(page.locator("dialog.palette [role=status]")).to_contain_text("έγινε παντού")
    assert objections(page) == []
    assert page.evaluate("document.querySelector('dialog.palette').scrollWidth <= innerWidth")
