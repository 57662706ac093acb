"""A webhook in a real browser, by keyboard alone: refused, added, tried, read in its log; narrow, dark and in Greek."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect
from standardwebhooks import Webhook

from tests.agent import session
from tests.demo import Demo
from tests.walks.conftest import OpenPage
from tests.walks.test_accessible import LOOKS, found
from tests.walks.test_factors import reach

ENGLISH = {"locale": "en-GB"}


class Kept(BaseHTTPRequestHandler):
    """Keeps what it is sent with its server, and says yes."""

    def do_POST(self) -> None:
        """Answer."""
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.kept.append((dict(self.headers), body))  # type: ignore[attr-defined] # the list below
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def keeping() -> Iterator[ThreadingHTTPServer]:
    """A receiver on loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Kept) as server:
        server.kept = []  # type: ignore[attr-defined] # what it was sent
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def test_one_is_added_and_tried_by_keyboard_alone(monkeypatch: pytest.MonkeyPatch, open_page: OpenPage) -> None:
    monkeypatch.setenv("LETHE_OUTBOUND_ALLOW", "127.0.0.0/8")
    with keeping() as there, Demo() as demo:
        page = open_page(f"{demo.server}/admin/webhooks", storage_state=session(demo), **ENGLISH)
        keys = page.keyboard
        reach(page, "Name")
        keys.type("The shop's own")
        reach(page, "Address")
        keys.type("https://169.254.169.254/latest")
        reach(page, "a message was written")
        keys.press("Space")
        keys.press("Enter")
        expect(page.locator("#url-error")).to_contain_text("inside a network")
        expect(page.get_by_label("Name")).to_have_value("The shop's own")
        expect(page.get_by_label("a message was written")).to_be_checked()
        reach(page, "Address")
        keys.press("Control+A")
        keys.type(f"http://127.0.0.1:{there.server_address[1]}/hook")
        keys.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_contain_text("The shop's own")
        secret = page.locator(".secret").inner_text()
        reach(page, "Send a test")
        keys.press("Enter")
        row = page.get_by_role("row", name="webhook.test")
        expect(row).to_be_visible()
        for _ in range(20):
            if "sent" in row.inner_text():
                break
            page.wait_for_timeout(250)
            page.reload()
        expect(row).to_contain_text("204")
        ((headers, body),) = there.kept  # type: ignore[attr-defined] # as above
        named = {name.lower(): value for name, value in headers.items()}
        assert Webhook(secret).verify(body, named)["type"] == "webhook.test"
        assert set(json.loads(body)["data"]) == {"account"}
        expect(page.locator(".secret")).to_have_count(0)
        reach(page, "Send again")
        keys.press("Enter")
        reach(page, "New secret")
        keys.press("Enter")
        reach(page, "New secret")
        keys.press("Enter")
        expect(page.locator(".secret")).not_to_have_text(secret)
        reach(page, "Pause")
        keys.press("Enter")
        expect(page.get_by_text("Somebody of yours paused it.")).to_be_visible()
        uid = page.url.rpartition("/")[2].partition("?")[0]
        for look in LOOKS:
            # `test_every_page.py` has the list; one of it is nowhere else.
            seen = open_page(f"{demo.server}/admin/webhooks/{uid}", storage_state=session(demo), **look)
            assert found(seen) == []
            width = seen.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert width <= 0
