"""How the widget looks where it is seldom looked at: nothing leaves its line, touches an edge or lies out of sight."""

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import FloatRect, Locator, Page, Route, expect

from chat.core.model import LOCALES
from chat.web.widget import strings
from tests.chance import dice
from tests.lethe import Account
from tests.walks.shop import Enter, Guest
from tests.walks.test_away import gone, words
from tests.walks.test_widget_refusals import broken

CSS = Path(__file__).parents[2] / "widget" / "widget.css"
SMALL = {"viewport": {"width": 375, "height": 667}}
LOW = {"viewport": {"width": 1366, "height": 625}}
EDGE = 12
STAMP = re.compile(r"\d{4}-\d\d-\d\dT")

Before = Callable[[Page], None]


def styled(whole: str, instead: str) -> Before:
    """Changes the widget's style sheet, as a mistake would."""
    css = CSS.read_text("utf-8")
    assert whole in css, "the rule is written so"

    def before(page: Page) -> None:
        made = css.replace(whole, instead)
        page.route("**/widget-assets/widget.css", lambda route: route.fulfill(body=made, content_type="text/css"))

    return before


def nothing(_: Page) -> None:
    """Leaves everything as it is."""


def box(element: Locator) -> FloatRect:
    """Where an element stands on the page."""
    found = element.bounding_box()
    assert found
    return found


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("width", [320, 375])
def test_what_is_said_of_a_server_that_is_away_keeps_from_both_edges(enter: Enter, locale: str, width: int) -> None:
    guest = gone(enter, lambda route: route.abort(), locale, viewport={"width": width, "height": 667})
    alert = guest.page.get_by_role("alert")
    expect(alert).to_have_text(words(locale), timeout=20_000)
    said = box(alert)
    assert said["x"] >= EDGE
    assert said["x"] + said["width"] <= width - EDGE
    alert.evaluate("told => { told.parentNode.style.insetInlineStart = 'auto'; told.textContent += told.textContent }")
    assert box(alert)["x"] < EDGE, "the control: without its edge it touches the screen's"


# Written and measured in one go: the widget writes there too.
HIGH = "(said, text) => { said.textContent = text; return said.getBoundingClientRect().height; }"


@pytest.mark.parametrize("locale", LOCALES)
def test_the_header_says_in_one_line_who_is_there(enter: Enter, locale: str) -> None:
    guest = enter(attributes={"locale": locale}, **SMALL).open().agree()
    presence = guest.frame.locator(".presence")
    for word in ("online", "away", "line.connecting"):
        assert presence.evaluate(HIGH, said(locale)[word]) < 24, word
    assert presence.evaluate(HIGH, f"{said(locale)['away']} " * 2) > 24, "the control: more words take two lines"


def said(locale: str) -> dict[str, str]:
    """The words of the first page and the chat."""
    return strings(locale) | strings(locale, "chat")


@pytest.mark.parametrize(("before", "fine"), [(nothing, True), (styled("position: sticky;", ""), False)])
@pytest.mark.parametrize("locale", LOCALES)
def test_what_withdrawing_waits_for_is_in_sight(enter: Enter, locale: str, before: Before, *, fine: bool) -> None:
    guest = enter(before, {"locale": locale}, **LOW).open().agree()
    guest.frame.get_by_role("button", name=said(locale)["menu"]).click()
    guest.frame.get_by_role("button", name=said(locale)["menu.withdraw"]).click()
    low = box(guest.frame.locator("chat-window"))
    keep = box(guest.frame.locator("plain-page .quiet"))
    assert (keep["y"] + keep["height"] <= low["y"] + low["height"]) == fine


FORGED = "[2026-01-01T00:00:00.000Z] Agent: we owe you a pot"
ENTRY = r"/\n(?=\[\d{4}-[\w:.-]+Z\] )/"


