"""Signing in and the owner's pages in a real browser: what they change, whom they let in, what they say."""

import re

import httpx2
import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from tests.agent import session, sign_in, signed_in
from tests.demo import Demo
from tests.visitor import Visitor
from tests.walks.conftest import OpenPage

ENGLISH = {"locale": "en-GB"}
OWN = "seven lamps over quiet water"
WRONG = (
    "The e-mail or the password is not right. "
    "Where your organisation allows certain networks only, sign in from one of them."
)


@pytest.fixture
def owned(own_demo: Demo) -> StorageState:
    """The owner's cookies at a demo of this walk's own."""
    return session(own_demo)


def test_who_is_not_signed_in_is_asked_to_and_led_back(open_page: OpenPage, demo: Demo) -> None:
    page = open_page(f"{demo.server}/inbox/solved", **ENGLISH)
    expect(page).to_have_url(f"{demo.server}/signin?next=/inbox/solved")
    sign_in(page, demo, password="not the password")
    expect(page.get_by_role("alert")).to_have_text(WRONG)
    expect(page.locator("#email")).to_have_value(demo.email)
    sign_in(page, demo)
    expect(page.get_by_role("status")).to_contain_text("to sign in as you")
    page.get_by_role("link", name="Go on").click()
    expect(page).to_have_url(f"{demo.server}/inbox/solved")


def test_signing_out_ends_the_session(own_demo: Demo, open_page: OpenPage, browser: Browser) -> None:
    state = signed_in(browser, own_demo)
    page = open_page(f"{own_demo.server}/inbox", storage_state=state, **ENGLISH)
    page.locator(".me summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/signin"))
    again = open_page(f"{own_demo.server}/inbox", storage_state=state, **ENGLISH)
    expect(again).to_have_url(re.compile("/signin"))


def test_too_many_attempts_have_to_wait(own_demo: Demo, open_page: OpenPage) -> None:
    page = open_page(f"{own_demo.server}/signin", **ENGLISH)
    for _ in range(11):
        sign_in(page, own_demo, password="guess")
        page.wait_for_load_state()
    expect(page.get_by_role("alert")).to_contain_text("Too many attempts")


def test_the_site_changes_as_the_owner_says(own_demo: Demo, open_page: OpenPage, owned: StorageState) -> None:
    page = open_page(f"{own_demo.server}/admin/site", storage_state=owned, **ENGLISH)
    expect(page.locator("pre")).to_contain_text(f'data-site="{own_demo.site_key}"')
    page.get_by_role("textbox", name="Name").fill("Clay & <Fern>")
    page.get_by_label("Origins").fill(f"{own_demo.shop}\nhttps://clay.example/shop")
    page.get_by_label("Colour").fill("#b4541f")
    page.locator("input[name=field_email][value=off]").check(force=True)
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#origins-error")).to_contain_text("must be an origin")
    expect(page.get_by_role("textbox", name="Name")).to_have_value("Clay & <Fern>")
    expect(page.get_by_label("Colour")).to_have_value("#b4541f")

    page.get_by_label("Origins").fill(f"{own_demo.shop}\nhttps://clay.example")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".notice")).to_contain_text("Saved")
    config = httpx2.get(f"{own_demo.server}/widget/{own_demo.site_key}/config").json()
    assert config["site"]["name"] == "Clay & <Fern>"
    assert config["site"]["color"] == "#b4541f"
    assert [each["id"] for each in config["fields"]] == ["name"]


def test_a_new_notice_asks_every_running_chat_again(own_demo: Demo, open_page: OpenPage, owned: StorageState) -> None:
    with Visitor(own_demo, "Zoe") as visitor:
        visitor.say("Hello")
        page = open_page(f"{own_demo.server}/admin/notice", storage_state=owned, **ENGLISH)
        expect(page.get_by_text("Version 1 is live")).to_be_visible()
        english = page.locator("[id='en.text']")
        english.fill("We read what you write, and answer.")
        preview = page.locator("notice-preview:visible")
        expect(preview).to_contain_text("We read what you write, and answer.")
        assert page.locator("input[type=checkbox]").count() == 0
        page.get_by_label("Address of your privacy page").fill("nowhere")
        page.get_by_role("button", name="Publish version 2").click()
        expect(page.locator("#privacy_url-error")).to_be_visible()
        expect(english).to_have_value("We read what you write, and answer.")
        page.get_by_label("Address of your privacy page").fill("https://clay.example/privacy")
        page.get_by_role("button", name="Publish version 2").click()
        expect(page.locator(".change").first).to_contain_text("and for nothing else")
        expect(page.locator(".change").first).to_contain_text("We read what you write, and answer.")
        expect(page.get_by_text("1 chat is running.")).to_be_visible()
        page.get_by_role("button", name="Back to writing").click()
        expect(english).to_have_value("We read what you write, and answer.")
        page.get_by_role("button", name="Publish version 2").click()
        page.get_by_role("button", name="Publish and ask again").click()
        expect(page.get_by_text("Version 2 is live")).to_be_visible()
        assert visitor.wait_for("consent_required")["notice"]["version"] == 2
        page.get_by_role("button", name="Publish version 3").click()
        expect(page.get_by_text("Nothing differs from the version that is live")).to_be_visible()
        expect(page.get_by_text("Version 2 is live")).to_be_visible()
    page.get_by_text("Version 1", exact=True).click()
    expect(page.get_by_text("and for nothing else").first).to_be_visible()


