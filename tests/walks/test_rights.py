"""Your own data in a real browser: the mailed link from asking to certificate; the widget's and agents' buttons."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import httpx2
import pytest
from playwright.sync_api import Page, expect

from chat.account.actions import accounts
from chat.core.model import CustomField
from chat.team.actions import sessions
from tests.lethe import Account, Lethe
from tests.post import Post, taking
from tests.walks.conftest import OpenPage
from tests.walks.shop import Enter
from tests.walks.test_accessible import LOOKS, found

ENGLISH = {"locale": "en-GB"}
ZOE = "zoe@visitor.example"
TEXT = "Where is my fern? zqxjkvlychee"


@dataclass
class House:
    """A server that mails, and an account on it."""

    account: Account
    post: Post

    @property
    def page(self) -> str:
        """The privacy page's address."""
        return f"{self.account.lethe.origin}/privacy/{self.account.site}"

    def visit(self, name: str = "Zoe", email: str = ZOE) -> str:
        """Somebody agrees and writes; the contact's id."""
        guest = self.account.contact(name, email=email)
        with guest.socket() as socket:
            socket.get("welcome")
            socket.post(TEXT)
        return guest.uid

    def asked(self, page: Page) -> str:
        """Ask on the page; the link that is mailed."""
        before = len(self.post.took)
        page.get_by_label("E-mail").fill(ZOE)
        page.get_by_role("button", name="Mail me a link").click()
        expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
        for _ in range(400):
            if links := self.post.links(before):
                return links[-1]
            page.wait_for_timeout(50)
        raise AssertionError("no mail with a link came")

    def sign_in(self, page: Page) -> None:
        """As the owner."""
        page.goto(f"{self.account.lethe.origin}/signin")
        page.fill("#email", self.account.email)
        page.fill("#password", self.account.password)
        page.press("#password", "Enter")
        page.wait_for_url("**/inbox*")


@pytest.fixture(scope="module")
def mailing() -> Iterator[tuple[Lethe, Post]]:
    """A server that mails links which lead to itself."""
    with taking() as post:
        server = Lethe(SMTP_URL=f"smtp://127.0.0.1:{post.port}/?from=chat@acme.example")
        server.environment["LETHE_BASE_URL"] = server.origin
        with server:
            yield server, post


@pytest.fixture
def house(mailing: tuple[Lethe, Post]) -> House:
    """An account of the walk's own."""
    return House(mailing[0].account(), mailing[1])


def download(page: Page, name: str) -> Any:
    """The JSON that a button gives."""
    with page.expect_download() as taken:
        page.get_by_role("button", name=name).click()
    return json.loads(Path(taken.value.path()).read_text())


def test_a_mailed_link_shows_copies_and_erases_once_its_reader_says_so(open_page: OpenPage, house: House) -> None:
    house.visit()
    page = open_page(house.page, **ENGLISH)
    link = house.asked(page)
    for _ in range(3):  # what a mail scanner does
        assert httpx2.get(link).status_code == 200
    page.goto("about:blank")
    page.goto(link)
    expect(page).to_have_url(house.page)
    expect(page.get_by_role("heading", name="Your link is here")).to_be_visible()
    page.get_by_role("button", name="Open what is held on me").click()
    expect(page.get_by_role("heading", name="What is held on you")).to_be_visible()
    expect(page.locator(".rights-counts")).to_contain_text("chat1message1files0consent receipt1")
    with page.expect_download() as taken:
        page.get_by_role("button", name="Download a copy").click()
    with ZipFile(taken.value.path()) as archive:
        assert any(TEXT in archive.read(each).decode("utf-8", "replace") for each in archive.namelist())

    page.get_by_role("button", name="Erase everything…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Erase everything Acme holds on you?")
    expect(dialog).to_contain_text("1 chat, 1 message, 0 files.")
    expect(dialog).to_contain_text("This cannot be undone")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    dialog.get_by_role("button", name="Cancel").click()
    assert house.account.rest("GET", "/contacts")["items"]
    page.get_by_role("button", name="Erase everything…").click()
    page.get_by_role("dialog").get_by_role("button", name="Erase everything").click()
    expect(page.get_by_text("Keep the number")).to_be_visible()
    expect(page.get_by_text("Erased. The certificate is signed.")).to_be_visible(timeout=20_000)
    number = page.locator(".rights-numbers code").inner_text()
    certificate = download(page, "Download the certificate")["certificate"]
    assert (certificate["certificate"], certificate["requested_by"]) == (number, "link")
    assert house.account.rest("GET", "/contacts")["items"] == []

    page.goto("about:blank")
    page.goto(link)
    page.get_by_role("button", name="Open what is held on me").click()
    expect(page.get_by_role("heading", name="This link does not work any more")).to_be_visible()
    expect(page.get_by_label("E-mail")).to_be_visible()


