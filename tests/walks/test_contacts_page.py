"""The page of contacts: found and read by keyboard in Greek, erased by mouse, and forgotten by whoever looks on."""

import re

from playwright.sync_api import Page, expect

from tests.agent import session
from tests.demo import Demo
from tests.visitor import Visitor
from tests.walks.conftest import OpenPage
from tests.walks.test_accessible import found
from tests.walks.test_profile import focus

WIDE = {"width": 1400, "height": 900}


def contacts(demo: Demo, open_page: OpenPage, locale: str, path: str = "") -> Page:
    page = open_page("about:blank", storage_state=session(demo), locale=locale, viewport=WIDE)
    page.goto(f"{demo.server}/contacts{path}")
    return page


def test_a_contact_is_found_and_read_by_keyboard(own_demo: Demo, open_page: OpenPage) -> None:
    with Visitor(own_demo, "Πηνελόπη Κ.", email="penny@list.example") as visitor:
        number = visitor.say("Where is my parcel?")["ticket"]
    page = contacts(own_demo, open_page, "el-GR")
    page.locator("contact-list .row").first.wait_for()
    page.keyboard.press("/")
    expect(page.locator("contact-list input")).to_be_focused()
    page.keyboard.type("ΠΗΝΕΛΟΠΗ")
    rows = page.locator("contact-list .row[data-contact]")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("penny@list.example")
    assert page.url.endswith("/contacts"), "what is looked for is in no address"
    focus(page, rows)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/contacts/[\w-]+$"))
    profile = page.locator("contact-profile")
    expect(profile).to_contain_text(f"#{number}")
    expect(profile.locator(".profile-title")).to_be_focused()
    assert found(page) == []
    page.set_viewport_size({"width": 320, "height": 800})
    page.emulate_media(color_scheme="dark")
    expect(page.locator("contact-list")).to_be_hidden()
    assert found(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    with page.expect_download() as saved:
        profile.get_by_role("link", name="Αποθήκευση αποδείξεων").click()
    assert "receipt" in saved.value.path().read_text()
    page.keyboard.press("Escape")
    page.wait_for_url(re.compile(r"/contacts$"))
    expect(rows).to_be_focused()
    page.route("**/contacts/search", lambda route: route.abort())
    page.locator("contact-list input").fill("nobody")
    expect(page.locator("contact-list [role=alert]")).to_be_visible()
    page.unroute("**/contacts/search")
    page.get_by_role("button", name="Δοκιμάστε ξανά").click()
    expect(page.locator("contact-list .state-title")).to_have_text("Δεν βρέθηκε κανείς")


def test_who_is_erased_is_gone_from_every_open_page(own_demo: Demo, open_page: OpenPage) -> None:
    with Visitor(own_demo, "Lista Lost", email="lista@list.example") as visitor:
        visitor.say("Erase me")
    (one,) = own_demo.api("GET", "/contacts?email=lista@list.example")["items"]
    page = contacts(own_demo, open_page, "en-GB")
    page.get_by_role("link", name=re.compile("Lista Lost")).click()
    other = contacts(own_demo, open_page, "en-GB", f"/{one['id']}")
    expect(other.locator("contact-profile")).to_contain_text("lista@list.example")
    own_demo.api("PATCH", f"/contacts/{one['id']}", {"name": "Lista Last"})
    for each in (page, other):
        expect(each.locator("contact-profile .profile-title")).to_have_text("Lista Last")
        expect(each.locator(f'contact-list [data-contact="{one["id"]}"]')).to_contain_text("Lista Last")
    page.locator("contact-profile").get_by_role("button", name="Erase…").click()
    page.get_by_role("dialog").get_by_role("button", name="Erase", exact=True).click()
    page.wait_for_url(re.compile(r"/contacts$"))
    for each in (page, other):
        expect(each.locator(f'[data-contact="{one["id"]}"]')).to_have_count(0)
        expect(each.locator("body")).not_to_contain_text("Lista")
    expect(other.locator("contact-profile .state-title")).to_be_visible()
    other.reload()
    expect(other.locator("contact-profile .state-title")).to_contain_text("erased")
