"""Customers who are signed in at the shop: consent first all the same, their chats on each device, nobody else's."""

import hmac
from typing import Any

import pytest
from playwright.sync_api import ConsoleMessage, Page, Request, expect

from tests.agent import session
from tests.demo import Demo
from tests.lethe import Account
from tests.walks.conftest import OpenPage
from tests.walks.shop import NOTHING, Enter, Guest, Shop
from tests.walks.test_accessible import found
from tests.walks.test_programs import NARROW, reach
from tests.walks.test_widget_refusals import broken

ZOE, EVE = "zoe-4711", "eve-0815"


def customer(account: Account, user: str, secret: str = "") -> dict[str, str]:
    """The attributes that the shop's server writes into its page for a customer."""
    secret = secret or account.signs
    return {"user": user, "user_hash": hmac.new(secret.encode(), user.encode(), "sha256").hexdigest()}


class Heard:
    """Whatever a page sends, and what is said in its console."""

    def __init__(self) -> None:
        self.sent, self.said = list[str](), list[str]()

    def __call__(self, page: Page) -> None:
        page.on("request", self._request)
        page.on("console", self._console)

    def _request(self, request: Request) -> None:
        self.sent.append(f"{request.url} {request.post_data or ''} {dict(request.headers)}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.said.append(message.text)


def test_a_customer_agrees_on_each_device_and_leaves_nothing_to_who_comes_next(
    enter: Enter, account: Account, shop: Shop
) -> None:
    site = account.rest("GET", "/sites")["items"][0]["id"]
    account.signs = account.rest("POST", f"/sites/{site}/customer-secrets", {"way": "hash"})["secret"]
    heard = Heard()
    first = enter(heard, customer(account, ZOE)).open()
    expect(first.frame.get_by_text("You are signed in here")).to_be_visible()
    expect(first.box).not_to_be_checked()
    assert not [each for each in heard.sent if "widget" in each and ZOE in each], "nothing of them before they agree"
    first.agree().write("Where is my tall pot?")
    first.sees("Where is my tall pot?")
    assert [each for each in heard.sent if "/sessions" in each and ZOE in each], "the control"

    second = enter(None, customer(account, ZOE)).open()
    expect(second.box).not_to_be_checked()
    second.agree().sees("Where is my tall pot?")
    second.write("And the lid?")
    first.sees("Where is my tall pot?", "And the lid?")
    (contact,) = account.rest("GET", f"/contacts?external_id={ZOE}")["items"]
    assert [each["contact"]["id"] for each in account.tickets()] == [contact["id"]]

    on_page(second, shop, {})
    expect(second.box).to_be_visible()  # nobody is signed in: as if nobody had been here
    expect(second.frame.locator("message-line")).to_have_count(0)
    on_page(second, shop, customer(account, ZOE))
    second.sees("Where is my tall pot?", "And the lid?")
    second.page.evaluate("who => Lethe.identify(who)", {"user": EVE, "hash": customer(account, EVE)["user_hash"]})
    expect(second.box).to_be_visible()
    second.agree().write("I am another")
    second.sees("I am another")
    assert len(account.tickets()) == 2

    first.page.evaluate("Lethe.logout()")
    expect(first.box).to_be_visible()
    expect(first.frame.get_by_text("You are signed in here")).to_be_hidden()
    first.page.reload()
    first.open()
    expect(first.box).to_be_visible()


def others_leave(enter: Enter, account: Account, shop: Shop, *change: str) -> None:
    """
    Where a customer signs out in one window, the others of that browser show the start, and are nobody's: also one
    where they had not agreed, and when their frame loads anew. With a script changed, where a change is given.
    """
    site = account.rest("GET", "/sites")["items"][0]["id"]
    account.signs = account.rest("POST", f"/sites/{site}/customer-secrets", {"way": "hash"})["secret"]
    zoe = customer(account, ZOE)
    first = enter((lambda page: broken(page.context, *change)) if change else None, zoe).open()
    guests = [first, *(Guest(first.context.new_page(), account) for _ in range(2))]
    for each in guests[1:]:
        each.page.goto(first.page.url)
        each.open()
        expect(each.frame.get_by_text("You are signed in here")).to_be_visible()
    first.agree().write("Where is my tall pot?")
    for each in guests:
        each.sees("Where is my tall pot?")
    asking = Guest(first.context.new_page(), account)
    asking.page.goto(shop.embed(account))
    asking.page.evaluate("Lethe.logout()")  # on a page that names nobody
    for each in guests:
        expect(each.box).to_be_visible()
        expect(each.frame.locator("message-line")).to_have_count(0)
        expect(each.frame.get_by_text("You are signed in here")).to_be_hidden()
    assert first.kept() == {"shop": NOTHING, "server": NOTHING, "jar": []}
    _, other, third = guests
    other.agree().write("I am another")
    third.sees("I am another")
    third.page.evaluate("document.querySelector('lethe-chat').remove()")
    third.page.wait_for_timeout(0)
    third.sees("I am another")
    assert len({each["contact"]["id"] for each in account.tickets()}) == 2
    (contact,) = account.rest("GET", f"/contacts?external_id={ZOE}")["items"]
    assert [each["last_seq"] for each in account.tickets() if each["contact"]["id"] == contact["id"]] == [1]


def test_who_signs_out_in_one_window_has_left_them_all(enter: Enter, account: Account, shop: Shop) -> None:
    others_leave(enter, account, shop)


API, LOADER = "widget/visitor-api.js", "widget/loader.js"


@pytest.mark.parametrize(
    "change",
    [
        (API, 'this.#windows?.postMessage("left");', ""),
        (API, "this.identity = this.#kept = null;", "this.#kept = null;"),
    ],
    ids=["said to nobody", "still named there"],
)
def test_the_control_a_window_that_stays_is_found(
    enter: Enter, account: Account, shop: Shop, change: tuple[str, str, str]
) -> None:
    expect.set_options(timeout=1_500)
    try:
        with pytest.raises(AssertionError):
            others_leave(enter, account, shop, *change)
    finally:
        expect.set_options(timeout=None)


def on_page(guest: Guest, shop: Shop, attributes: dict[str, str]) -> None:
    """The same browser on another page of the shop."""
    guest.page.goto(shop.embed(guest.account, **attributes))
    guest.open()


def test_what_does_not_hold_is_said_in_the_console_alone(enter: Enter, account: Account) -> None:
    heard = Heard()
    guest = enter(heard, customer(account, ZOE, "not the secret")).open().agree().write("Hello?")
    guest.sees("Hello?")
    lines = [each for each in heard.said if each.startswith("Lethe:")]
    assert len(lines) == 1
    assert "/admin/customers" in lines[0]
    assert account.rest("GET", f"/contacts?external_id={ZOE}")["items"] == []


def test_a_secret_is_made_and_ended_by_keyboard_alone(own_demo: Demo, open_page: OpenPage) -> None:
    page = open_page(f"{own_demo.server}/admin/customers", storage_state=session(own_demo), **NARROW)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    made: list[Any] = []
    for _ in range(2):
        reach(page, "input[name=way]:checked")
        page.keyboard.press("ArrowDown")
        reach(page, "form .form-actions button")
        page.keyboard.press("Enter")
        made.append(page.locator("code.secret").inner_text())
    assert found(page) == []
    assert len(set(made)) == 2
    expect(page.locator("tbody tr")).to_have_count(2)
    reach(page, "tbody tr:first-child .is-danger-plain")
    page.keyboard.press("Enter")
    reach(page, ".dialog:popover-open button[type=submit]")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Έπαυσε")
    expect(page.locator("tbody tr")).to_have_count(1)
