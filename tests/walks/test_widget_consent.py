"""Consent in a real browser: nothing before the click, nothing before agreeing, everything gone after withdrawing."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Page, Request, Response, WebSocket, expect

from chat.account.actions import accounts
from chat.core.model import LOCALES
from chat.infra.services import Services
from tests.lethe import Account, Lethe
from tests.walks.notice import publish
from tests.walks.shop import KEPT, NOTHING, Enter, Guest

NAME, EMAIL, TEXT = "Zoe Papadaki", "zoe@shop.example", "Is the tall pot frost-proof?"


class Watch:
    """Hears every request, socket and cookie of a page from its first byte on."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.sockets: list[str] = []
        self.cookies: list[str] = []

    def __call__(self, page: Page) -> None:
        """Listen."""
        page.context.on("request", self._request)
        page.context.on("response", self._response)
        page.on("websocket", self._socket)

    def _request(self, request: Request) -> None:
        self.requests.append(f"{request.method} {request.url}")

    def _response(self, response: Response) -> None:
        if "set-cookie" in response.headers:
            self.cookies.append(response.url)

    def _socket(self, socket: WebSocket) -> None:
        self.sockets.append(socket.url)


def logged(lethe: Lethe) -> str:
    return (lethe.folder / "log").read_text("utf-8")


def test_before_the_click_there_is_one_request_and_nothing_else(enter: Enter, account: Account, lethe: Lethe) -> None:
    watch, before = Watch(), (lethe.still(), logged(lethe))
    guest = enter(watch)
    expect(guest.button).to_be_visible()
    guest.page.wait_for_load_state("networkidle")
    assert watch.requests == [f"GET {guest.page.url}", f"GET {lethe.origin}/widget.js"]
    assert (watch.sockets, watch.cookies) == ([], [])
    assert guest.page.evaluate(KEPT) == NOTHING
    assert (guest.context.cookies(), guest.context.service_workers) == ([], [])
    assert len(guest.page.frames) == 1
    assert (lethe.dump(), logged(lethe)) == before
    assert account.rest("GET", "/contacts")["items"] == []


def test_until_agreeing_nothing_is_kept_and_afterwards_the_same_look_finds_it(
    enter: Enter, account: Account, lethe: Lethe
) -> None:
    watch, before = Watch(), (lethe.still(), logged(lethe))
    guest = enter(watch).open()
    assert guest.frame.locator("input[type=checkbox]").count() == 2
    for box in guest.frame.locator("input[type=checkbox]").all():
        expect(box).not_to_be_checked()
    guest.frame.get_by_label("Name").fill(NAME)
    guest.frame.get_by_label("E-mail").fill(EMAIL)
    assert (watch.sockets, watch.cookies) == ([], [])
    assert not [each for each in watch.requests if not each.startswith("GET ")]
    assert guest.kept() == {"shop": NOTHING, "server": NOTHING, "jar": []}
    assert (lethe.dump(), logged(lethe)) == before

    guest.agree()
    assert [each for each in watch.requests if each.startswith("POST ")]
    guest.until(lambda: len(watch.sockets) == 1)
    assert guest.kept()["server"]["local"]
    assert lethe.dump() != before[0]
    assert [each["name"] for each in account.rest("GET", "/contacts")["items"]] == [NAME]
    assert "127.0.0.1" not in logged(lethe)[len(before[1]) :]


def test_starting_without_the_tick_says_what_is_missing_and_sends_nothing(enter: Enter, lethe: Lethe) -> None:
    watch, before = Watch(), lethe.dump()
    guest = enter(watch).open()
    start = guest.frame.get_by_role("button", name="Start chat")
    expect(start).to_be_enabled()
    start.click()
    expect(guest.frame.locator("#purpose-chat-wrong")).to_contain_text("tick this box")
    expect(guest.box).to_be_focused()
    expect(guest.box).not_to_be_checked()
    guest.frame.locator("#purpose-spam_training").check()
    start.click()
    expect(guest.frame.locator("#purpose-chat-wrong")).to_contain_text("tick this box")
    assert not [each for each in watch.requests if each.startswith("POST ")]
    assert lethe.dump() == before


def test_refusing_leaves_nothing_anywhere(enter: Enter, lethe: Lethe) -> None:
    watch, before = Watch(), lethe.dump()
    guest = enter(watch).open()
    guest.frame.get_by_label("Name").fill(NAME)
    guest.frame.get_by_role("button", name="Close chat").click()
    expect(guest.page.locator("lethe-chat iframe")).to_be_hidden()
    expect(guest.button).to_be_focused()
    assert guest.kept() == {"shop": NOTHING, "server": NOTHING, "jar": []}
    guest.page.reload()
    guest.open()
    expect(guest.frame.get_by_label("Name")).to_have_value("")
    assert lethe.dump() == before
    assert watch.sockets == []


