"""Two tickets of a contact merged in the inbox, by keyboard and by mouse: everybody who looks on goes along."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.agent import session
from tests.demo import Demo
from tests.visitor import Visitor
from tests.walks.conftest import OpenPage
from tests.walks.test_accessible import found
from tests.walks.test_profile import focus

WIDE = {"width": 1400, "height": 900}


def opened(demo: Demo, open_page: OpenPage, locale: str, number: int) -> Page:
    page = open_page("about:blank", storage_state=session(demo), locale=locale, viewport=WIDE)
    page.goto(f"{demo.server}/inbox/open/{number}")
    expect(page.locator("contact-card")).to_contain_text("Merga")
    return page


def texts(page: Page) -> list[str]:
    return page.locator("ticket-transcript .entry.is-visitor .bubble").all_inner_texts()


def from_the_palette(page: Page, typed: str, number: int, *, keys: bool) -> None:
    """The palette asks the same, about the ticket that is open, and Escape leaves all as it is."""
    page.keyboard.press("Control+k")
    page.keyboard.type(typed)
    option = page.locator("dialog.palette").get_by_role("option", name=f"#{number}")
    expect(option).to_have_count(1)
    if keys:
        page.keyboard.press("Enter")
    else:
        option.click()
    expect(page.get_by_role("dialog")).to_contain_text(f"#{number}")
    expect(page.locator("dialog.palette")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("locale", ["en-GB", "el-GR"])
def test_the_later_ticket_becomes_a_part_of_the_earlier_one(own_demo: Demo, open_page: OpenPage, locale: str) -> None:
    keys = locale == "el-GR"
    with Visitor(own_demo, f"Merga {locale}") as visitor:
        first = visitor.say("Where is my parcel?")["ticket"]
        own_demo.api("PATCH", f"/tickets/{first}", {"status": "solved"})
        second = visitor.begin_anew("And where is my money?")["ticket"]
        page, other = (opened(own_demo, open_page, locale, second) for _ in range(2))
        other.locator("message-composer textarea").fill("Half a")
        expect(other.locator("message-composer textarea")).to_have_value("Half a")
        from_the_palette(page, "συγχων" if keys else "merge", second, keys=keys)
        more = page.locator("ticket-actions summary[data-action=more]")
        item = page.get_by_role("button", name="Συγχώνευση…" if keys else "Merge…")
        if keys:
            focus(page, more)
            page.keyboard.press("Enter")
            focus(page, item)
            page.keyboard.press("Enter")
        else:
            more.click()
            item.click()
        dialog = page.get_by_role("dialog")
        expect(dialog).to_contain_text(f"#{first} · ")
        assert found(page) == []
        do = dialog.get_by_role("button", name="Συγχώνευση" if keys else "Merge", exact=True)
        if keys:
            focus(page, do)
            page.keyboard.press("Enter")
        else:
            do.click()
        for each in (page, other):
            each.wait_for_url(re.compile(rf"/inbox/open/{first}$"))
            expect(each.locator("toast-line")).to_contain_text(f"#{second}")
            expect(each.locator("ticket-transcript .system bdi").last).to_contain_text(f"#{second}")
            assert texts(each) == ["Where is my parcel?", "And where is my money?"]
        expect(other.locator("message-composer textarea")).to_have_value("Half a")
        assert visitor.say("Still here")["ticket"] == first
        expect(page.locator("ticket-transcript")).to_contain_text("Still here")
        other.evaluate(
            f"history.pushState(null, '', '/inbox/open/{second}'); dispatchEvent(new PopStateEvent('popstate'))"
        )
        other.wait_for_url(re.compile(rf"/inbox/open/{first}$"))
        expect(other.locator("ticket-transcript")).to_contain_text("Still here")
        page.goto(f"{own_demo.server}/inbox/open/{second}")
        page.wait_for_url(re.compile(rf"/inbox/open/{first}$"))
        expect(page.locator("ticket-transcript")).to_contain_text("Still here")
