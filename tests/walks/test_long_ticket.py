"""A long ticket opens at its last messages; what is before comes on scrolling up, and a link leads to its entry."""

import json
import re
import uuid
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Page, StorageState, WebSocketRoute, expect

from tests.demo import Demo
from tests.visitor import Visitor
from tests.walks.conftest import OpenPage
from tests.walks.shop import until
from tests.walks.test_accessible import found as objections
from tests.walks.test_inbox import entry
from tests.walks.test_widget_refusals import all_broken, broken

PART, SAID = 20, 46
"""Messages: a fifth of what a ticket opens with otherwise, and how many there are."""
LOW = {"viewport": {"width": 1440, "height": 500}}
SMALL = ("static/transcript.js", "PART = 100", f"PART = {PART}")
ANCHOR = ("static/ticket-transcript.js", "this.#scroll.scrollTop = this.#scroll.scrollHeight - below;", "{}")

PRINTS = "() => { window.print = () => (window.printed = document.querySelectorAll('[data-seq]').length); }"


def answered(demo: Demo, number: int, word: str, last: int) -> int:
    """Answer in a ticket from the second message up to `last`; the ticket's number."""
    bearer = {"Authorization": f"Bearer {demo.api_token}"}
    with httpx2.Client(headers=bearer) as client:
        for seq in range(2, last + 1):
            said = {"id": str(uuid.uuid4()), "text": f"{word} {seq}."}
            client.post(f"{demo.server}/api/v1/tickets/{number}/messages", json=said).raise_for_status()
    return number


@pytest.fixture(scope="module")
def long(demo: Demo) -> int:
    """The number of a ticket with so many messages."""
    with Visitor(demo, "Livia") as visitor:
        return answered(demo, visitor.say("Where does the blue kiln stand?")["ticket"], "answer", SAID)


@pytest.fixture
def page(open_page: OpenPage, demo: Demo, owner: StorageState) -> Page:
    """A low window, to which messages come in small parts."""
    page = open_page(f"{demo.server}/signin", storage_state=owner, locale="en-GB", **LOW)
    broken(page.context, *SMALL)
    return page


def shown(page: Page) -> int:
    """How many messages the page shows."""
    return page.locator("ticket-transcript [data-seq]").count()


def to_the_top(page: Page) -> float:
    """Scroll up; how far the second entry has moved once earlier ones are above it."""
    # The first one is made anew: its day stands above another.
    first = page.locator("ticket-transcript [data-seq]").nth(1).element_handle()
    where = "each => each.getBoundingClientRect().y"
    before = first.evaluate("each => { each.closest('.scroll').scrollTop = 0; return each.getBoundingClientRect().y; }")
    expect(entry(page, f"answer {SAID - 2 * PART + 2}.")).to_have_count(1)
    moved: float = first.evaluate(where) - before
    return abs(moved)


def refusing(page: Page) -> list[str]:
    """Refuses the first question for what is earlier; the types of what the page sent."""
    sent: list[str] = []

    def line(mine: WebSocketRoute) -> None:
        theirs = mine.connect_to_server()

        def heard(frame: str | bytes) -> None:
            sent.append(json.loads(frame)["type"])
            if sent.count("earlier") == 1 and sent[-1] == "earlier":
                mine.send(json.dumps({"type": "error", "code": "unavailable", "detail": "later"}))
            else:
                theirs.send(frame)

        mine.on_message(heard)

    page.route_web_socket(re.compile("/ws/agent"), line)
    return sent


def opened(page: Page, demo: Demo, number: int) -> Page:
    """The page shows the ticket's last messages."""
    page.goto(f"{demo.server}/inbox/open/{number}")
    expect(entry(page, f"answer {SAID}.")).to_be_in_viewport()
    assert 0 < shown(page) <= PART, "of which one may say only that another was emptied"
    return page


def test_it_opens_at_its_end_and_what_is_earlier_comes_by_keyboard(page: Page, demo: Demo, long: int) -> None:
    sent = refusing(page)
    opened(page, demo, long)
    page.get_by_role("log").press("Home")
    again = page.get_by_role("button", name="Try again")
    expect(page.locator(".earlier")).to_contain_text("Earlier messages could not be loaded.")
    assert objections(page) == []
    page.get_by_role("log").press("ArrowDown")  # by itself it does not try again
    again.press("Enter")
    expect(entry(page, f"answer {SAID - 2 * PART + 1}.")).to_have_count(1)
    assert sent.count("earlier") == 2
    expect(page.get_by_role("status").filter(has_text="earlier entries")).to_have_count(1)
    page.get_by_role("button", name="Earlier messages").press("Enter")
    first = entry(page, "Where does the blue kiln stand?")
    expect(first).to_have_count(1)
    expect(page.locator(".earlier")).to_be_hidden()
    expect(page.get_by_role("log")).to_be_focused()  # the button that had the focus is gone
    assert shown(page) == SAID
    page.get_by_role("log").press("Home")
    expect(first).to_be_in_viewport()
    demo.api("DELETE", f"/tickets/{long}/messages/3")
    expect(page.locator("[data-seq='3']")).to_contain_text("This message was removed.")


