"""Joining by an invitation and setting a forgotten password, in a real browser, by mouse and by keyboard alone."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.demo import Demo
from tests.lethe import Account, Lethe
from tests.post import Post, taking
from tests.walks.conftest import OpenPage
from tests.walks.test_accessible import LOOKS, found

ENGLISH = {"locale": "en-GB"}
NARROW = {"locale": "el-GR", "color_scheme": "dark", "viewport": {"width": 320, "height": 640}}
OWN = "seven lamps over quiet water"
YAN = "yan@acme.example"


@dataclass
class Team:
    """A server that mails, and an account on it."""

    account: Account
    post: Post

    @property
    def origin(self) -> str:
        """Where its pages are."""
        return self.account.lethe.origin

    def mailed(self, page: Page, before: int) -> str:
        """The link in the mail that comes next."""
        for _ in range(600):
            if links := self.post.links(before):
                return links[-1]
            page.wait_for_timeout(50)
        raise AssertionError("no mail with a link came")

    def sign_in(self, page: Page, email: str = "", password: str = "") -> None:
        """As the owner, unless told."""
        page.goto(f"{self.origin}/signin")
        page.fill("#email", email or self.account.email)
        page.fill("#password", password or self.account.password)
        page.press("#password", "Enter")
        page.wait_for_url("**/inbox*")

    def invite(self, page: Page, email: str = YAN) -> str:
        """Invite somebody on the owner's page; the link that is mailed."""
        before = len(self.post.took)
        page.goto(f"{self.origin}/admin/agents")
        page.get_by_label("E-mail").fill(email)
        page.get_by_label("Role").select_option("admin")
        page.get_by_role("button", name="Invite", exact=True).click()
        expect(page.get_by_text(f"\u2068{email}\u2069 is invited")).to_be_visible()
        assert page.locator(".secret").count() == 0
        return self.mailed(page, before)


@pytest.fixture(scope="module")
def mailing() -> Iterator[tuple[Lethe, Post]]:
    """A server that mails links which lead to itself."""
    with taking() as post:
        server = Lethe(SMTP_URL=f"smtp://127.0.0.1:{post.port}/?from=chat@acme.example")
        server.environment["LETHE_BASE_URL"] = server.origin
        with server:
            yield server, post


@pytest.fixture
def team(mailing: tuple[Lethe, Post]) -> Team:
    """An account of the walk's own."""
    return Team(mailing[0].account(), mailing[1])


def typed(page: Page, *keys: str) -> None:
    """Type into fields and press keys, one after the other, with no pointer."""
    for key in keys:
        if key in {"Tab", "Enter"}:
            page.keyboard.press(key)
        else:
            page.keyboard.type(key)


def test_who_is_invited_joins_by_the_mailed_link(open_page: OpenPage, team: Team) -> None:
    owner = open_page(f"{team.origin}/signin", **ENGLISH)
    team.sign_in(owner)
    link = team.invite(owner)
    row = owner.get_by_role("row", name=YAN)
    expect(row).to_contain_text("Admin")
    joining = open_page(link, **ENGLISH)
    expect(joining.get_by_role("heading", name="Join")).to_contain_text("Acme")
    expect(joining.get_by_text(YAN)).to_be_visible()
    assert joining.url == f"{team.origin}/invitation"
    joining.get_by_label("Your name").fill("Yan")
    joining.get_by_label("A password of your own").fill("password12")
    joining.get_by_label("The password once more").fill("password12")
    joining.get_by_role("button", name="Join").click()
    expect(joining.locator("#password-error")).to_contain_text("easily guessed")
    expect(joining.get_by_label("Your name")).to_have_value("Yan")
    expect(joining.get_by_label("A password of your own")).to_have_value("")
    joining.get_by_label("A password of your own").fill(OWN)
    joining.get_by_label("The password once more").fill(OWN)
    joining.get_by_role("button", name="Join").click()
    joining.wait_for_url("**/inbox*")
    late = open_page(link, **ENGLISH)
    expect(late.get_by_role("heading", name="This link does not work")).to_be_visible()
    expect(late.get_by_role("alert")).to_contain_text("It was accepted")
    owner.reload()
    expect(owner.get_by_role("row", name="Yan")).to_contain_text("Admin")


def test_an_invitation_is_accepted_and_taken_back_by_keyboard_alone(open_page: OpenPage, team: Team) -> None:
    owner = open_page(f"{team.origin}/signin", **ENGLISH)
    team.sign_in(owner)
    link = team.invite(owner, "zoe@acme.example")
    joining = open_page(link, **ENGLISH)
    joining.get_by_label("Your name").focus()
    typed(joining, "Zoe", "Tab", OWN, "Tab", OWN, "Enter")
    joining.wait_for_url("**/inbox*")

    second = team.invite(owner)
    back = owner.get_by_role("button", name="Take back")
    back.focus()
    typed(owner, "Enter")
    dialog = owner.get_by_role("dialog")
    expect(dialog).to_contain_text(f"Take back the invitation of {YAN}?")
    typed(owner, "Tab", "Tab", "Enter")
    expect(owner.get_by_role("row", name=YAN)).to_have_count(0)
    expect(open_page(second, **ENGLISH).get_by_role("alert")).to_contain_text("taken back")


