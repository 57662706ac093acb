"""A passkey in a real browser, on a device of its own making: by keyboard alone, from the first to its end."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.agent import session, sign_in
from tests.demo import Demo
from tests.visitor import Visitor
from tests.walks.conftest import OpenPage
from tests.walks.test_accessible import found
from tests.walks.test_factors import reach
from tests.walks.test_step_up import age

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def named(own_demo: Demo) -> Iterator[Demo]:
    """A demo that is reached by a name: passkeys are for no address."""
    numbered = own_demo.server
    own_demo.server = numbered.replace("127.0.0.1", "localhost")
    yield own_demo
    own_demo.server = numbered


def press(page: Page, name: str) -> None:
    """Go by Tab to a button of this name, and press it."""
    reach(page, name)
    page.keyboard.press("Enter")


def begin(page: Page, demo: Demo) -> None:
    """Come anew to where one signs in."""
    page.context.clear_cookies()
    page.goto(f"{demo.server}/signin")


def again(page: Page, demo: Demo) -> None:
    """Ask for an erasure in the inbox, too late; show the passkey in the dialog that asks."""
    with Visitor(demo, "Zoe") as visitor:
        number = visitor.say("Hello")["ticket"]
    page.goto(f"{demo.server}/inbox/open/{number}")
    page.get_by_role("button", name="Erase…").press("Enter")
    age(demo)
    page.get_by_role("dialog").get_by_role("button", name="Erase").press("Enter")
    dialog = page.get_by_role("dialog", name="Show that it is you")
    expect(dialog.get_by_label("Password")).to_be_focused()
    assert found(page) == []
    press(page, "Use a passkey")
    expect(dialog).to_have_count(0)
    expect(page.get_by_text("The erasure is on its way")).to_be_visible()


def test_a_passkey_from_its_first_day_to_its_last(named: Demo, open_page: OpenPage) -> None:
    state = session(named)
    for each in state["cookies"]:
        each["domain"] = "localhost"
    page = open_page("about:blank", storage_state=state, locale="en-GB", viewport={"width": 1440, "height": 900})
    devices = page.context.new_cdp_session(page)
    devices.send("WebAuthn.enable")
    device = devices.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    page.goto(f"{named.server}/second-factor")
    reach(page, "Name of a new passkey")
    page.keyboard.type("My laptop")
    press(page, "Add a passkey")
    expect(page.locator(".recovery-codes")).to_be_visible()
    press(page, "I have kept them")
    expect(page.get_by_text("Not used yet.")).to_be_visible()
    assert found(page) == []

    begin(page, named)
    assert found(page) == []
    devices.send("WebAuthn.setUserVerified", device | {"isUserVerified": False})
    press(page, "Sign in with a passkey")
    expect(page.get_by_text("No passkey was shown.")).to_be_visible()
    devices.send("WebAuthn.setUserVerified", device | {"isUserVerified": True})
    press(page, "Sign in with a passkey")
    expect(page).to_have_url(re.compile("/inbox"))

    begin(page, named)
    sign_in(page, named)
    expect(page.get_by_label("Code")).to_be_focused()
    assert found(page) == []
    press(page, "Use a passkey")
    expect(page).to_have_url(re.compile("/inbox"))
    again(page, named)

    age(named)
    page.goto(f"{named.server}/second-factor")
    expect(page.get_by_role("heading", name="Show that it is you")).to_be_visible()
    assert found(page) == []
    press(page, "Use a passkey")
    expect(page.get_by_role("heading", name="Passkeys")).to_be_visible()
    press(page, "Remove")
    page.keyboard.press("Tab")
    press(page, "Remove")
    expect(page.get_by_role("status")).to_have_text("The second factor is off.")

    # The device has it still, and the server does not know it any more.
    begin(page, named)
    press(page, "Sign in with a passkey")
    expect(page.get_by_role("alert").first).to_contain_text("This passkey was not accepted")
