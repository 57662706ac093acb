"""The inbox carries every word that it says: whatever is pressed in it, in each language, no key stands for a word."""

import contextlib
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, expect

from chat.core.model import LOCALES
from tests import sample
from tests.agent import signed_in
from tests.demo import Demo
from tests.visitor import Visitor
from tests.walks.conftest import OpenPage

STATIC = Path(__file__).parent.parent.parent / "static"
ELSE, GIVEN = "?? key;", 'document.getElementById("boot").textContent'
VIEWS = ("unassigned", "mine", "open", "waiting", "pending", "snoozed", "solved", "quarantine", "trash")
PRESSED = "inbox-app button:visible, inbox-app summary:visible"
EACH, MOST = 2_000, 60
DESKTOP = {"viewport": {"width": 1440, "height": 900}, "locale": "en"}


def reported(page: Page) -> list[str]:
    """The keys for which there was no word, from now on."""
    body = (STATIC / "common" / "texts.js").read_text("utf-8")
    assert ELSE in body, "what is not there is its key"
    body = body.replace(ELSE, "?? (console.log(`no word: ${form}`), key);")
    page.route("**/static/common/texts.js", lambda route: route.fulfill(body=body, content_type="text/javascript"))
    found: list[str] = []
    page.on("console", lambda said: found.append(said.text) if said.text.startswith("no word: ") else None)
    return found


def shown(page: Page, where: str) -> None:
    """Show a ticket, with everything that is said of it."""
    page.goto(where)
    expect(page.locator("ticket-transcript .entry")).not_to_have_count(0)
    expect(page.locator("contact-card .facts")).to_be_visible()


def press_all(page: Page, where: str) -> int:
    """Press whatever can be pressed of a ticket, one after the other, and leave each dialog and menu; how many were."""
    count, number = 0, 0
    shown(page, where)
    while number < min(MOST, page.locator(PRESSED).count()):
        with contextlib.suppress(Error):  # it is covered, or went meanwhile
            page.locator(PRESSED).nth(number).click(timeout=EACH)
            count += 1
        if page.locator("dialog[open], details[open]").count():
            page.keyboard.press("Escape")
        if page.url != where:
            shown(page, where)
        number += 1
    return count


def driven(page: Page, demo: Demo, numbers: list[int]) -> int:
    """Look at every list, a ticket that is not there and some that are, and press what they show; how much was."""
    page.goto(f"{demo.server}/inbox/open/999999")
    expect(page.locator("ticket-view .state-title")).to_be_visible()
    for view in VIEWS:
        page.locator(f"a[data-view={view}]").click()
        expect(page.locator("ticket-list .row, ticket-list .state-title")).not_to_have_count(0)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    return sum(press_all(page, f"{demo.server}/inbox/open/{number}") for number in numbers)


def tickets(demo: Demo) -> list[int]:
    """A ticket with an answer, and one that is held."""
    with Visitor(demo, "Wordy") as one, Visitor(demo, "Loud") as other:
        return [one.say("Where is my parcel?")["ticket"], other.say(sample.SPAM)["ticket"]]


@pytest.fixture
def numbers(own_demo: Demo) -> list[int]:
    """Two tickets: one that is open, and one that is held."""
    return tickets(own_demo)


@pytest.mark.parametrize("locale", LOCALES)
def test_the_inbox_says_no_key(
    open_page: OpenPage, browser: Browser, own_demo: Demo, numbers: list[int], locale: str
) -> None:
    page = open_page("about:blank", storage_state=signed_in(browser, own_demo), **(DESKTOP | {"locale": locale}))
    missed = reported(page)
    assert driven(page, own_demo, numbers) > 20
    assert missed == []


def test_words_that_are_not_carried_are_found(
    open_page: OpenPage, browser: Browser, own_demo: Demo, numbers: list[int]
) -> None:
    page = open_page("about:blank", storage_state=signed_in(browser, own_demo), **DESKTOP)
    body = (STATIC / "boot.js").read_text("utf-8")
    assert GIVEN in body, "a page's words are read so"
    body = body.replace(GIVEN, f'{GIVEN}.replaceAll(/"(keys|contact|hold)[.][^"]+":/g, \'"gone":\')')
    page.route("**/static/boot.js", lambda route: route.fulfill(body=body, content_type="text/javascript"))
    missed = reported(page)
    driven(page, own_demo, numbers[:1])
    assert {each.removeprefix("no word: ").partition(".")[0] for each in missed} == {"keys", "contact", "hold"}
