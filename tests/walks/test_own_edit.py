"""A visitor changes their last message, or takes it back, by keyboard and by mouse; both sides see it."""

import json
import re

import pytest
from playwright.sync_api import Locator, StorageState, WebSocketRoute, expect

from tests.demo import Demo
from tests.walks.conftest import OpenPage
from tests.walks.test_accessible import found as objections
from tests.walks.test_inbox import DESKTOP, agreed, entry, row

LOCALES = {"en-GB": ("Change", "Take it back"), "el-GR": ("Αλλαγή", "Ανάκληση")}


@pytest.mark.parametrize("locale", LOCALES)
def test_the_last_message_is_changed_and_taken_back(
    open_page: OpenPage, demo: Demo, owner: StorageState, locale: str
) -> None:
    change, back = LOCALES[locale]
    inbox = open_page(f"{demo.server}/inbox/open", storage_state=owner, **DESKTOP)
    shop = open_page(f"{demo.shop}?locale={locale[:2]}", locale=locale)
    frame = agreed(shop)
    frame.locator("chat-composer textarea").fill(f"Is the pot frost-prof {locale}?")
    frame.locator("chat-composer textarea").press("Enter")
    row(inbox, f"frost-prof {locale}").click()
    expect(entry(inbox, "frost-prof")).to_be_visible()

    opener = frame.get_by_role("button", name=change, exact=True)
    opener.press("Enter")
    field = frame.locator("edit-form textarea")
    expect(field).to_be_focused()
    assert objections(shop) == []
    field.press("Escape")
    expect(opener).to_be_focused()  # and the chat is there still
    opener.press("Enter")
    field.fill("Is it frost-proof?")
    field.press("Enter")
    bubble = frame.locator("message-line.visitor .bubble")
    expect(bubble).to_have_text("Is it frost-proof?")
    expect(frame.locator("message-line.visitor time")).to_contain_text("·")
    expect(entry(inbox, "Is it frost-proof?")).to_contain_text("edited")
    expect(entry(inbox, "frost-prof ")).to_have_count(0)

    opener.click()
    frame.get_by_role("button", name=back).click()
    expect(bubble.locator("i")).to_be_visible()
    expect(opener).to_have_count(0)
    expect(entry(inbox, "This message was removed.")).to_be_visible()


def test_what_is_too_late_is_said_and_what_was_written_stays(open_page: OpenPage, demo: Demo) -> None:
    shop = open_page("about:blank", locale="en-GB")

    def line(mine: WebSocketRoute) -> None:
        theirs = mine.connect_to_server()

        def heard(text: str | bytes) -> None:
            frame = json.loads(text)
            if frame["type"] == "edit":
                mine.send(json.dumps({"type": "error", "code": "not_now", "detail": "late", "id": frame["id"]}))
            else:
                theirs.send(text)

        mine.on_message(heard)

    shop.route_web_socket(re.compile("/ws/visitor"), line)
    shop.goto(demo.shop)
    frame = agreed(shop)
    frame.locator("chat-composer textarea").fill("Too late for this")
    frame.locator("chat-composer textarea").press("Enter")
    frame.get_by_role("button", name="Change").click()
    field: Locator = frame.locator("edit-form textarea")
    field.fill("Too late for that")
    frame.get_by_role("button", name="Save").click()
    expect(frame.get_by_role("alert").filter(has_text="within five minutes")).to_be_visible()
    expect(field).to_have_value("Too late for that")
    frame.get_by_role("button", name="Cancel").click()
    expect(frame.locator("message-line.visitor .bubble")).to_have_text("Too late for this")