@pytest.mark.parametrize("ticked", [True, False])
def test_the_optional_purpose_is_asked_for_by_itself(enter: Enter, account: Account, *, ticked: bool) -> None:
    guest = enter().open()
    guest.frame.locator("#purpose-spam_training").set_checked(ticked)
    guest.agree()
    contact = account.rest("GET", "/contacts")["items"][0]["id"]
    receipts = account.rest("GET", f"/contacts/{contact}/consents")["items"]
    assert [each["receipt"]["consent"] for each in receipts] == [{"chat": True, "spam_training": ticked}]


def test_a_new_notice_stops_the_chat_until_it_is_agreed_to_and_the_draft_survives(
    enter: Enter, account: Account
) -> None:
    guest = enter().open().agree().write("Before the notice")
    guest.sees("Before the notice")
    guest.text.fill("Half a senten")
    account.publish("We now keep it for a year.")
    expect(guest.frame.get_by_role("heading", name="The notice has changed")).to_be_visible()
    expect(guest.frame.get_by_text("We now keep it for a year.")).to_be_visible()
    expect(guest.text).to_be_hidden()
    for box in guest.frame.locator("input[type=checkbox]").all():
        expect(box).not_to_be_checked()
    guest.frame.get_by_role("button", name="Agree and go on").click()
    expect(guest.frame.locator("#purpose-chat-wrong")).to_contain_text("tick this box")

    guest.box.check()
    guest.frame.get_by_role("button", name="Agree and go on").click()
    expect(guest.text).to_have_value("Half a senten")
    guest.write("After the notice")
    guest.sees("Before the notice", "After the notice")
    ticket = account.tickets()[0]["number"]
    assert [each["text"] for each in account.messages(ticket)] == ["Before the notice", "After the notice"]


def test_withdrawing_asks_once_says_that_it_is_done_and_leaves_nothing(enter: Enter, account: Account) -> None:
    guest = enter().open()
    guest.frame.get_by_label("Name").fill(NAME)
    guest.agree().write(TEXT)
    guest.until(lambda: len(account.tickets()) == 1)
    assert guest.kept()["server"]["local"]
    guest.choose("Withdraw and delete")
    guest.frame.get_by_role("button", name="Keep it").click()
    guest.sees(TEXT)

    guest.choose("Withdraw and delete")
    guest.frame.get_by_role("button", name="Withdraw and delete everything").click()
    expect(guest.frame.get_by_role("heading", name="It is done")).to_be_visible()
    number = guest.frame.locator("code").inner_text()
    assert guest.kept() == {"shop": NOTHING, "server": NOTHING, "jar": []}
    guest.until(lambda: account.rest("GET", f"/erasures/{number}")["state"] == "done")
    assert account.tickets() == []
    assert account.rest("GET", "/contacts")["items"] == []
    assert TEXT not in guest.frame.locator("body").inner_text()
    guest.page.reload()
    guest.open()
    expect(guest.box).not_to_be_checked()


SIZES = ((1366, 625), (1280, 600), (375, 667), (1440, 900))
SEEN = """(boxes) => boxes.every((box) => {
    const { x, y, width, height } = box.getBoundingClientRect();
    const ends = [[x + width * .1, y + height * .2], [x + width * .9, y + height * .8]];
    return ends.every(([x, y]) => box.contains(document.elementFromPoint(x, y)));
})"""


def test_the_box_and_the_button_are_in_sight_without_scrolling(enter: Enter, account: Account) -> None:
    publish(account)
    for locale in LOCALES:
        for width, height in SIZES:
            guest = enter(None, {"locale": locale}, viewport={"width": width, "height": height}).open()
            seen = guest.frame.locator("#purpose-chat, consent-notice .primary, footer .box label")
            assert seen.evaluate_all(SEEN), (locale, width, height)
            tops = [each.bounding_box() for each in guest.frame.locator(".links a").all()]
            assert len({each and each["y"] for each in tops}) == 1, (locale, width, height)
            for field in guest.frame.locator(".field input").all():
                field.focus()
                assert field.evaluate(f"(field) => ({SEEN})([field])"), (locale, width, height)
            guest.context.close()


MARK = "localStorage.setItem('{name}', 'agreed')"


