"""The contact's card by keyboard alone: what is wrong is said beside its field, and the list follows at once."""

import pytest
from playwright.sync_api import Page, expect

from tests.agent import session
from tests.demo import Demo
from tests.visitor import Visitor
from tests.walks.conftest import OpenPage
from tests.walks.test_accessible import found
from tests.walks.test_profile import focus

WIDE = {"width": 1400, "height": 900}


@pytest.fixture
def card(own_demo: Demo, open_page: OpenPage) -> Page:
    """The inbox in Greek, with a contact who is there."""
    with Visitor(own_demo, "Adda", email="ad@visitor.example") as visitor:
        number = visitor.say("Where is my parcel?")["ticket"]
    page = open_page("about:blank", storage_state=session(own_demo), locale="el-GR", viewport=WIDE)
    page.goto(f"{own_demo.server}/inbox/open/{number}")
    expect(page.locator("contact-card")).to_contain_text("ad@visitor.example")
    return page


def test_a_contact_is_corrected_by_keyboard(card: Page) -> None:
    page = card
    focus(page, page.get_by_role("button", name="Διόρθωση…"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    focus(page, page.locator("#correct-email"))
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("ada at home")
    page.keyboard.press("Enter")
    expect(page.locator("#correct-email-error")).to_have_text("Δώστε ολόκληρη διεύθυνση, όπως ada@shop.example.")
    expect(page.locator("#correct-email")).to_be_focused()
    expect(page.locator("#correct-email")).to_have_value("ada at home")
    assert found(page) == []
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("ada@visitor.example")
    focus(page, page.locator("#correct-name"))
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("Ada Κρήτη")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_role("button", name="Διόρθωση…")).to_be_focused()
    expect(page.locator("contact-card")).to_contain_text("ada@visitor.example")
    expect(page.locator("ticket-list")).to_contain_text("Ada Κρήτη")


def test_two_contacts_are_taken_for_one_person_by_keyboard(own_demo: Demo, card: Page) -> None:
    page = card
    with Visitor(own_demo, "Ada L.", email="al@visitor.example") as visitor:
        visitor.say("From my desk")
    focus(page, page.get_by_role("link", name="Ίδιο πρόσωπο με…"))
    page.keyboard.press("Enter")
    page.wait_for_url("**/merge")
    focus(page, page.locator("#other"))
    page.keyboard.type("ad@visitor.example")
    page.keyboard.press("Enter")
    expect(page.locator("#other-error")).to_be_visible()
    expect(page.locator("#other")).to_have_value("ad@visitor.example")
    focus(page, page.locator("#other"))
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("al@visitor.example")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Ada L.")).to_be_visible()
    assert found(page) == []
    page.set_viewport_size({"width": 320, "height": 800})
    page.emulate_media(color_scheme="dark")
    assert found(page) == []
    focus(page, page.get_by_role("button", name="Ένωση σε ένα πρόσωπο"))
    page.keyboard.press("Enter")
    expect(page.locator("contact-profile")).to_contain_text("ad@visitor.example")
    (one,) = own_demo.api("GET", "/contacts?email=al@visitor.example")["items"]
    assert one["email"] == "ad@visitor.example"
