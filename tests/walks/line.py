"""What walks do to a page's line, by the page's own clock, and what they ask about its sockets."""

from collections.abc import Callable

from greenlet import greenlet
from playwright.sync_api import Locator, Page, WebSocketRoute

from tests.cable import Cable
from tests.lethe import Account
from tests.walks.shop import Enter, Guest, Shop

SPY = """globalThis.tries = [];
globalThis.heard = [];
globalThis.WebSocket = class extends WebSocket {
    constructor(...given) {
        super(...given);
        tries.push(this);
        this.addEventListener("message", ({ data }) => heard.push(JSON.parse(data).type));
    }
};
"""
MOMENT = 5
"""Seconds: less than any wait of an open line's, and more than it takes to stop the clock."""
PONGS = '() => heard.filter((type) => type === "pong").length'
CLOSED = "tries.at(-1).readyState === WebSocket.CLOSED"


def timed(page: Page) -> None:
    """The browser's clock is the test's to put forward; the page tells what sockets it tries and what it hears."""
    page.context.add_init_script(SPY)
    page.context.clock.install()


def chatting(enter: Enter, account: Account, shop: Shop, cable: Cable, before: Callable[[Page], None]) -> Guest:
    """Somebody who has written through the cable."""
    guest = enter(before)
    guest.page.goto(shop.embed_from(cable.origin, account))
    return guest.open().agree().write("Hello?")


def pause(tab: Locator) -> None:
    """Stops the page's clock, a moment ahead of where it is; it is the test's to put forward until `resume`."""
    tab.page.context.clock.pause_at(tab.evaluate("Date.now()") / 1000 + MOMENT)


def until(tab: Locator, true: str) -> None:
    """Waits until something is true in the page, whatever its clock says."""
    for _ in range(600):
        if tab.evaluate(f"() => {true}"):
            return
        tab.page.wait_for_timeout(50)
    raise AssertionError(f"it did not come true: {true}")


def refuse(line: WebSocketRoute) -> None:
    """
    Closes a socket that is being opened, as a server that starts anew does. Playwright calls whoever is asked about a
    new socket where its own messages are read: waiting there for an answer would be waiting for ever.
    """
    greenlet(lambda: line.close(code=1012)).switch()