def test_after_agreeing_and_only_then_the_next_page_learns_of_an_answer(enter: Enter, account: Account) -> None:
    watch = Watch()
    guest = enter(watch).open()
    guest.agree().write(TEXT)
    guest.until(lambda: len(account.tickets()) == 1)
    assert guest.kept()["shop"] == NOTHING | {"local": {f"lethe:{account.site}": "agreed"}}
    for count in (1, 2):
        guest.page.reload()
        expect(guest.button).to_be_visible()
        expect(guest.page.locator("lethe-chat iframe")).to_be_hidden()
        account.rest(
            "POST", f"/tickets/{account.tickets()[0]['number']}/messages", {"id": str(uuid4()), "text": "It is"}
        )
        expect(guest.page.locator("lethe-chat span")).to_have_text(str(count))
        expect(guest.button).to_have_accessible_name(re.compile(f"{count} new message"))
        assert guest.page.evaluate("document.activeElement.localName") == "body"
    guest.open()
    guest.sees(TEXT, "It is", "It is")
    expect(guest.text).to_be_focused()

    account.publish("We now keep it for a year.")
    expect(guest.frame.get_by_role("heading", name="The notice has changed")).to_be_visible()
    guest.until(lambda: guest.kept()["shop"] == NOTHING)
    guest.box.check()
    guest.frame.get_by_role("button", name="Agree and go on").click()
    guest.until(lambda: guest.kept()["shop"] != NOTHING)
    guest.choose("Withdraw and delete")
    guest.frame.get_by_role("button", name="Withdraw and delete everything").click()
    expect(guest.frame.get_by_role("heading", name="It is done")).to_be_visible()
    guest.until(lambda: guest.kept()["shop"] == NOTHING)
    _quiet(guest, watch)


@pytest.mark.parametrize("name", ["lethe", "lethe:", "lethe:site_another", "agreed"])
def test_no_other_mark_loads_the_chat(enter: Enter, name: str) -> None:
    watch = Watch()
    guest = enter(watch)
    guest.page.evaluate(MARK.format(name=name))
    _quiet(guest, watch)


def test_a_mark_without_an_agreement_goes(enter: Enter, account: Account) -> None:
    watch = Watch()
    guest = enter(watch)
    guest.page.evaluate(MARK.format(name=f"lethe:{account.site}"))
    guest.page.reload()
    guest.until(lambda: guest.page.evaluate(KEPT) == NOTHING)
    assert watch.sockets == []
    _quiet(guest, watch)


def _quiet(guest: Guest, watch: Watch) -> None:
    """The next page makes one request for the button, and no other."""
    watch.requests.clear()
    guest.page.reload()
    expect(guest.button).to_be_visible()
    guest.page.wait_for_timeout(300)
    assert [each for each in watch.requests if "/widget" in each] == [f"GET {guest.account.lethe.origin}/widget.js"]


def test_receipt_and_transcript_are_there_to_take_away(enter: Enter, account: Account, tmp_path: Path) -> None:
    guest = enter().open().agree().write(TEXT)
    guest.sees(TEXT)
    guest.until(lambda: len(account.tickets()) == 1)
    guest.choose("My consent receipt")
    expect(guest.frame.locator("plain-page")).to_contain_text("version 1 of the notice")
    saved = _saved(
        guest, lambda: guest.frame.get_by_role("button", name="Download the signed receipt").click(), tmp_path
    )
    signed: dict[str, Any] = json.loads(saved)
    assert signed["receipt"]["consent"] == {"chat": True, "spam_training": False}
    assert signed["receipt"]["widget_build"].startswith("lethe-widget ")
    guest.frame.get_by_role("button", name="Back").click()
    assert TEXT in _saved(guest, lambda: guest.choose("Download transcript"), tmp_path)


def _saved(guest: Guest, act: Callable[[], None], folder: Path) -> str:
    with guest.page.expect_download() as coming:
        act()
    path = folder / coming.value.suggested_filename
    coming.value.save_as(path)
    return path.read_text("utf-8")


def test_a_site_with_no_notice_asks_for_nothing(enter: Enter, account: Account, lethe: Lethe) -> None:
    other = lethe.perform(lambda services: _without_notice(services, account.origin))
    account.site = other
    guest = enter().open()
    expect(guest.frame.get_by_role("heading", name="This chat is not open yet")).to_be_visible()
    assert guest.frame.locator("input").count() == 0
    expect(guest.frame.locator("header .name")).to_have_text("Unready")
    expect(guest.frame.locator("header .presence")).to_be_hidden()  # no word of answers that nobody can ask for


async def _without_notice(services: Services, origin: str) -> str:
    made = await accounts.init(services, "Unready", f"unready-{time.monotonic_ns()}@acme.example", None, [origin])
    return made.site_key


def test_a_server_that_is_down_is_said_and_tried_again(enter: Enter, account: Account) -> None:
    def unreachable(page: Page) -> None:
        page.route("**/config?*", lambda route: route.abort())

    guest = enter(unreachable)
    guest.button.click()
    expect(guest.frame.get_by_text("The chat cannot be reached right now")).to_be_visible()
    guest.page.unroute("**/config?*")
    guest.frame.get_by_role("button", name="Try again").click()
    expect(guest.box).to_be_visible()
    assert account.rest("GET", "/contacts")["items"] == []
