"""A real Chromium and a demo for the walks; each walk asks for contexts of its own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright, StorageState, sync_playwright

from tests import browser as chromium
from tests import sample
from tests.agent import session
from tests.cable import Cable
from tests.demo import Demo
from tests.lethe import Account, Lethe
from tests.walks.line import timed
from tests.walks.scripts import serve
from tests.walks.shop import Enter, Guest, Shop

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """What drives Chromium and Firefox."""
    with sync_playwright() as started:
        yield started


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    """Debian's Chromium, without a window; the whole one, with all that it keeps, is the canary's."""
    started = playwright.chromium.launch(executable_path=chromium.light(), args=chromium.flags())
    yield started
    started.close()


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """The demo of this run; a walk that changes its site or notice starts `own_demo`."""
    with Demo() as started:
        yield started


@pytest.fixture
def own_demo() -> Iterator[Demo]:
    """A demo that one walk may do anything to; asked for before its pages, so that it ends when they are closed."""
    with Demo() as started:
        yield started


@pytest.fixture
def owner(demo: Demo) -> StorageState:
    """The owner's cookies, of a session so new that nothing asks it again whose it is."""
    return session(demo)


@pytest.fixture(scope="session")
def filled() -> Iterator[Demo]:
    """A demo with sample chats of which walks look at every page; some add to it, so none counts what is there."""
    with Demo() as started:
        sample.fill(started)
        yield started


@pytest.fixture
def looking(filled: Demo) -> StorageState:
    """The cookies of the owner of the demo with sample chats."""
    return session(filled)


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens a page in a context of its own; nothing on it may break or breach the content security policy."""
    contexts: list[BrowserContext] = []
    broken: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            broken.append(message.text)

    def opened(url: str, **options: Any) -> Page:
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("console", heard)
        page.goto(url)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert broken == []


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a context with no cookie and no storage."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def scripts(page: Page) -> Page:
    """A page that may import the scripts as they lie in the source, and leads nowhere else."""
    serve(page)
    return page


@pytest.fixture(scope="session")
def lethe() -> Iterator[Lethe]:
    """A server for walks in a shop: it logs all it can, and some walk kills it."""
    with Lethe(LOG_LEVEL="DEBUG") as server:
        yield server


@pytest.fixture
def shop() -> Iterator[Shop]:
    """A page on an origin of its own."""
    with Shop() as opened:
        yield opened


@pytest.fixture
def account(lethe: Lethe, shop: Shop) -> Account:
    """An account of the walk's own, whose site is the shop."""
    return lethe.account(origin=shop.origin)


@pytest.fixture
def enter(browser: Browser, account: Account, shop: Shop) -> Iterator[Enter]:
    """Somebody comes to the shop's page in a browser of their own; `before(page)` is called first."""
    contexts: list[BrowserContext] = []
    broken: list[str] = []

    def entered(before: Callable[[Page], None] | None = None, attributes: Any = None, **options: Any) -> Guest:
        address = shop.embed(account, **(attributes or {}))
        contexts.append(browser.new_context(**({"locale": "en-GB"} | options)))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("dialog", lambda dialog: broken.append(dialog.message))
        if before is not None:
            before(page)
        page.goto(address)
        return Guest(page, account)

    yield entered
    for context in contexts:
        context.close()
    assert broken == []


@pytest.fixture
def cable(lethe: Lethe) -> Iterator[Cable]:
    """A line to the server that can go dead or be lost."""
    with Cable(lethe.port) as laid:
        yield laid


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
