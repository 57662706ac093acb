"""Firefox and WebKit as one walk drives both: a page with the button, and the frame within it."""

import json
import os
import subprocess
import time
from collections.abc import Callable
from typing import Any, Protocol, Self

from playwright.sync_api import Page, Playwright
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.webkitgtk.options import Options
from selenium.webdriver.webkitgtk.service import Service

from tests import browser

ROOT = "document.querySelector('lethe-chat').shadowRoot"
PATIENCE = 30.0


class Engine(Protocol):
    """A browser with one page open; a context manager. `outside` and `inside` run an async function's body there."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
    def go(self, address: str) -> None:
        """Opens a page."""

    def press(self) -> None:
        """Clicks the round button with the mouse."""

    def click(self, css: str) -> None:
        """Clicks in the frame."""

    def keys(self, text: str) -> None:
        """Types where the focus is; a newline is Enter."""

    def outside(self, body: str) -> Any: ...
    def inside(self, body: str) -> Any: ...


def until(true: Callable[[], Any]) -> Any:
    """Waits until something is; what it is."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = true()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come true")


class Firefox:
    """Debian's, by Playwright over WebDriver BiDi."""

    # Without it, mouse and keys do not reach frames of another site.
    PREFERENCES: dict[str, Any] = {"fission.webContentIsolationStrategy": 0}  # noqa: RUF012 - never changed

    def __init__(self, playwright: Playwright) -> None:
        self._browser = playwright.firefox.launch(
            executable_path=browser.need("firefox-esr"), channel="moz-firefox", firefox_user_prefs=self.PREFERENCES
        )
        self._page: Page = self._browser.new_page()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._browser.close()

    def go(self, address: str) -> None:
        """Opens a page."""
        self._page.goto(address)

    def press(self) -> None:
        """Clicks the round button with the mouse."""
        self._page.locator("lethe-chat button").click()

    def click(self, css: str) -> None:
        """Clicks in the frame."""
        self._page.frame_locator("lethe-chat iframe").locator(css).click()

    def keys(self, text: str) -> None:
        """Types where the focus is."""
        for part, key in _strokes(text):
            self._page.keyboard.press("Enter") if key else self._page.keyboard.type(part)

    def outside(self, body: str) -> Any:
        """Runs it in the page."""
        return self._page.evaluate(f"async () => {{ {body} }}")

    def inside(self, body: str) -> Any:
        """Runs it in the frame."""
        return self._page.frame_locator("lethe-chat iframe").locator("html").evaluate(f"async () => {{ {body} }}")


class WebKit:
    """Debian's WebKitGTK on a screen of its own, by its WebDriver."""

    BROWSER = "/usr/lib/{}-linux-gnu/webkit2gtk-4.1/MiniBrowser"

    def __init__(self, _: Playwright) -> None:
        reading, writing = os.pipe()
        command = [browser.need("Xvfb"), "-displayfd", str(writing), "-screen", "0", "1280x1000x24", "-nolisten", "tcp"]
        self._screen = subprocess.Popen(command, pass_fds=[writing], stderr=subprocess.DEVNULL)
        os.close(writing)
        with os.fdopen(reading) as said:
            display = f":{said.readline().strip()}"
        options = Options()
        options.binary_location = self.BROWSER.format(os.uname().machine)
        options.add_argument("--automation")
        service = Service(browser.need("WebKitWebDriver"), env={**os.environ, "DISPLAY": display})
        try:
            self._driver = webdriver.WebKitGTK(options=options, service=service)
        except BaseException:
            self._screen.kill()
            self._screen.wait(PATIENCE)
            raise
        self._driver.set_window_rect(0, 0, 1200, 930)
        self._driver.set_script_timeout(PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._driver.quit()
        self._screen.terminate()
        self._screen.wait(PATIENCE)

    def go(self, address: str) -> None:
        """Opens a page."""
        self._driver.switch_to.default_content()
        self._driver.get(address)

    def press(self) -> None:
        """Clicks the round button with the mouse."""
        self._driver.switch_to.default_content()
        until(lambda: self._driver.execute_script("return !!document.querySelector('lethe-chat')"))
        button = self._driver.execute_script(f"return {ROOT}.querySelector('button')")
        ActionChains(self._driver).click(button).perform()

    def click(self, css: str) -> None:
        """Clicks in the frame."""
        self._within()
        until(lambda: self._driver.find_elements(By.CSS_SELECTOR, css))
        self._driver.find_element(By.CSS_SELECTOR, css).click()

    def keys(self, text: str) -> None:
        """Types where the focus is."""
        ActionChains(self._driver).send_keys(text.replace("\n", "\ue007")).perform()

    def outside(self, body: str) -> Any:
        """Runs it in the page."""
        self._driver.switch_to.default_content()
        return self._run(body)

    def inside(self, body: str) -> Any:
        """Runs it in the frame."""
        self._within()
        return self._run(body)

    def _within(self) -> None:
        self._driver.switch_to.default_content()
        frame = until(lambda: self._driver.execute_script(f"return {ROOT}.querySelector('iframe')"))
        self._driver.switch_to.frame(frame)

    def _run(self, body: str) -> Any:
        script = (
            f"const done = arguments[0]; (async () => {{ {body} }})().then((it) => done(JSON.stringify(it ?? null)))"
        )
        return json.loads(self._driver.execute_async_script(script))


def _strokes(text: str) -> list[tuple[str, bool]]:
    return [(part, part == "\n") for part in text.replace("\n", "\0\n\0").split("\0") if part]
