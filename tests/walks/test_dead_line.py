"""A line that looks open and is dead: each end notices by itself, says so, and comes back with what it missed."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.cable import Cable
from tests.lethe import Account
from tests.walks.line import PONGS, chatting, pause, timed, until
from tests.walks.shop import Enter, Shop
from tests.walks.test_widget_chat import numbered, stored, watching
from tests.walks.test_widget_refusals import broken

SILENCE, ANSWER = 41_000, 11_000  # milliseconds, and one second for good measure
STEP = 400
"""Milliseconds that are less than the shortest wait: a page that has just noticed is not trying yet."""


def patient(page: Page) -> None:
    """Breaks the heartbeat: it never asks."""
    broken(page.context, "static/common/line.js", "SILENCE = 40_000", "SILENCE = 2_000_000_000")
    timed(page)


def later(page: Page, *spans: int) -> None:
    """Lets the browser's clock run on, a span after the other."""
    for span in spans:
        page.context.clock.run_for(span)


def lives(tab: Locator) -> None:
    """Stops the browser's clock, and lets so much time go by on it that the line is asked; it answers."""
    clock = tab.page.context.clock
    pause(tab)
    pongs = tab.evaluate(PONGS)
    clock.run_for(SILENCE)
    until(tab, f"({PONGS})() > {pongs}")
    clock.run_for(ANSWER)


def notices(tab: Locator, said: Locator) -> None:
    """Lets time go by on a clock that stands until the page has noticed; it has not begun to try again."""
    clock, began = tab.page.context.clock, tab.evaluate("Date.now()")
    while not said.is_visible():
        assert tab.evaluate("Date.now()") - began < SILENCE + ANSWER, "it is not noticed in time"
        clock.run_for(STEP)


def test_a_visitor_learns_that_the_line_is_dead_and_then_of_the_answer(
    enter: Enter, account: Account, shop: Shop, cable: Cable
) -> None:
    guest = chatting(enter, account, shop, cable, timed)
    number = numbered(guest)
    with watching(account, number) as agent:
        agent.send("presence", status="online")
        expect(guest.frame.locator(".presence")).to_have_text("Online now")
        lives(guest.frame.locator("body"))
        expect(guest.frame.locator("chat-room .line")).to_have_text("")
        cable.silent = True
        agent.post("Are you there?", ticket=number)
        notices(guest.frame.locator("body"), guest.frame.get_by_text("Connection lost"))
        expect(guest.frame.locator(".presence")).not_to_have_text("Online now")
        cable.silent = False
        guest.frame.get_by_role("button", name="Try now").click()
        guest.context.clock.resume()
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


def test_whoever_goes_offline_is_published_at_once(enter: Enter, account: Account, shop: Shop, cable: Cable) -> None:
    guest = chatting(enter, account, shop, cable, timed)
    expect(guest.frame.locator(".standing", has_text="Sent")).to_be_visible()
    guest.context.set_offline(True)
    expect(guest.frame.locator("chat-room .line")).to_contain_text("You are offline")
    guest.context.set_offline(False)
    guest.write("Back again")
    number = numbered(guest)
    guest.until(lambda: stored(account, number) == [(1, "Hello?"), (2, "Back again")])


def test_an_agent_learns_that_the_line_is_dead_and_then_of_the_message(
    account: Account, cable: Cable, inbox_at: Callable[..., Page]
) -> None:
    with account.contact("Zoe").socket() as visitor:
        visitor.get("welcome")
        page = inbox_at(visitor.post("Hello?")["ticket"])
        shown = page.locator("ticket-transcript .bubble")
        expect(shown).to_have_text(["Hello?"])
        lost = page.get_by_text("Connection lost. Trying again…")
        lives(page.locator("body"))
        expect(lost).to_be_hidden()
        cable.silent = True
        visitor.post("Anybody?")
        notices(page.locator("body"), lost)
        expect(page.locator("presence-switch button").first).to_have_attribute("data-state", "offline")
        cable.silent = False
        page.get_by_role("button", name="Try now").click()
        page.context.clock.resume()
        expect(shown).to_have_text(["Hello?", "Anybody?"])
        expect(page.get_by_role("button", name="Try now")).to_be_hidden()
