"""Agreeing in a real browser, over lines that lose answers and in several windows: one contact, and none is left."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Request, Route, expect

from chat.erasure.actions import erasure
from tests.cable import Cable
from tests.lethe import Account, Lethe
from tests.walks.shop import KEPT, NOTHING, Enter, Guest, Shop
from tests.walks.test_canary import withdrawn

EMAIL = "zoe@x.example"
CHANGES = ("POST", "DELETE")


@pytest.fixture
def far(enter: Enter, account: Account, shop: Shop, cable: Cable) -> Guest:
    """Somebody whose frame comes through the cable, asked and with an address filled in."""
    guest = enter()
    shop.embed_from(cable.origin, account)
    guest.page.reload()
    guest.open()
    guest.frame.locator("#email").fill(EMAIL)
    guest.box.check()
    return guest


def start(guest: Guest) -> None:
    """Presses the button."""
    guest.frame.locator("consent-notice .primary").click()


def named(account: Account) -> list[Any]:
    """The contacts with the address."""
    found: list[Any] = account.rest("GET", f"/contacts?email={quote(EMAIL)}")["items"]
    return found


def forgotten(guest: Guest, account: Account, lethe: Lethe) -> None:
    """Withdraws; then nothing is left of anybody."""
    withdrawn(guest)
    lethe.perform(erasure.sweep)
    assert named(account) == []
    assert account.rest("GET", "/contacts")["items"] == []


def test_an_answer_that_was_lost_leaves_nobody_behind(far: Guest, account: Account, lethe: Lethe, cable: Cable) -> None:
    cable.mute = b"/sessions"
    for tries in (1, 2):
        start(far)
        expect(far.frame.locator("consent-notice .message")).to_contain_text("cannot be reached")
        assert cable.cut >= tries
    assert len(named(account)) == 1
    cable.mute = b""
    start(far)
    expect(far.text).to_be_visible()
    forgotten(far, account, lethe)


def refusing(status: int, body: str, *, before: bool) -> Callable[[Route], None]:
    """Answers the first agreement so; `before` the server has heard of it, or after."""
    done: list[Route] = []

    def answer(route: Route) -> None:
        if done or route.request.method != "POST":
            route.continue_()
            return
        done.append(route)
        if not before:
            assert route.fetch().status == 201
        route.fulfill(status=status, body=body, content_type="application/problem+json")

    return answer


@pytest.mark.parametrize("before", [True, False])
@pytest.mark.parametrize("status", [500, 502, 503, 504, 408])
def test_a_proxy_that_answers_in_the_servers_place_leaves_nobody_behind(
    enter: Enter, account: Account, lethe: Lethe, status: int, *, before: bool
) -> None:
    guest = enter().open()
    guest.frame.locator("#email").fill(EMAIL)
    guest.page.route("**/sessions", refusing(status, "<h1>no</h1>", before=before))
    guest.box.check()
    start(guest)
    expect(guest.frame.locator("consent-notice .message")).not_to_have_text("")
    guest.frame.locator("#email").fill(EMAIL.upper())
    start(guest)
    expect(guest.text).to_be_visible()
    assert len(account.rest("GET", "/contacts")["items"]) == 1
    forgotten(guest, account, lethe)


def test_before_the_yes_the_id_is_in_no_storage(far: Guest, account: Account, cable: Cable) -> None:
    cable.down = True
    cable.pull()
    start(far)
    expect(far.frame.locator("consent-notice .message")).to_contain_text("cannot be reached")
    inside = next(frame for frame in far.page.frames if frame.url.startswith(cable.origin))
    assert inside.evaluate(KEPT) == NOTHING
    assert account.rest("GET", "/contacts")["items"] == []


def holding(guest: Guest) -> list[Route]:
    """The agreements that this window has sent and that have not left the browser."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "POST":
            held.append(route)
        else:
            route.continue_()

    guest.page.route("**/sessions", hold)
    return held


def test_two_windows_are_one_visitor(enter: Enter, account: Account, lethe: Lethe) -> None:
    guest = enter().open()
    other = Guest(guest.context.new_page(), account)
    other.page.goto(guest.page.url)
    other.open()
    for each in (guest, other):
        each.frame.locator("#email").fill(EMAIL)
    held = holding(guest)
    guest.box.check()
    start(guest)
    guest.until(lambda: len(held) == 1)
    other.agree()
    expect(guest.text).to_be_visible()  # of itself: the other window has agreed
    held[0].continue_()
    other.write("From the other")
    guest.sees("From the other")
    guest.until(lambda: len(account.rest("GET", "/contacts")["items"]) == 1)
    forgotten(guest, account, lethe)


def at_once(*guests: Guest) -> None:
    """Presses the button in every window at the same moment."""
    buttons = [each.frame.locator("consent-notice .primary") for each in guests]
    for each in buttons:
        each.evaluate("button => { new BroadcastChannel('go').onmessage = () => button.click(); }")
    buttons[0].evaluate("() => new BroadcastChannel('go').postMessage(true)")


