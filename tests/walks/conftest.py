"""A real Chromium and a demo for the walks; each walk asks for contexts of its own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, StorageState, sync_playwright

from tests import browser as chromium
from tests.agent import signed_in
from tests.demo import Demo

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium.need(), args=chromium.flags())
        yield started
        started.close()


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    """The demo of this run; a walk that changes its site or notice starts `own_demo`."""
    with Demo() as started:
        yield started


@pytest.fixture
def own_demo() -> Iterator[Demo]:
    """A demo that one walk may do anything to."""
    with Demo() as started:
        yield started


@pytest.fixture(scope="session")
def owner(browser: Browser, demo: Demo) -> StorageState:
    """The owner's cookies: signing in is limited, so the walks share one session."""
    return signed_in(browser, demo)


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
