"""A shop of somebody else's: a page on an origin of its own, and a visitor who stands in it with a browser."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import TracebackType
from typing import Any, Self

from playwright.sync_api import BrowserContext, FrameLocator, Locator, Page, expect

from tests.lethe import Account

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>Pots</title>
<meta name="viewport" content="width=device-width"><main><h1>Pots that let roots breathe</h1></main>
<script async src="{server}/widget.js" data-site="{site}"{more}></script></html>"""

KEPT = """async () => ({
    cookies: document.cookie, local: {...localStorage}, session: {...sessionStorage},
    databases: await indexedDB.databases(), caches: globalThis.caches ? await caches.keys() : [],
    locks: navigator.locks ? Object.values(await navigator.locks.query().catch(() => ({}))).flat() : [],
})"""
NOTHING: dict[str, Any] = {"cookies": "", "local": {}, "session": {}, "databases": [], "caches": [], "locks": []}


class Shop:
    """Serves one page that embeds the widget; a context manager."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._page = b""
        self._headers: dict[str, str] = {}
        shop = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                for name, value in ({"Content-Type": "text/html; charset=utf-8"} | shop._headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(shop._page)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self.origin = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, args=[0.02], daemon=True).start()  # looks so often whether to stop
        self._open.callback(self._server.server_close)
        self._open.callback(self._server.shutdown)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()

    def serve(self, page: str, **headers: str) -> str:
        """Serves a page of the walk's own with further headers; its address."""
        self._page = page.encode()
        self._headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return f"{self.origin}/"

    def embed(self, account: Account, **attributes: str) -> str:
        """Embeds an account's widget with further `data-` attributes; the page's address."""
        return self.embed_from(account.lethe.origin, account, **attributes)

    def embed_from(self, origin: str, account: Account, **attributes: str) -> str:
        """As `embed`, from a server that answers at another origin."""
        more = "".join(f' data-{name.replace("_", "-")}="{value}"' for name, value in attributes.items())
        return self.serve(PAGE.format(server=origin, site=account.site, more=more))


def until(page: Page, true: Callable[[], Any]) -> None:
    """Waits until something is true; what is routed through the browser's driver goes on meanwhile."""
    for _ in range(600):
        if true():
            return
        page.wait_for_timeout(50)
    raise AssertionError("it did not come true")


@dataclass
class Guest:
    """Somebody on the shop's page."""

    page: Page
    account: Account

    @property
    def context(self) -> BrowserContext:
        """Their browser."""
        return self.page.context

    @property
    def button(self) -> Locator:
        """The round button."""
        return self.page.locator("lethe-chat button")

    @cached_property
    def frame(self) -> FrameLocator:
        """What is inside the frame."""
        return self.page.frame_locator("lethe-chat iframe")

    @property
    def box(self) -> Locator:
        """The box without which nothing can be sent."""
        return self.frame.locator("#purpose-chat")

    @property
    def text(self) -> Locator:
        """Where messages are written."""
        return self.frame.locator("textarea")

    @property
    def said(self) -> list[str]:
        """The texts on the screen, in their order."""
        return self.frame.locator("message-line .bubble").all_text_contents()

    def open(self) -> Self:
        """Presses the button and waits for what opens."""
        self.button.click()
        self.frame.locator("chat-window").wait_for()
        return self

    def agree(self) -> Self:
        """Ticks the box, begins and waits for the chat."""
        self.box.check()
        self.frame.locator("consent-notice .primary").click()
        expect(self.text).to_be_visible()
        return self

    def write(self, *texts: str) -> Self:
        """Writes and sends."""
        for text in texts:
            self.text.fill(text)
            self.text.press("Enter")
        return self

    def sees(self, *texts: str) -> None:
        """Waits until just these texts are on the screen."""
        expect(self.frame.locator("message-line .bubble")).to_have_text(list(texts))

    def choose(self, name: str) -> None:
        """Takes something from the menu."""
        self.frame.get_by_role("button", name="Your data and choices").click()
        self.frame.get_by_role("button", name=name).click()

    def until(self, true: Callable[[], bool]) -> None:
        """Waits until something is true."""
        until(self.page, true)

    def kept(self) -> dict[str, Any]:
        """What the browser keeps for the server's origin and for the shop's."""
        inside = next(frame for frame in self.page.frames if frame.url.startswith(self.account.lethe.origin))
        return {"shop": self.page.evaluate(KEPT), "server": inside.evaluate(KEPT), "jar": self.context.cookies()}


Enter = Callable[..., Guest]
