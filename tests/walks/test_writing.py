"""Writing, in the widget and in the inbox: the keys of input methods, half characters, counting, and no TLS."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, Locator, Page, expect

from tests import browser as chromium
from tests.lethe import Account, Lethe
from tests.walks.shop import Enter, Guest
from tests.walks.test_widget_chat import beside, numbered, stored
from tests.walks.test_widget_refusals import broken

PRESS = """(box, {key, how}) =>
    box.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true, ...how}))"""
COMPOSING: dict[str, dict[str, Any]] = {"composing": {"isComposing": True}, "safari's": {"keyCode": 229}}
SHIELD = "event.isComposing || event.keyCode === 229"
PLAIN: dict[str, Any] = {"keyCode": 13}
HALVES = ("I like \ud83d", "\udc00", "\ud83d\ud83d\ude00", "\ude00\ud83d", "a\udfffb\ud800c")


def press(box: Locator, key: str, how: dict[str, Any]) -> None:
    """Presses a key as an input method (or `PLAIN`, nobody) would."""
    box.evaluate(PRESS, {"key": key, "how": how})


def typed(box: Locator, *units: int) -> None:
    """Puts UTF-16 units into a box, whole characters or not; the driver itself speaks UTF-8 only."""
    box.evaluate(
        """(box, units) => {
            box.value = String.fromCharCode(...units);
            box.dispatchEvent(new Event("input", {bubbles: true}));
        }""",
        list(units),
    )


def has_stored(account: Account, number: int, count: int) -> bool:
    """Whether so many messages are stored."""
    return len(stored(account, number)) == count


def units(text: str) -> list[int]:
    """The UTF-16 units of a text, half pairs as they are."""
    data = text.encode("utf-16-le", "surrogatepass")
    return [int.from_bytes(data[at : at + 2], "little") for at in range(0, len(data), 2)]


@pytest.fixture
def guest(enter: Enter) -> Guest:
    """Somebody who has agreed."""
    return enter().open().agree()


@pytest.mark.parametrize("how", COMPOSING)
def test_a_key_of_an_input_method_neither_sends_nor_closes(guest: Guest, account: Account, how: str) -> None:
    guest.write("First")
    number = numbered(guest)
    inbox = beside(guest, account, number)
    note = inbox.locator("message-composer textarea")
    expect(inbox.locator("ticket-transcript .bubble")).to_have_count(1)
    for box in (guest.text, note):
        box.fill("にほ")
        for key in ("Enter", "Escape"):
            press(box, key, COMPOSING[how])
        expect(box).to_have_value("にほ")
    expect(guest.text).to_be_visible()
    expect(note).to_be_focused()
    inbox.locator("details.menu summary").last.click()
    press(inbox.locator("details.menu[open] summary"), "Escape", COMPOSING[how])
    expect(inbox.locator("details.menu[open]")).to_have_count(1)
    assert stored(account, number) == [(1, "First")]


def test_the_same_keys_without_an_input_method_send_and_close(guest: Guest, account: Account) -> None:
    guest.write("First")
    number = numbered(guest)
    inbox = beside(guest, account, number)
    expect(inbox.locator("ticket-transcript .bubble")).to_have_count(1)
    for box, text in ((guest.text, "二"), (inbox.locator("message-composer textarea"), "三")):
        box.fill(text)
        press(box, "Enter", PLAIN)
        expect(box).to_have_value("")
    guest.sees("First", "二", "三")
    inbox.locator("details.menu summary").last.click()
    press(inbox.locator("details.menu[open] summary"), "Escape", PLAIN)
    expect(inbox.locator("details.menu[open]")).to_have_count(0)
    press(guest.text, "Escape", PLAIN)
    expect(guest.text).to_be_hidden()


@pytest.mark.parametrize("how", COMPOSING)
def test_without_its_shield_the_widget_sends_such_a_key(enter: Enter, account: Account, how: str) -> None:
    def careless(page: Page) -> None:
        broken(page.context, "static/common/writing.js", SHIELD, "event.isComposing && false")

    guest = enter(careless).open().agree()
    guest.text.fill("にほ")
    press(guest.text, "Enter", COMPOSING[how])
    assert stored(account, numbered(guest)) == [(1, "にほ")]


def test_a_composition_in_chromium_itself_sends_nothing(guest: Guest, account: Account) -> None:
    guest.write("First")
    number = numbered(guest)
    devtools = guest.context.new_cdp_session(guest.page)
    guest.text.focus()
    devtools.send("Input.imeSetComposition", {"text": "こん", "selectionStart": 2, "selectionEnd": 2})
    key = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    devtools.send("Input.dispatchKeyEvent", {"type": "keyDown", **key})
    devtools.send("Input.dispatchKeyEvent", {"type": "keyUp", **key})
    expect(guest.text).to_have_value("こん")
    assert stored(account, number) == [(1, "First")]


HELD = {"key": "Escape", "code": "Escape", "windowsVirtualKeyCode": 229}


def asked_why(guest: Guest, account: Account, before: Callable[[BrowserContext], None] = lambda _: None) -> Locator:
    """A dialog in which an agent writes the reason of a hold."""
    guest.write("First")
    inbox = beside(guest, account, numbered(guest), before)
    inbox.get_by_role("button", name="Hold…").click()
    reason = inbox.locator("dialog #hold-reason")
    reason.fill("りゆ")
    return reason


def goes_on(reason: Locator, how: dict[str, Any]) -> bool:
    """Whether an Escape reaches the browser, which closes a dialog by it unless a script prevents it (HTML)."""
    went: bool = reason.evaluate(PRESS, {"key": "Escape", "how": how})
    return went


def test_an_escape_of_an_input_method_closes_no_dialog(guest: Guest, account: Account) -> None:
    reason = asked_why(guest, account)
    assert not any(goes_on(reason, how) for how in COMPOSING.values())
    devtools = reason.page.context.new_cdp_session(reason.page)
    devtools.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **HELD})
    devtools.send("Input.dispatchKeyEvent", {"type": "keyUp", **HELD})
    expect(reason).to_have_value("りゆ")
    assert goes_on(reason, PLAIN)
    reason.page.keyboard.press("Escape")
    expect(reason).to_have_count(0)


def test_without_the_shield_it_would(guest: Guest, account: Account) -> None:
    def careless(context: BrowserContext) -> None:
        broken(context, "static/common/writing.js", SHIELD, "false")

    reason = asked_why(guest, account, careless)
    assert all(goes_on(reason, how) for how in COMPOSING.values())


def test_half_a_character_is_sent_as_a_whole_one(guest: Guest, account: Account) -> None:
    guest.write("First")
    number = numbered(guest)
    reply = beside(guest, account, number).locator("message-composer textarea")
    whole = [text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace") for text in HALVES]
    for box, before in ((guest.text, 1), (reply, 1 + len(HALVES))):
        for place, text in enumerate(HALVES):
            typed(box, *units(text))
            press(box, "Enter", PLAIN)
            guest.until(partial(has_stored, account, number, before + place + 1))
    assert [text for _, text in stored(account, number)] == ["First", *whole, *whole]


def test_an_emoji_is_one_character_for_visitor_agent_and_server(guest: Guest, account: Account) -> None:
    guest.write("😀" * 10_000)
    number = numbered(guest)
    inbox = beside(guest, account, number)
    reply = inbox.locator("message-composer textarea")
    reply.fill(" " + "😀" * 10_001)
    expect(inbox.locator("#composer-hint")).to_have_text("1 character too many.")
    guest.text.fill("😀" * 10_001)
    expect(guest.text).to_have_attribute("aria-invalid", "true")
    reply.fill("😀" * 10_000)
    reply.press("Enter")
    guest.until(lambda: [len(text) for _, text in stored(account, number)] == [10_000, 10_000])


@pytest.fixture
def far(browser: Browser, account: Account) -> Iterator[Page]:
    """The inbox at a name that is not this machine's, over plain HTTP."""
    rules = "--host-resolver-rules=MAP chat.test 127.0.0.1"
    started = browser.browser_type.launch(executable_path=chromium.need(), args=[*chromium.flags(), rules])
    address = f"http://chat.test:{account.lethe.port}"
    name, _, value = account.sign_in().partition("=")
    context = started.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.add_cookies([{"name": name, "value": value, "url": address}])
    page = context.new_page()
    page.goto(f"{address}/inbox/open")
    yield page
    started.close()