def test_the_reader_stays_where_they_are(page: Page, demo: Demo, long: int) -> None:
    assert to_the_top(opened(page, demo, long)) < 60, "but for the row that was above it"
    demo.api("POST", f"/tickets/{long}/notes", {"id": str(uuid.uuid4()), "text": "while reading"})
    expect(page.get_by_role("button", name="New messages")).to_be_visible()


def test_the_control_a_reader_whose_place_is_not_kept_is_moved(page: Page, demo: Demo, long: int) -> None:
    all_broken(page.context, SMALL, ANCHOR)
    assert to_the_top(opened(page, demo, long)) > 300


def test_a_hit_leads_to_its_message_however_far_back(
    open_page: OpenPage, demo: Demo, owner: StorageState, long: int
) -> None:
    page = open_page(f"{demo.server}/inbox/mine", storage_state=owner, locale="el-GR", **LOW)
    page.locator("ticket-list .row").first.wait_for()
    page.keyboard.press("/")
    page.keyboard.type("blue kiln")
    expect(page.locator("dialog.palette mark")).to_have_text(["blue", "kiln"])
    page.keyboard.press("Enter")
    hit = page.locator("[data-entry='message-1']")
    expect(hit).to_be_focused()
    expect(hit).to_be_in_viewport()
    expect(page).to_have_url(re.compile(rf"/{long}#message-1$"))
    other = page.locator("[data-entry='message-40']")
    page.evaluate("location.hash = '#message-40'")
    expect(other).to_be_focused()
    expect(other).to_be_in_viewport()
    page.evaluate("location.hash = '#message-99999'")  # there is none: nothing moves
    expect(other).to_be_focused()


def test_nobody_is_shown_what_came_too_late(page: Page, demo: Demo) -> None:
    held: list[Any] = []

    def line(mine: WebSocketRoute) -> None:
        theirs = mine.connect_to_server()
        theirs.on_message(lambda frame: late(mine, frame))

    def late(mine: WebSocketRoute, frame: str | bytes) -> None:
        if json.loads(frame)["type"] == "earlier":
            held.append(lambda: mine.send(frame))
        else:
            mine.send(frame)

    page.route_web_socket(re.compile("/ws/agent"), line)
    with Visitor(demo, "Mona") as visitor:
        number = answered(demo, visitor.say("monody 1.")["ticket"], "monody", PART + 5)
        page.goto(f"{demo.server}/inbox/open/{number}#message-1")
        expect(entry(page, f"monody {PART + 5}.")).to_have_count(1)
        until(page, lambda: held)
        contact = demo.api("GET", f"/tickets/{number}")["contact"]["id"]
        demo.api("DELETE", f"/contacts/{contact}")
        expect(page.locator("ticket-transcript")).to_have_count(0)
        held[0]()
        expect(page.locator("body")).not_to_contain_text("monody")


def test_all_of_a_ticket_is_printed_and_nothing_to_press(page: Page, demo: Demo, long: int) -> None:
    opened(page, demo, long)
    page.evaluate(PRINTS)
    unprinted = page.locator(".earlier .only-print")
    page.emulate_media(media="print")
    expect(unprinted).to_be_visible()  # who prints by the browser's own key is told that there is more
    expect(page.locator("ticket-transcript .day .only-print").first).to_have_text(re.compile(r"\d{4}"))
    for each in (
        "message-composer",
        "ticket-actions",
        "ticket-list",
        "contact-card",
        ".earlier button",
        ".entry-tools",
    ):
        assert not page.locator(each).first.is_visible(), each
    page.emulate_media(media="screen")
    page.locator("[data-action=more]").press("Enter")
    page.get_by_role("button", name="Print or save as PDF").press("Enter")
    page.wait_for_function("() => window.printed > 0")
    assert page.evaluate("window.printed") == shown(page) >= SAID - 1
    page.emulate_media(media="print")
    expect(unprinted).to_be_hidden()
    assert len(re.findall(rb"/Type ?/Page\b", page.pdf(format="A4"))) > 1


def test_a_server_without_mail_says_so_to_who_mails_a_transcript(page: Page, demo: Demo, long: int) -> None:
    opened(page, demo, long)
    page.locator("[data-action=more]").press("Enter")
    page.get_by_role("button", name="Mail the transcript…").press("Enter")
    dialog = page.get_by_role("dialog", name=f"Mail the transcript of #{long}?")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    dialog.get_by_role("button", name="Mail the link").press("Enter")
    expect(page.locator("toast-line")).to_contain_text(re.compile("gave no address|mails nothing"))
