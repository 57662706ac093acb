"""Axe-core finds nothing on our pages and in the widget, in light and dark, wide and narrow, English and Greek."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Frame, Page, StorageState, expect

from chat.features import menu
from tests.demo import Demo
from tests.walks.conftest import OpenPage
from tests.walks.shop import Enter, Guest

RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],  # of what passes it need not tell every element
}
LOOKS = [
    {"color_scheme": "light", "locale": "en-GB", "viewport": {"width": 1440, "height": 900}},
    {"color_scheme": "dark", "locale": "el-GR", "viewport": {"width": 390, "height": 844}},
]
PAGES = (
    "/inbox/open",
    "/inbox/quarantine",
    "/profile",
    *(line.path for lines in menu().values() for line in lines),
    "/admin/site",
    "/admin/quarantine",
    "/nowhere",
)


@pytest.mark.parametrize("look", LOOKS, ids=["light, wide", "dark, narrow"])
def test_axe_finds_nothing_in_what_is_said_of_the_api(
    open_page: OpenPage, filled: Demo, look: dict[str, object]
) -> None:
    page = open_page(f"{filled.server}/api/docs", **look)
    page.locator("#post_api_v1_tokens summary").click()
    assert found(page) == []


@pytest.mark.parametrize("look", LOOKS, ids=["light, wide", "dark, narrow"])
def test_axe_finds_nothing_in_an_open_ticket(
    open_page: OpenPage, filled: Demo, looking: StorageState, look: dict[str, object]
) -> None:
    page = open_page(f"{filled.server}/inbox/open", storage_state=looking, **look)
    page.locator(".row", has_text="rim need any care").click()
    expect(page.locator(".entry.is-note")).to_be_visible()
    assert found(page) == []
    page.keyboard.press("n")
    assert found(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert found(page) == []


@pytest.mark.parametrize("look", LOOKS, ids=["light, wide", "dark, narrow"])
def test_axe_finds_nothing_in_the_widget(enter: Enter, look: dict[str, object]) -> None:
    guest = enter(**look)
    expect(guest.button).to_be_visible()
    assert found(guest.page) == []
    guest.open()
    assert within(guest) == []
    guest.frame.locator("consent-notice .primary").click()
    expect(guest.frame.locator("#purpose-chat-wrong")).not_to_be_empty()
    assert within(guest) == []
    guest.agree().write("Is the tall pot frost-proof? https://pots.example/tall")
    expect(guest.frame.locator(".standing", has_text="Sent")).to_be_visible()
    assert within(guest) == []
    for choice in ("What is kept", "My consent receipt", "Withdraw and delete"):
        guest.choose(choice)
        expect(guest.frame.locator(".back")).to_be_visible()
        assert within(guest) == [], choice
        guest.frame.locator(".back").click()
    guest.choose("Withdraw and delete")
    guest.frame.locator(".danger").click()
    expect(guest.frame.locator("code")).to_be_visible()
    assert within(guest) == []


def test_axe_looks_into_the_widget_too(enter: Enter) -> None:
    guest = enter().open()
    guest.frame.locator("#name, input[type=text]").first.evaluate("field => field.labels[0].remove()")
    assert "label" in [rule for rule, _ in within(guest)]


def test_axe_would_find_what_is_wrong(open_page: OpenPage, filled: Demo) -> None:
    page = open_page(f"{filled.server}/signin", **LOOKS[0])
    page.evaluate("document.querySelector('label').remove()")
    assert [rule for rule, _ in found(page)] == ["label"]


def within(guest: Guest) -> list[tuple[str, str]]:
    """What axe-core objects to inside the widget's frame, which it does not enter by itself."""
    return found(next(frame for frame in guest.page.frames if frame.url.startswith(guest.account.lethe.origin)))


STILL = """() => document.getAnimations()
    .every(each => each.effect.getComputedTiming().endTime === Infinity || each.playState === "finished")"""


def found(page: Page | Frame) -> list[tuple[str, str]]:
    """What axe-core objects to once nothing moves any more: the rule and the first element."""
    page.wait_for_function(STILL, polling=50)
    violations = Axe().run(page, options=RULES).response["violations"]
    return [(each["id"], str(each["nodes"][0]["target"])) for each in violations]