def test_over_plain_http_an_agent_answers_and_copies_the_link(far: Page, account: Account, lethe: Lethe) -> None:
    assert far.evaluate("isSecureContext") is False
    with account.contact("Zoe").socket() as visitor:
        visitor.get("welcome")
        number = visitor.post("Hello?")["ticket"]
        far.locator("ticket-list .row").click()
        far.locator("message-composer textarea").fill("Hello!")
        far.locator("message-composer textarea").press("Enter")
        assert visitor.get("message")["text"] == "Hello!"
    far.locator("[data-action=more]").click()
    far.get_by_role("button", name="Copy the link").click()
    expect(far.locator("toast-line")).to_contain_text("Copied")
    far.locator("message-composer textarea").focus()
    far.keyboard.press("Control+V")
    expect(far.locator("message-composer textarea")).to_have_value(f"http://chat.test:{lethe.port}/inbox/open/{number}")


def test_the_same_file_can_be_chosen_twice(guest: Guest) -> None:
    once: FilePayload = {"name": "pot.txt", "mimeType": "text/plain", "buffer": b"a pot"}
    pick = guest.frame.locator("chat-composer input[type=file]")
    for _ in range(2):
        pick.set_input_files([once])
        expect(pick).to_have_value("")  # or the browser would not tell of the same file again
        expect(guest.frame.locator("file-tray")).to_contain_text("pot.txt")
        guest.frame.get_by_role("button", name="Remove pot.txt").click()
        expect(guest.frame.locator("file-tray")).not_to_contain_text("pot.txt")