def test_an_unknown_address_is_answered_alike_and_mailed_nothing(open_page: OpenPage, house: House) -> None:
    before = len(house.post.took)
    page = open_page(house.page, **ENGLISH)
    page.get_by_role("button", name="Mail me a link").click()
    expect(page.get_by_role("alert")).to_have_text("Please check this address.")
    page.get_by_label("E-mail").fill("nobody@visitor.example")
    page.get_by_role("button", name="Mail me a link").click()
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    page.wait_for_timeout(500)
    assert len(house.post.took) == before
    assert page.context.cookies() == []
    assert page.evaluate("({...localStorage, ...sessionStorage})") == {}


@pytest.mark.parametrize(
    ("seconds", "english", "greek"), [(5_400, "90 minutes", "90 λεπτά"), (86_399, "24 hours", "24 ώρες")]
)
def test_how_long_to_wait_is_said_as_people_say_it(
    open_page: OpenPage, house: House, seconds: int, english: str, greek: str
) -> None:
    page = open_page("about:blank")
    refusal = {"code": "rate_limited", "retry_after": seconds}
    page.route("**/links", lambda route: route.fulfill(status=429, json=refusal))
    for locale, wait in (("en", english), ("el", greek)):
        page.goto(f"{house.page}?locale={locale}")
        page.fill("#email", ZOE)
        page.locator(".rights-form .is-primary").click()
        expect(page.locator(".alert")).to_have_text(re.compile(rf" {wait}\.$"))


def test_withdrawing_is_offered_apart_where_the_account_leaves_days_between(open_page: OpenPage, house: House) -> None:
    house.account.rest("PATCH", "/account", {"grace_days": 7})
    house.visit()
    page = open_page(house.page, **ENGLISH)
    page.goto(house.asked(page))
    page.reload()
    page.get_by_role("button", name="Open what is held on me").click()
    page.get_by_role("button", name="Withdraw…").click()
    page.get_by_role("dialog").get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("and erases it in 7 days")).to_be_visible()
    expect(page.get_by_text("Waiting to be erased.")).to_be_visible()
    assert house.account.rest("GET", "/contacts")["items"] == []


def test_without_scripts_the_page_says_what_is_needed(open_page: OpenPage, house: House) -> None:
    page = open_page(house.page, java_script_enabled=False, **ENGLISH)
    expect(page.get_by_text("This page needs JavaScript")).to_be_visible()


@pytest.mark.parametrize("look", LOOKS, ids=["light, wide", "dark, narrow"])
def test_axe_finds_nothing_on_the_way(open_page: OpenPage, house: House, look: dict[str, object]) -> None:
    house.visit()
    english = {**look, "locale": "en-GB"}
    page = open_page(f"{house.page}?locale=en", **english)
    assert found(page) == []
    link = house.asked(page)
    assert found(page) == []
    page.goto("about:blank")
    page.goto(link)
    assert found(page) == []
    page.get_by_role("button", name="Open what is held on me").click()
    expect(page.locator(".rights-counts")).to_be_visible()
    assert found(page) == []
    page.get_by_role("button", name="Erase everything…").click()
    assert found(page) == []
    page.get_by_role("dialog").get_by_role("button", name="Erase everything").click()
    expect(page.get_by_text("Erased. The certificate is signed.")).to_be_visible(timeout=20_000)
    assert found(page) == []
    house.sign_in(page)
    uid = house.visit("Ada", "ada@visitor.example")
    house.account.rest("PUT", f"/contacts/{uid}/hold", {"reason": "Claim 7", "days": 30})
    for path in ("/admin/privacy", "/admin/site"):
        page.goto(house.account.lethe.origin + path)
        assert found(page) == [], path


def test_a_hold_is_placed_on_the_contact_shown_on_the_page_and_lifted_there(open_page: OpenPage, house: House) -> None:
    uid = house.visit()
    page = open_page(f"{house.account.lethe.origin}/signin", viewport={"width": 1440, "height": 900}, **ENGLISH)
    house.sign_in(page)
    page.locator(".row", has_text="Where is my fern?").click()
    page.get_by_role("button", name="Hold…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Hold Zoe?")
    dialog.get_by_label("Reason, which only owners and admins see").fill("Claim 2026-17")
    dialog.get_by_role("button", name="Hold").click()
    expect(page.get_by_text("The contact is held.")).to_be_visible()
    expect(page.locator(".row", has_text="Where is my fern?")).to_have_count(0)

    house.account.rest("POST", "/erasures", {"contact_id": uid})
    page.goto(f"{house.account.lethe.origin}/admin/erasures")
    expect(page.get_by_role("row", name="waiting")).to_contain_text("held until")
    page.goto(f"{house.account.lethe.origin}/admin/privacy")
    expect(page.get_by_role("row", name="Claim 2026-17")).to_contain_text(uid)
    page.get_by_role("button", name="Lift…").click()
    expect(page.get_by_role("dialog")).to_contain_text("Lift the hold “Claim 2026-17”?")
    page.get_by_role("button", name="Lift the hold").click()
    expect(page.get_by_text("Nobody is held.")).to_be_visible()


