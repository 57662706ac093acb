"""What a browser loads of the widget, as it comes over the wire: before the click, the first page, a whole chat."""

from collections import defaultdict
from uuid import uuid4

import pytest
from playwright.sync_api import Page, Request, expect

from chat.core.model import LOCALES
from tests.lethe import Account
from tests.walks.notice import publish
from tests.walks.shop import Enter

LOADER, OPEN = 3_000, 30_000  # bytes, compressed


class Scales:
    """Weighs every body that the server sends to a page, as it was encoded on the wire."""

    def __init__(self, server: str) -> None:
        self._server, self._loaded = server, list[Request]()

    def __call__(self, page: Page) -> None:
        """Weigh what this page loads from now on."""
        page.context.on("requestfinished", self._heard)

    def read(self) -> dict[str, int]:
        """Bytes by path, until now."""
        sizes: dict[str, int] = defaultdict(int)
        for request in self._loaded:
            path = request.url.removeprefix(self._server).partition("?")[0]
            sizes[path] += request.sizes()["responseBodySize"]
        return sizes

    def _heard(self, request: Request) -> None:
        if request.url.startswith(self._server):
            self._loaded.append(request)


@pytest.mark.parametrize("locale", LOCALES)
def test_the_button_weighs_three_kilobytes_and_a_whole_chat_thirty(enter: Enter, account: Account, locale: str) -> None:
    publish(account)
    scales = Scales(account.lethe.origin)
    guest = enter(scales, {"locale": locale})
    expect(guest.button).to_be_visible()
    guest.page.wait_for_load_state("networkidle")
    before = scales.read()
    assert set(before) == {"/widget.js"}
    assert sum(before.values()) <= LOADER, before

    guest.open()
    assert sum(scales.read().values()) <= OPEN, scales.read()
    guest.agree().write("Is the tall pot frost-proof?")
    guest.until(lambda: len(account.tickets()) == 1)
    account.rest(
        "POST",
        f"/tickets/{account.tickets()[0]['number']}/messages",
        {"id": str(uuid4()), "text": "It is: https://shop.example/pots"},
    )
    expect(guest.frame.locator("message-line.agent .bubble")).to_be_visible()
    seen = scales.read()
    assert {"/widget-assets/main.js", "/widget-assets/chat.js", f"/widget/{account.site}/config"} <= set(seen)
    print(locale, sum(seen.values()))
    assert sum(seen.values()) <= OPEN, seen


def test_the_scales_see_a_longer_notice(enter: Enter, account: Account) -> None:
    weights = []
    for more in ("", " ".join(f"{number * 7919 % 10_007:x}" for number in range(800))):
        publish(account, en=more)
        scales = Scales(account.lethe.origin)
        enter(scales, {"locale": "en"}).open()
        weights.append(sum(scales.read().values()))
    assert weights[1] - weights[0] > 1_500


def test_what_is_seldom_asked_for_comes_later(enter: Enter, account: Account) -> None:
    scales = Scales(account.lethe.origin)
    guest = enter(scales).open()
    assert "/widget-assets/chat.js" not in scales.read()
    guest.agree()
    late = {f"/widget-assets/{name}" for name in ("file-tray.js", "files.css", "rights.js")}
    assert not late & set(scales.read())
    guest.choose("What is kept")
    expect(guest.frame.locator("plain-page")).to_be_visible()
    assert "/widget-assets/rights.js" in scales.read()