def test_a_forgotten_password_is_set_by_keyboard_alone_and_nobody_is_let_in(open_page: OpenPage, team: Team) -> None:
    page = open_page(f"{team.origin}/signin", **ENGLISH)
    page.get_by_role("link", name="Forgot your password?").focus()
    typed(page, "Enter")
    page.get_by_label("E-mail").focus()
    before = len(team.post.took)
    typed(page, team.account.email, "Enter")
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    link = team.mailed(page, before)
    page.goto(link)
    expect(page.get_by_text(team.account.email)).to_be_visible()
    page.get_by_role("link", name="Ελληνικά").click()
    expect(page.get_by_role("heading", name="Ορισμός νέου κωδικού")).to_be_visible()
    page.locator("#password").focus()
    typed(page, OWN, "Tab", "something else", "Enter")
    expect(page.locator("#again-error")).to_be_visible()
    page.locator("#password").focus()
    typed(page, OWN, "Tab", OWN, "Enter")
    expect(page.get_by_role("heading", name="Ο κωδικός σας ορίστηκε")).to_be_visible()
    assert page.context.cookies() == [each for each in page.context.cookies() if each["name"] == "lethe_locale"]
    team.sign_in(page, team.account.email, OWN)
    again = open_page(link, **ENGLISH)
    expect(again.get_by_role("heading", name="This link does not work")).to_be_visible()
    # The negative: an address that nobody has is answered alike, and mailed nothing.
    unknown = open_page(f"{team.origin}/password/forgotten", **ENGLISH)
    unknown.get_by_label("E-mail").fill("nobody.at.all@acme.example")
    unknown.get_by_role("button", name="Mail me a link").click()
    expect(unknown.get_by_role("heading", name="Look into your mail")).to_be_visible()
    unknown.wait_for_timeout(500)
    assert "nobody.at.all@acme.example" not in [to for each in team.post.took for to in each.rcpt_tos]


def test_a_forgotten_password_is_set_by_mouse(open_page: OpenPage, team: Team) -> None:
    page = open_page(f"{team.origin}/signin", **ENGLISH)
    page.get_by_role("link", name="Forgot your password?").click()
    before = len(team.post.took)
    page.get_by_label("E-mail").fill(team.account.email)
    page.get_by_role("button", name="Mail me a link").click()
    page.goto(team.mailed(page, before))
    for text, answer in (("password12", "#password-error"), (OWN, "h1:has-text('Your password was set')")):
        page.locator("#password").fill(text)
        page.locator("#again").fill(text)
        page.get_by_role("button", name="Set password").click()
        expect(page.locator(answer)).to_be_visible()
    team.sign_in(page, team.account.email, OWN)


def test_without_mail_the_link_is_on_the_page_once(open_page: OpenPage, own_demo: Demo) -> None:
    page = open_page(f"{own_demo.server}/signin", **ENGLISH)
    page.fill("#email", own_demo.email)
    page.fill("#password", own_demo.password)
    page.press("#password", "Enter")
    page.wait_for_url("**/inbox*")
    page.goto(f"{own_demo.server}/admin/agents")
    page.get_by_label("E-mail").fill(YAN)
    page.get_by_role("button", name="Invite", exact=True).click()
    link = page.locator(".secret").inner_text()
    page.goto(f"{own_demo.server}/admin/agents")
    expect(page.locator(".secret")).to_have_count(0)
    joining = open_page(link, **ENGLISH)
    expect(joining.get_by_text(YAN)).to_be_visible()
    forgotten = open_page(f"{own_demo.server}/password/forgotten", **ENGLISH)
    expect(forgotten.get_by_text("This server sends no mail")).to_be_visible()


@pytest.mark.parametrize("look", [*LOOKS, NARROW], ids=["light, wide", "dark, narrow", "320 px, Greek"])
def test_axe_finds_nothing_and_nothing_is_cut(open_page: OpenPage, team: Team, look: dict[str, object]) -> None:
    owner = open_page(f"{team.origin}/signin", **ENGLISH)
    team.sign_in(owner)
    link = team.invite(owner, "axe@acme.example")
    page = open_page(f"{team.origin}/password/forgotten", **look)
    clean(page)
    page.fill("#email", "no address")
    page.press("#email", "Enter")
    expect(page.locator("#email-error")).to_be_visible()
    clean(page)
    page.goto(link)
    expect(page.locator("#name")).to_be_visible()
    clean(page)
    page.press("#name", "Enter")
    expect(page.locator("#name-error, #password-error").first).to_be_visible()
    clean(page)
    page.goto(f"{team.origin}/invitation")
    expect(page.get_by_role("alert")).to_be_visible()
    clean(page)
    page.goto(f"{team.origin}/invitation#{'x' * 43}")
    expect(page.locator("h1 + p[role=alert]")).to_be_visible()
    clean(page)
    people = open_page(f"{team.origin}/admin/agents", storage_state=owner.context.storage_state(), **look)
    clean(people)


def clean(page: Page) -> None:
    """Axe finds nothing, and nothing has to be scrolled to sideways."""
    page.wait_for_load_state("networkidle")
    assert found(page) == [], page.url
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url