def test_the_days_are_set_on_the_page_and_a_wrong_one_is_named(open_page: OpenPage, house: House) -> None:
    page = open_page(f"{house.account.lethe.origin}/signin", **ENGLISH)
    house.sign_in(page)
    page.goto(f"{house.account.lethe.origin}/admin/privacy")
    page.get_by_label("Days between").fill("31")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#grace_days-error")).to_have_text("This must be a whole number from 0 to 30.")
    page.get_by_label("Days between").fill("14")
    page.get_by_label("Days a consent lasts").fill("365")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".notice")).to_have_text("Saved.")
    account = house.account.rest("GET", "/account")
    assert (account["grace_days"], account["consent_days"]) == (14, 365)
    page.get_by_label("E-mail address or id").fill("nobody@visitor.example")
    page.get_by_label("Reason").fill("A claim")
    page.get_by_role("button", name="Hold").click()
    expect(page.locator("#whom-error")).to_have_text("No contact has this address or id.")


def test_one_purpose_is_stopped_in_the_widget_and_the_chat_goes_on(enter: Enter, account: Account) -> None:
    guest = enter().open()
    guest.frame.locator("#purpose-spam_training").check()
    guest.agree().write(TEXT)
    guest.sees(TEXT)
    guest.choose("My consent receipt")
    expect(guest.frame.locator(".given li").nth(1)).to_contain_text("Yes:")
    guest.frame.get_by_role("button", name="Stop this").click()
    expect(guest.frame.locator(".given li").nth(1)).to_contain_text("No:")
    expect(guest.frame.get_by_text("Stopped. The chat goes on.")).to_be_visible()
    (contact,) = account.rest("GET", "/contacts")["items"]
    ledger = [each["receipt"] for each in account.rest("GET", f"/contacts/{contact['id']}/consents")["items"]]
    assert [(each["action"], each["consent"]["spam_training"]) for each in ledger] == [
        ("given", True),
        ("renewed", False),
    ]
    guest.frame.locator(".back").click()
    guest.write("And my pot?")
    guest.sees(TEXT, "And my pot?")
    guest.choose("My consent receipt")
    expect(guest.frame.locator(".given li").nth(1)).to_contain_text("No:")
    expect(guest.frame.get_by_role("button", name="Stop this")).to_have_count(0)


def test_the_widget_follows_its_erasure_to_the_certificate(enter: Enter) -> None:
    guest = enter().open().agree().write(TEXT)
    guest.sees(TEXT)
    guest.choose("Withdraw and delete")
    guest.frame.get_by_role("button", name="Withdraw and delete everything").click()
    expect(guest.frame.get_by_text("Everything is erased, and the certificate is signed.")).to_be_visible(
        timeout=20_000
    )
    number = guest.frame.locator("code").inner_text()
    with guest.page.expect_download() as taken:
        guest.frame.get_by_role("button", name="Download the certificate").click()
    assert json.loads(Path(taken.value.path()).read_text())["certificate"]["certificate"] == number


def test_a_sites_own_fields_are_asked_in_the_widget_and_shown_to_agents(enter: Enter, account: Account) -> None:
    async def ask(services: Any) -> None:
        actor = await sessions.by_token(services, account.token)
        site = (await accounts.sites(services, actor))[0]
        own = [CustomField(labels={"en": "Order number"}, required=True)]
        fields = {"name": "optional", "email": "off", "phone": "optional"}
        await accounts.change_site(services, actor, site.id, fields=fields, custom_fields=own)

    account.lethe.perform(ask)
    guest = enter().open()
    guest.frame.get_by_label("Phone").fill("+30 210 555 0147")
    guest.box.check()
    guest.frame.locator("consent-notice .primary").click()
    expect(guest.frame.locator("#c1-wrong")).to_have_text("Please fill this in.")
    guest.frame.get_by_label("Order number").fill("4711")
    guest.agree()
    guest.until(lambda: len(account.rest("GET", "/contacts")["items"]) == 1)
    (contact,) = account.rest("GET", "/contacts")["items"]
    assert (contact["phone"], contact["fields"]) == (
        "+30 210 555 0147",
        [{"id": "c1", "label": "Order number", "value": "4711"}],
    )