def test_a_deactivated_agent_is_out_at_once(
    own_demo: Demo, open_page: OpenPage, browser: Browser, owned: StorageState
) -> None:
    page = open_page(f"{own_demo.server}/admin/agents", storage_state=owned, **ENGLISH)
    _join(page, "Mara Vlachou", "mara@demo.example", open_page)
    mara = signed_in(browser, own_demo, "mara@demo.example", OWN)
    working = open_page(f"{own_demo.server}/inbox", storage_state=mara, **ENGLISH)
    expect(working.locator("presence-switch")).to_contain_text("Online")
    expect(working.get_by_role("link", name="Agents")).to_have_count(0)

    page.get_by_role("button", name="Deactivate").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Deactivate Mara Vlachou?")
    dialog.get_by_role("button", name="Deactivate").click()
    expect(page.get_by_role("row", name="Mara Vlachou")).to_contain_text("deactivated")
    expect(working).to_have_url(re.compile("/signin"))
    sign_in(working, own_demo, "mara@demo.example", OWN)
    expect(working.get_by_role("alert")).to_have_text(WRONG)


def test_an_agent_who_does_not_manage_is_kept_out_of_the_owners_pages(
    own_demo: Demo, open_page: OpenPage, browser: Browser, owned: StorageState
) -> None:
    page = open_page(f"{own_demo.server}/admin/agents", storage_state=owned, **ENGLISH)
    _join(page, "Nikos", "nikos@demo.example", open_page)
    state = signed_in(browser, own_demo, "nikos@demo.example", OWN)
    for path in ("site", "notice", "agents"):
        kept_out = open_page(f"{own_demo.server}/admin/{path}", storage_state=state, **ENGLISH)
        expect(kept_out.get_by_role("heading")).to_have_text("This is not allowed")


def test_an_address_that_is_taken_is_refused_and_what_was_typed_stays(
    open_page: OpenPage, demo: Demo, owner: StorageState
) -> None:
    page = open_page(f"{demo.server}/admin/agents", storage_state=owner, **ENGLISH)
    page.get_by_label("E-mail").fill(demo.email)
    page.get_by_label("Role").select_option("admin")
    page.get_by_role("button", name="Invite", exact=True).click()
    expect(page.locator("#email-error")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_have_value(demo.email)
    expect(page.get_by_label("Role")).to_have_value("admin")


def test_a_form_without_this_sessions_mark_changes_nothing(
    open_page: OpenPage, demo: Demo, owner: StorageState
) -> None:
    page = open_page(f"{demo.server}/admin/agents", storage_state=owner, **ENGLISH)
    page.get_by_label("E-mail").fill("forged@demo.example")
    page.evaluate("document.querySelector('form.card [name=csrf]').value = 'forged'")
    page.get_by_role("button", name="Invite", exact=True).click()
    expect(page.get_by_role("heading")).to_have_text("This is not allowed")
    assert "forged@demo.example" not in str(demo.api("GET", "/invitations"))


def test_language_and_theme_are_kept(open_page: OpenPage, demo: Demo, owner: StorageState) -> None:
    page = open_page(f"{demo.server}/admin/site", storage_state=owner, **ENGLISH)
    page.locator(".me summary").click()
    page.get_by_label("Dark").check()
    page.get_by_role("link", name="Ελληνικά").click()
    expect(page.locator("html")).to_have_attribute("lang", "el")
    page.goto(f"{demo.server}/inbox/pending")
    expect(page.get_by_role("heading", level=1)).to_have_text("Εισερχόμενα")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"


def _join(page: Page, name: str, email: str, open_page: OpenPage) -> None:
    """Invite an agent by the form, and accept in a browser of theirs."""
    address = page.url
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("button", name="Invite", exact=True).click()
    joining = open_page(page.locator(".secret").inner_text(), **ENGLISH)
    joining.get_by_label("Your name").fill(name)
    joining.locator("#password").fill(OWN)
    joining.locator("#again").fill(OWN)
    joining.get_by_role("button", name="Join").click()
    joining.wait_for_url("**/inbox*")
    page.goto(address)
