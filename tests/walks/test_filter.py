"""The filter's pages in a real browser: a retraining from start to roll-back, and the quarantine with many at once."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, StorageState, expect

from tests import sample
from tests.agent import session
from tests.demo import Demo
from tests.visitor import Visitor
from tests.walks.conftest import OpenPage
from tests.walks.test_accessible import LOOKS, found

ENGLISH = {"locale": "en-GB"}
PHONE = {"viewport": {"width": 390, "height": 844}, "locale": "en-GB"}


@pytest.fixture
def owned(own_demo: Demo) -> StorageState:
    """The owner's cookies at a demo of this walk's own."""
    return session(own_demo)


@dataclass
class Taught:
    """A demo whose filter was taught and retrained: the run's id, and the owner's cookies."""

    demo: Demo
    run: str
    owned: StorageState

    @property
    def pages(self) -> list[str]:
        """The addresses that show what it has learnt, and what it holds."""
        return [f"{self.demo.server}/admin/{each}" for each in ("quarantine", "filter", f"filter/{self.run}")]


@pytest.fixture(scope="module")
def taught() -> Iterator[Taught]:
    """Of which walks look at the pages; each adds to what is held, and one sets the target."""
    with Demo() as started:
        yield Taught(started, sample.teach(started), session(started))


def test_a_retraining_is_started_looked_at_put_to_use_and_rolled_back(
    own_demo: Demo, open_page: OpenPage, owned: StorageState
) -> None:
    page = open_page(f"{own_demo.server}/admin/filter", storage_state=owned, **ENGLISH)
    expect(page.get_by_text("No version yet")).to_be_visible()
    page.get_by_role("button", name="Retrain now").click()
    expect(page.locator("#train-error")).to_contain_text("nothing to learn from yet")
    sample.teach(own_demo)

    page.goto(f"{own_demo.server}/admin/filter")
    page.get_by_role("button", name="Retrain now").click()
    expect(page).to_have_url(re.compile(r"/admin/filter/[0-9a-f-]{36}"))
    expect(page.get_by_role("heading", name="How it does")).to_be_visible(timeout=20_000)
    expect(page.get_by_role("row", name="Spam caught with 0.2 %")).to_be_visible()
    expect(page.locator("figure.plot svg")).to_have_count(5)
    page.locator("figure.plot summary").first.click()
    expect(page.locator("figure.plot table").first).to_be_visible()
    expect(page.get_by_text("with fewer than 20 messages of each kind")).to_be_visible()
    expect(page.get_by_role("button", name="Put to use")).not_to_have_class(re.compile("is-primary"))
    page.get_by_role("button", name="Put to use").click()
    expect(page.get_by_role("row", name="Version 2").first).to_contain_text("in use")

    old = page.get_by_role("row", name="Version 1")
    expect(old).to_contain_text("Measured on fewer than 20 of each kind")
    expect(old.locator(".is-primary")).to_have_count(0)
    old.get_by_role("button", name="Put to use").click()
    expect(page.get_by_role("row", name="Version 1").first).to_contain_text("in use")
    page.get_by_role("button", name="Follow the marks again").click()
    expect(page.get_by_text("in use", exact=True)).to_have_count(0)
    expect(page.locator(".history li")).to_have_count(3)
    page.get_by_role("link", name="Version 2").first.click()
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_role("row", name="Version 2").first).to_contain_text("discarded")


def test_the_target_is_chosen_with_what_it_costs_and_without_script_too(taught: Taught, open_page: OpenPage) -> None:
    page = open_page(taught.pages[1], storage_state=taught.owned, **ENGLISH)
    expect(page.get_by_text("a stricter fixed bound serves instead")).to_be_visible()
    slider = page.get_by_role("slider")
    slider.press("ArrowRight")
    expect(page.locator("#target-number")).to_have_value("0.3")
    expect(page.locator("target-slider output")).to_contain_text("of the spam through")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#target-number")).to_have_value("0.3")
    assert taught.demo.api("GET", "/spam/model")["ham_held"] == 0.003
    plain = open_page(taught.pages[1], storage_state=taught.owned, java_script_enabled=False, **ENGLISH)
    plain.locator("#target-number").fill("9")
    plain.get_by_role("button", name="Save").click()
    expect(plain.locator("#target-error")).to_contain_text("from 0.01 to 5")
    plain.locator("#target-number").fill("0.5")
    plain.get_by_role("button", name="Save").click()
    expect(plain.locator("#target-number")).to_have_value("0.5")


def test_two_held_messages_are_released_at_once_and_taken_back(
    own_demo: Demo, open_page: OpenPage, owned: StorageState
) -> None:
    page = open_page(f"{own_demo.server}/admin/quarantine", storage_state=owned, **ENGLISH)
    expect(page.get_by_text("The quarantine is empty")).to_be_visible()
    sample.hold(own_demo, "Ada", "Bob", "Cleo")
    watching = open_page(f"{own_demo.server}/inbox/open", storage_state=owned, **ENGLISH)
    page.reload()
    expect(page.locator("ul.held li")).to_have_count(3)
    expect(page.locator("ul.held :checked")).to_have_count(0)
    expect(page.locator("ul.held li").first.locator(".why").first).to_be_visible()
    for name in ("Ada", "Cleo"):
        page.get_by_role("checkbox", name=name).check()
    expect(page.get_by_text("2 selected")).to_be_visible()
    page.get_by_role("button", name="Not spam: release").click()
    expect(page.get_by_text("2 messages released")).to_be_visible()
    expect(page.locator("ul.held li")).to_have_count(1)
    expect(watching.locator("ticket-list .row", has_text="Ada")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("ul.held li")).to_have_count(3)
    expect(watching.locator("ticket-list .row", has_text="Ada")).to_have_count(0)


def test_the_quarantine_has_one_place_and_one_count(own_demo: Demo, open_page: OpenPage, owned: StorageState) -> None:
    sample.hold(own_demo, "Ada", "Bob")
    page = open_page(f"{own_demo.server}/inbox/open", storage_state=owned, **ENGLISH)
    many = page.get_by_role("link", name="Judge what waits, many at once")
    expect(many).to_have_count(0)
    page.locator("[data-view=quarantine]").click()  # its name ends in how many wait
    expect(page.locator("ticket-list .row")).to_have_count(2)
    many.click()
    expect(page.get_by_role("heading", name="Quarantine")).to_be_visible()
    expect(page.get_by_text("2 messages wait")).to_have_count(1)
    places = page.locator(".topbar .places a")
    expect(places).to_have_text(["Inbox", "Contacts", "Settings"])
    expect(places.first).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="The whole quarantine, by ticket").click()
    expect(page).to_have_url(f"{own_demo.server}/inbox/quarantine")
    expect(page.locator("ticket-list .row")).to_have_count(2)


def test_the_quarantine_is_gone_through_by_keys(own_demo: Demo, open_page: OpenPage, owned: StorageState) -> None:
    sample.hold(own_demo, "Ada", "Bob", "Cleo")
    page = open_page(f"{own_demo.server}/admin/quarantine?sort=time", storage_state=owned, **ENGLISH)
    for key in ("j", "j", "x"):
        page.keyboard.press(key)
    expect(page.get_by_role("checkbox", name="Bob")).to_be_checked()
    page.keyboard.press("a")
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.get_by_role("button", name="Spam: keep in quarantine").click()
    expect(page.get_by_text("3 messages confirmed as spam")).to_be_visible()
    expect(page.get_by_text("The quarantine is empty")).to_be_visible()


def test_a_held_message_is_judged_by_itself_whatever_is_ticked(
    own_demo: Demo, open_page: OpenPage, owned: StorageState
) -> None:
    sample.hold(own_demo, "Ada", "Bob", "Cleo")
    page = open_page(f"{own_demo.server}/admin/quarantine", storage_state=owned, **ENGLISH)
    page.get_by_role("checkbox", name="Ada").check()
    page.get_by_role("listitem").filter(has_text="Bob").get_by_role("button", name="Not spam").click()
    expect(page.get_by_text("1 message released")).to_be_visible()
    expect(page.locator(".held-head strong")).to_have_count(2)
    expect(page.get_by_role("checkbox", name="Bob")).to_have_count(0)
    page.get_by_role("listitem").filter(has_text="Cleo").get_by_role("button", name="Spam", exact=True).press("Enter")
    expect(page.get_by_text("1 message confirmed as spam")).to_be_visible()
    expect(page.get_by_role("checkbox")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("checkbox")).to_have_count(2)


def test_markup_in_a_held_message_stays_text_and_nothing_is_wider_than_a_phone(
    taught: Taught, open_page: OpenPage
) -> None:
    with Visitor(taught.demo, "<b>Eve</b>" + "x" * 80) as visitor:
        visitor.say(f"{sample.PRIZES[0]} <script>document.title = 'hit'</script> {'w' * 400}")
    page = open_page("about:blank", storage_state=taught.owned, **PHONE)
    for path in taught.pages:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert "hit" not in page.title()
        assert fits(page), path


@pytest.mark.parametrize("look", LOOKS, ids=["light, wide", "dark, narrow"])
def test_axe_finds_nothing_on_a_report_and_in_the_quarantine(
    taught: Taught, open_page: OpenPage, look: dict[str, object]
) -> None:
    sample.hold(taught.demo, "Ada", "")
    page = open_page("about:blank", storage_state=taught.owned, **look)
    for path in taught.pages:
        page.goto(path)
        page.wait_for_load_state("networkidle")
        assert found(page) == [], path


def fits(page: Page) -> bool:
    """Whether the page is no wider than its window."""
    wide: bool = page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    return wide