def together(enter: Enter, account: Account, windows: int = 2, script: str = "") -> tuple[list[Guest], list[Request]]:
    """Windows of one visitor, each ready to agree with a name of its own; and what they will have sent."""
    guest = enter(lambda page: page.context.add_init_script(script)).open()
    sent: list[Request] = []
    guest.context.on("request", lambda request: sent.append(request) if request.method in CHANGES else None)
    guests = [guest, *(Guest(guest.context.new_page(), account) for _ in range(windows - 1))]
    for number, each in enumerate(guests):
        if number:
            each.page.goto(guest.page.url)
            each.open()
        each.frame.locator("#name").fill(f"Zoe {number}")
        each.box.check()
    return guests, sent


def methods(sent: list[Request]) -> list[str]:
    """What was done about agreements."""
    return [each.method for each in sent if each.url.endswith("/sessions")]


def one_chat(guests: list[Guest], account: Account) -> None:
    """All of them are in one chat, of the only contact there is."""
    for each in guests:
        expect(each.text).to_be_visible()
    guests[0].until(lambda: len(account.rest("GET", "/contacts")["items"]) == 1)
    guests[0].write("From the first")
    for each in guests:
        each.sees("From the first")


@pytest.mark.parametrize("windows", [2, 3])
@pytest.mark.parametrize("_", range(2))
def test_windows_that_agree_at_once_agree_once(enter: Enter, account: Account, windows: int, _: int) -> None:
    guests, sent = together(enter, account, windows)
    at_once(*guests)
    one_chat(guests, account)
    assert set(methods(sent)) == {"POST"}


REFUSED = "throw new DOMException('', 'SecurityError');"
LOCKLESS = {
    "a page without TLS": "delete Navigator.prototype.locks;",
    "locks that are denied": f"LockManager.prototype.request = async () => {{ {REFUSED} }};",
    "a lock that another keeps": "navigator.locks.request('lethe:SITE', () => new Promise(() => {}));",
}


@pytest.mark.parametrize("why", LOCKLESS)
def test_without_locks_the_second_contact_is_taken_back(enter: Enter, account: Account, lethe: Lethe, why: str) -> None:
    guests, sent = together(enter, account, script=LOCKLESS[why].replace("SITE", account.site))
    held = holding(guests[0])
    start(guests[0])
    guests[0].until(lambda: len(held) == 1)
    start(guests[1])
    expect(guests[0].text).to_be_visible()
    held[0].continue_()
    one_chat(guests, account)
    assert methods(sent) == ["POST", "POST", "DELETE"]
    forgotten(guests[0], account, lethe)


def test_an_answer_lost_before_another_window_agreed_leaves_nobody_behind(
    far: Guest, account: Account, lethe: Lethe, cable: Cable
) -> None:
    cable.mute = b"/sessions"
    start(far)
    expect(far.frame.locator("consent-notice .message")).to_contain_text("cannot be reached")
    assert len(named(account)) == 1
    cable.mute = b""
    other = Guest(far.context.new_page(), account)
    other.page.goto(far.page.url)
    other.open().agree()
    one_chat([far, other], account)
    forgotten(far, account, lethe)


def test_a_refusal_is_an_answer(enter: Enter, account: Account) -> None:
    guests, sent = together(enter, account)
    problem = '{"code":"invalid_field","status":422,"detail":"no","field":"name"}'
    guests[0].page.route("**/sessions", refusing(422, problem, before=True))
    start(guests[0])
    expect(guests[0].frame.locator("#name-wrong")).not_to_have_text("")
    start(guests[1])
    one_chat(guests, account)
    assert methods(sent) == ["POST", "POST"]


def test_six_clicks_are_one(enter: Enter, account: Account) -> None:
    guest = enter().open()
    sent: list[str] = []
    guest.page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    guest.box.check()
    guest.frame.locator("consent-notice .primary").evaluate("button => { for (let n = 0; n < 6; n++) button.click(); }")
    expect(guest.text).to_be_visible()
    assert len(sent) == 1
    assert len(account.rest("GET", "/contacts")["items"]) == 1


def test_a_busy_network_learns_so_in_minutes_and_loses_nothing(enter: Enter, account: Account) -> None:
    guest = enter().open()
    guest.frame.locator("#email").fill(EMAIL)
    problem = '{"code":"rate_limited","status":429,"detail":"wait","retry_after":436}'
    guest.page.route("**/sessions", refusing(429, problem, before=True))
    guest.box.check()
    start(guest)
    refusal = guest.frame.locator("consent-notice .message")
    expect(refusal).to_contain_text("Many people are writing from your network")
    expect(refusal).to_contain_text("in 8 minutes")
    expect(guest.frame.locator("#email")).to_have_value(EMAIL)
    expect(guest.box).to_be_checked()
    start(guest)
    expect(guest.text).to_be_visible()
    assert [each["email"] for each in account.rest("GET", "/contacts")["items"]] == [EMAIL]
