"""A line that looks open and is dead: each end notices by itself, says so, and comes back with what it missed."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.cable import Cable
from tests.lethe import Account, Lethe
from tests.walks.shop import Enter, Guest, Shop
from tests.walks.test_widget_chat import numbered, stored, watching

SILENCE, ANSWER = 41_000, 11_000  # milliseconds, and one second for good measure
SCRIPT = (Path(__file__).parents[2] / "static/common/line.js").read_text("utf-8")
LIMIT = "SILENCE = 40_000"


@pytest.fixture
def cable(lethe: Lethe) -> Iterator[Cable]:
    """The line to the server."""
    with Cable(lethe.port) as laid:
        yield laid


def timed(page: Page) -> None:
    """The browser's clock is the test's to put forward."""
    page.context.clock.install()


def patient(page: Page) -> None:
    """Breaks the heartbeat: it never asks."""
    assert LIMIT in SCRIPT
    body = SCRIPT.replace(LIMIT, "SILENCE = 2_000_000_000")

    def served(route: Route) -> None:
        route.fulfill(body=body, content_type="text/javascript")

    page.context.route("**/common/line.js", served)
    timed(page)


def chatting(enter: Enter, account: Account, shop: Shop, cable: Cable, before: Callable[[Page], None]) -> Guest:
    """Somebody who has written through the cable."""
    guest = enter(before)
    guest.page.goto(shop.embed_from(cable.origin, account))
    return guest.open().agree().write("Hello?")


def later(page: Page, *spans: int) -> None:
    """Lets the browser's clock run on, a span after the other."""
    for span in spans:
        page.context.clock.run_for(span)


def test_a_visitor_learns_that_the_line_is_dead_and_then_of_the_answer(
    enter: Enter, account: Account, shop: Shop, cable: Cable
) -> None:
    guest = chatting(enter, account, shop, cable, timed)
    number = numbered(guest)
    with watching(account, number) as agent:
        agent.send("presence", status="online")
        expect(guest.frame.locator(".presence")).to_have_text("Online now")
        later(guest.page, SILENCE, ANSWER)  # a line that lives is asked, and answers
        expect(guest.frame.locator("chat-room .line")).to_have_text("")
        cable.silent = True
        agent.post("Are you there?", ticket=number)
        later(guest.page, SILENCE, ANSWER)
        expect(guest.frame.locator("chat-room .line")).to_contain_text("Connection lost")
        expect(guest.frame.locator(".presence")).not_to_have_text("Online now")
        cable.silent = False
        guest.frame.get_by_role("button", name="Try now").click()
        guest.sees("Hello?", "Are you there?")
        expect(guest.frame.locator(".presence")).to_have_text("Online now")
        expect(guest.frame.get_by_role("button", name="Try now")).to_be_hidden()


def test_without_the_heartbeat_nothing_is_noticed(enter: Enter, account: Account, shop: Shop, cable: Cable) -> None:
    guest = chatting(enter, account, shop, cable, patient)
    number = numbered(guest)
    expect(guest.frame.locator(".standing", has_text="Sent")).to_be_visible()
    cable.silent = True
    with watching(account, number) as agent:
        agent.post("Are you there?", ticket=number)
    later(guest.page, SILENCE, ANSWER, SILENCE, ANSWER)
    expect(guest.frame.locator("chat-room .line")).to_have_text("")
    guest.sees("Hello?")


@pytest.mark.parametrize("event", ["online", "pageshow"])
def test_whoever_may_have_been_away_asks_at_once(
    enter: Enter, account: Account, shop: Shop, cable: Cable, event: str
) -> None:
    guest = chatting(enter, account, shop, cable, timed)
    expect(guest.frame.locator(".standing", has_text="Sent")).to_be_visible()
    cable.silent = True
    guest.frame.locator("body").evaluate(
        "(_, name) => dispatchEvent(new PageTransitionEvent(name, {persisted: true}))", event
    )
    later(guest.page, ANSWER)
    expect(guest.frame.locator("chat-room .line")).to_contain_text("Connection lost")


def test_whoever_goes_offline_is_told_at_once(enter: Enter, account: Account, shop: Shop, cable: Cable) -> None:
    guest = chatting(enter, account, shop, cable, timed)
    expect(guest.frame.locator(".standing", has_text="Sent")).to_be_visible()
    guest.context.set_offline(True)
    expect(guest.frame.locator("chat-room .line")).to_contain_text("You are offline")
    guest.context.set_offline(False)
    guest.write("Back again")
    number = numbered(guest)
    guest.until(lambda: stored(account, number) == [(1, "Hello?"), (2, "Back again")])


@pytest.fixture
def inbox_at(browser: Browser, account: Account, cable: Cable) -> Iterator[Callable[[int], Page]]:
    """Opens a ticket in the inbox, through the cable."""
    contexts: list[BrowserContext] = []
    name, _, value = account.sign_in().partition("=")

    def opened(number: int) -> Page:
        contexts.append(browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB"))
        contexts[-1].add_cookies([{"name": name, "value": value, "url": cable.origin}])
        page = contexts[-1].new_page()
        timed(page)
        page.goto(f"{cable.origin}/inbox/open/{number}")
        return page

    yield opened
    for context in contexts:
        context.close()


def test_an_agent_learns_that_the_line_is_dead_and_then_of_the_message(
    account: Account, cable: Cable, inbox_at: Callable[[int], Page]
) -> None:
    with account.contact("Zoe").socket() as visitor:
        visitor.get("welcome")
        page = inbox_at(visitor.post("Hello?")["ticket"])
        shown = page.locator("ticket-transcript .bubble")
        expect(shown).to_have_text(["Hello?"])
        later(page, SILENCE, ANSWER)
        expect(page.get_by_text("Connection lost. Trying again…")).to_be_hidden()
        cable.silent = True
        visitor.post("Anybody?")
        later(page, SILENCE, ANSWER)
        expect(page.get_by_text("Connection lost. Trying again…")).to_be_visible()
        expect(page.locator("presence-switch button").first).to_have_attribute("data-state", "offline")
        cable.silent = False
        page.get_by_role("button", name="Try now").click()
        expect(shown).to_have_text(["Hello?", "Anybody?"])
        expect(page.get_by_role("button", name="Try now")).to_be_hidden()
