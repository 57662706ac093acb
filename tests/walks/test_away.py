"""A server that does not answer: the button says so in plain words, and tries again when it is pressed."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Route, expect

from chat.core.model import LOCALES
from chat.web.widget import strings
from tests.walks.shop import Enter, Guest

DOCUMENT = "**/widget/*?*"
LOADER = Path(__file__).parents[2] / "widget" / "loader.js"


def words(locale: str) -> str:
    """What is said."""
    return strings(locale, "frame")["no_answer"]


def gone(enter: Enter, how: Any, locale: str = "en", **options: Any) -> Guest:
    """Somebody presses the button while the server does not answer."""
    guest = enter(lambda page: page.route(DOCUMENT, how), {"locale": locale}, **options)
    guest.button.click()
    return guest


@pytest.mark.parametrize("locale", LOCALES)
def test_a_server_that_is_away_is_said_in_plain_words_and_tried_again(enter: Enter, locale: str) -> None:
    guest = gone(enter, lambda route: route.abort("connectionrefused"), locale)
    alert = guest.page.get_by_role("alert")
    expect(alert).to_have_text(words(locale), timeout=20_000)
    expect(guest.page.locator("lethe-chat iframe")).to_be_hidden()
    expect(guest.button).to_be_focused()
    guest.page.unroute(DOCUMENT)
    guest.open()
    expect(alert).to_have_count(0)
    title = guest.page.locator("lethe-chat iframe").get_attribute("title")
    assert title == strings(locale, "frame")["chat"]


def test_one_that_answers_late_opens_the_chat_after_all(enter: Enter) -> None:
    held = list[Route]()

    def hold(route: Route) -> None:
        held.append(route)

    guest = gone(enter, hold)
    expect(guest.page.get_by_role("alert")).to_have_text(words("en"), timeout=20_000)
    held[-1].continue_()
    expect(guest.frame.locator("consent-notice")).to_be_visible()
    expect(guest.page.get_by_role("alert")).to_have_count(0)


def test_without_the_wait_nothing_is_said(enter: Enter) -> None:
    text = LOADER.read_text("utf-8")
    assert "late = setTimeout((" in text
    made = text.replace("late = setTimeout((", "void ((")
    guest = enter(
        lambda page: [
            page.route("**/widget.js", lambda route: route.fulfill(body=made, content_type="text/javascript")),
            page.route(DOCUMENT, lambda route: route.abort("connectionrefused")),
        ]
    )
    guest.button.click()
    guest.page.wait_for_timeout(8_000)
    expect(guest.page.get_by_role("alert")).to_have_count(0)


def test_one_that_answers_is_not_spoken_for_even_where_the_button_was_moved(enter: Enter) -> None:
    guest = enter()
    guest.page.evaluate("document.querySelector('lethe-chat').remove()")
    guest.page.wait_for_timeout(200)
    guest.open()
    guest.page.wait_for_timeout(7_000)
    expect(guest.page.get_by_role("alert")).to_have_count(0)
    expect(guest.page.locator("lethe-chat iframe")).to_be_visible()


def test_the_loader_says_what_the_locale_files_say() -> None:
    made = LOADER.read_text("utf-8")
    for locale in LOCALES:
        chat, frame = strings(locale, "chat"), strings(locale, "frame")
        assert f'{locale}: ["{chat["open_chat"]}", "{frame["chat"]}", "{frame["no_answer"]}"],' in made
