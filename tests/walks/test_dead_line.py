"""A line that looks open and is dead: each end notices by itself, says so, and comes back with what it missed."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.cable import Cable
from tests.lethe import Account, Lethe
from tests.walks.shop import Enter, Guest, Shop
from tests.walks.test_widget_chat import numbered, stored, watching
from tests.walks.test_widget_told import broken

SILENCE, ANSWER = 41_000, 11_000  # milliseconds, and one second for good measure


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
    broken(page.context, "static/common/line.js", "SILENCE = 40_000", "SILENCE = 2_000_000_000")
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


SPY = """globalThis.tries = [];
globalThis.WebSocket = class extends WebSocket {
    constructor(...given) {
        super(...given);
        tries.push(this);
    }
};
Math.random = () => CHANCE;"""
LEAST, MOST, GROWTH, LONGEST = 500, 1_000, 1.5, 30_000  # milliseconds
TRIES = 11


def counted(chance: float) -> Callable[[Page], None]:
    """Counts the sockets that are tried, and takes every wait to one end of what is up to chance."""

    def before(page: Page) -> None:
        page.context.add_init_script(SPY.replace("CHANCE", str(chance)))
        timed(page)

    return before


def comes_back(tab: Locator, chance: float, cable: Cable) -> None:
    """After a loss, by the browser's clock: no try comes too soon, each comes in time, and the last is answered."""
    clock, page = tab.page.context.clock, tab.page
    clock.pause_at(tab.evaluate("Date.now()") + 1)
    cable.down = True
    cable.pull()
    tried = tab.evaluate("() => tries.length")
    for attempt in range(TRIES):
        closed(page, tab)
        assert tab.evaluate("() => tries.length") == tried + attempt
        limit = min(LONGEST, MOST * GROWTH**attempt)
        wait = LEAST + chance * (limit - LEAST)
        clock.run_for(int(wait) - 20)
        assert tab.evaluate("() => tries.length") == tried + attempt, "too soon"
        cable.down = attempt < TRIES - 1
        clock.run_for(22)
        assert tab.evaluate("() => tries.length") == tried + attempt + 1, "too late"


def closed(page: Page, tab: Locator) -> None:
    """Waits until the page knows that its last socket is closed."""
    for _ in range(600):
        if tab.evaluate("() => tries.at(-1).readyState === WebSocket.CLOSED"):
            return
        page.wait_for_timeout(50)
    raise AssertionError("it was not closed")


@pytest.mark.parametrize("chance", [0, 0.999999])
def test_after_a_restart_a_visitor_is_back_in_time(
    enter: Enter, account: Account, shop: Shop, cable: Cable, chance: float
) -> None:
    guest = chatting(enter, account, shop, cable, counted(chance))
    number = numbered(guest)
    expect(guest.frame.locator(".standing", has_text="Sent")).to_be_visible()
    comes_back(guest.frame.locator("body"), chance, cable)
    guest.context.clock.resume()
    expect(guest.frame.locator("chat-room .line")).to_have_text("")
    with watching(account, number) as agent:
        agent.post("We are back.", ticket=number)
        guest.sees("Hello?", "We are back.")


@pytest.mark.parametrize(
    ("whole", "instead"), [("GROWTH = 1.5", "GROWTH = 1"), ("LONGEST = 30_000", "LONGEST = 300_000")]
)
def test_waits_that_do_not_grow_or_never_end_are_found_out(
    enter: Enter, account: Account, shop: Shop, cable: Cable, whole: str, instead: str
) -> None:
    def careless(page: Page) -> None:
        counted(0.999999)(page)
        broken(page.context, "static/common/line.js", whole, instead)

    guest = chatting(enter, account, shop, cable, careless)
    expect(guest.frame.locator(".standing", has_text="Sent")).to_be_visible()
    with pytest.raises(AssertionError, match="too"):
        comes_back(guest.frame.locator("body"), 0.999999, cable)


@pytest.fixture
def inbox_at(browser: Browser, account: Account, cable: Cable) -> Iterator[Callable[..., Page]]:
    """Opens a ticket in the inbox, through the cable."""
    contexts: list[BrowserContext] = []
    name, _, value = account.sign_in().partition("=")

    def opened(number: int, before: Callable[[Page], None] = timed) -> Page:
        contexts.append(browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB"))
        contexts[-1].add_cookies([{"name": name, "value": value, "url": cable.origin}])
        page = contexts[-1].new_page()
        before(page)
        page.goto(f"{cable.origin}/inbox/open/{number}")
        return page

    yield opened
    for context in contexts:
        context.close()


def test_an_agent_learns_that_the_line_is_dead_and_then_of_the_message(
    account: Account, cable: Cable, inbox_at: Callable[..., Page]
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


@pytest.mark.parametrize("chance", [0, 0.999999])
def test_after_a_restart_an_agent_is_back_in_time(
    account: Account, cable: Cable, inbox_at: Callable[..., Page], chance: float
) -> None:
    with account.contact("Zoe").socket() as visitor:
        visitor.get("welcome")
        page = inbox_at(visitor.post("Hello?")["ticket"], counted(chance))
        shown = page.locator("ticket-transcript .bubble")
        expect(shown).to_have_text(["Hello?"])
        comes_back(page.locator("body"), chance, cable)
        page.context.clock.resume()
        visitor.post("Anybody?")
        expect(shown).to_have_text(["Hello?", "Anybody?"])