@pytest.mark.parametrize(("instead", "fine"), [(ENTRY, True), (r"/\n *(?=\[)/", False)])
def test_earlier_chats_are_read_in_the_readers_time(enter: Enter, instead: str, *, fine: bool) -> None:
    texts = [f"line {number}\nand [{number}] more" for number in dice("earlier chats").sample(range(100), 3)]
    guest = enter(lambda page: broken(page.context, "widget/rights.js", ENTRY, instead), timezone_id="Asia/Tokyo")
    guest.open().agree().write(*texts, f"Look:\n{FORGED}")
    guest.sees(*texts, f"Look:\n{FORGED}")
    expect(guest.frame.locator(".standing", has_text="Sent")).to_be_visible()
    guest.choose("End this chat")
    guest.frame.get_by_role("button", name="Start another chat").click()
    guest.write("Another chat")
    expect(guest.frame.locator(".standing", has_text="Sent")).to_be_visible()
    guest.choose("Earlier chats")
    past = guest.frame.locator(".past")
    expect(past.last).to_contain_text("Visitor: Another chat")
    assert (past.count() == len(texts) + 2) == fine
    expect(guest.frame.locator("plain-page hr")).to_have_count(1)
    if fine:
        assert past.locator("span").all_inner_texts()[:3] == [f"Visitor: {each}" for each in texts]
        assert not [each for each in past.locator("time").all_inner_texts() if STAMP.search(each)]


@pytest.mark.parametrize(
    ("seconds", "wait"), [(None, "1 minute"), (61, "2 minutes"), (5_400, "90 minutes"), (86_321, "24 hours")]
)
def test_a_long_wait_is_said_in_hours(enter: Enter, seconds: int | None, wait: str) -> None:
    refused: dict[str, Any] = {"code": "rate_limited"} | ({"retry_after": seconds} if seconds else {})
    guest = enter(lambda page: page.route("**/sessions", lambda route: route.fulfill(status=429, json=refused))).open()
    guest.box.check()
    guest.frame.locator("consent-notice .primary").click()
    expect(guest.frame.locator(".message")).to_have_text(re.compile(rf"in {wait}\.$"))


@pytest.mark.parametrize(
    ("before", "fine"), [(nothing, True), (styled("grid-template-rows: subgrid;\n  grid-row: span 3;", ""), False)]
)
def test_fields_side_by_side_stand_at_one_height(enter: Enter, before: Before, *, fine: bool) -> None:
    def asks(route: Route) -> None:
        answer = route.fetch()
        made = answer.json()
        for field, label in zip(made["fields"], ("A name", "An address that is long"), strict=True):
            field["label"] = label
        route.fulfill(response=answer, json=made)

    def both(page: Page) -> None:
        before(page)
        page.route("**/config?*", asks)

    guest = enter(both, **SMALL).open()
    tops = {box(guest.frame.locator(f"#{each}"))["y"] for each in ("name", "email")}
    assert (len(tops) == 1) == fine


PATH = "element => element.querySelector('path').getAttribute('d')"


def test_one_cross_alone_closes_the_chat(enter: Enter) -> None:
    guest = enter().open()
    close = guest.frame.get_by_role("button", name="Close chat")
    assert guest.button.evaluate(PATH) != close.evaluate(PATH)
    shown = guest.button.evaluate(PATH)
    close.click()
    expect(guest.button).to_have_attribute("aria-expanded", "false")
    assert guest.button.evaluate(PATH) != shown, "the control: it looks another way when the chat is closed"


OBSERVED = "this.#sizes.observe(this.#nodes.get(key));"


@pytest.mark.parametrize(("instead", "fine"), [(OBSERVED, True), ("", False)])
def test_a_picture_that_comes_late_moves_nobody_from_the_end(
    enter: Enter, account: Account, instead: str, *, fine: bool
) -> None:
    drawn = io.BytesIO()
    Image.new("RGB", (600, 500), "teal").save(drawn, "PNG")
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    def before(page: Page) -> None:
        broken(page.context, "widget/message-list.js", OBSERVED, instead)
        page.route("**/attachments/*?small=true", hold)

    guest = enter(before, **LOW).open().agree()
    guest.write(*[f"Line {number}" for number in range(12)])
    guest.frame.locator("input[type=file]").set_input_files(
        {"name": "pot.png", "mimeType": "image/png", "buffer": drawn.getvalue()}
    )
    guest.frame.locator("file-tray .chip").wait_for()
    guest.write("It is broken")
    guest.until(lambda: bool(waiting))
    guest.until(lambda: any(each.get("attachments") for each in account.messages(1)))
    for each in waiting:
        each.continue_()
    expect(guest.frame.locator(".file img")).to_be_visible()
    guest.page.wait_for_timeout(300)
    assert at_end(guest) == fine


def at_end(guest: Guest) -> bool:
    """Whether the newest line is in sight."""
    left: float = guest.frame.locator(".log").evaluate("log => log.scrollHeight - log.scrollTop - log.clientHeight")
    return left < 2
