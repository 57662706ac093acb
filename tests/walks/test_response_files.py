"""Files of saved replies, by mouse and by keyboard: put in, taken out, brought along, sent as copies, gone."""

import httpx2
import pytest
from playwright.sync_api import FilePayload, Locator, Page, StorageState, expect

from tests.demo import Demo
from tests.visitor import Visitor
from tests.walks.conftest import OpenPage
from tests.walks.test_accessible import found as objections
from tests.walks.test_inbox import composer, entry
from tests.walks.test_profile import focus

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def kept(page: Page, title: str) -> Locator:
    """The opened reply of a title."""
    card = page.locator("details.card").filter(has=page.locator("summary bdi", has_text=title))
    summary = card.locator("summary")
    focus(page, summary)
    page.keyboard.press("Enter")
    expect(card).to_have_attribute("open", "")
    return card


def files(card: Locator) -> Locator:
    """The names of its files."""
    return card.locator(".kept-files bdi")


def choose(card: Locator, *chosen: tuple[str, str, bytes]) -> None:
    """Choose files in the system's window, which the button opens."""
    given: list[FilePayload] = [{"name": name, "mimeType": kind, "buffer": data} for name, kind, data in chosen]
    button = card.locator("response-files > button")
    with card.page.expect_file_chooser() as asked:
        focus(card.page, button)
        card.page.keyboard.press("Enter")
    asked.value.set_files(given)


def chips(page: Page) -> Locator:
    """The files of the message that is being written."""
    return page.locator("file-tray .chip")


def text_file(name: str, data: bytes = b"9 to 5") -> tuple[str, str, bytes]:
    """A text to be chosen."""
    return name, "text/plain", data


def made(demo: Demo, kind: str, locale: str, shortcut: str) -> str:
    """The address of a new reply."""
    texts = {"title": f"Opening times {locale} {shortcut}", "text": "See here, please.", "shortcut": shortcut}
    return f"/{kind}-responses/{demo.api('POST', f'/{kind}-responses', texts)['id']}"


def put(demo: Demo, reply: str, *names: str) -> list[str]:
    """Put texts into a reply, and return their ids."""
    url, headers = f"{demo.server}/api/v1{reply}/attachments", {"Authorization": f"Bearer {demo.api_token}"}
    sent = [httpx2.post(url, files={"file": (name, b"9 to 5")}, headers=headers) for name in names]
    return [str(each.raise_for_status().json()["id"]) for each in sent]


@pytest.mark.parametrize("locale", ["en-GB", "el-GR"])
def test_files_are_put_in_and_taken_out(open_page: OpenPage, demo: Demo, owner: StorageState, locale: str) -> None:
    greek = locale == "el-GR"
    kind, where = ("own", "/profile/replies") if greek else ("canned", "/admin/canned-responses")
    reply = made(demo, kind, locale, f"page-{kind}")
    page = open_page(f"{demo.server}{where}", storage_state=owner, locale=locale)
    card = kept(page, f"page-{kind}")
    choose(card, ("prices.pdf", "application/pdf", PDF), text_file("hours.txt"))
    expect(files(card)).to_have_text(["prices.pdf", "hours.txt"])
    choose(card, text_file("run.exe", b"MZ\x90\x00\x01"), text_file("late.txt"))
    wrong = card.locator("response-files .field-error")
    expect(wrong).to_contain_text("run.exe")
    more = [] if greek else [f"{number}.txt" for number in range(9)]
    if more:
        choose(card, *map(text_file, more))
        expect(wrong).to_contain_text(more.pop(), timeout=60_000)  # each is looked at in a process of its own
    expect(files(card)).to_have_text(["prices.pdf", "hours.txt", *more])
    assert objections(page) == []
    card.locator("textarea[name=text]").fill("See here, all of you.")
    card.get_by_role("button", name="Αποθήκευση" if greek else "Save").click()
    expect(page.locator(".notice.is-good")).to_be_visible()
    card = kept(page, f"page-{kind}")
    take = card.get_by_role("button", name="Αφαίρεση: hours.txt" if greek else "Take out hours.txt")
    sure = page.get_by_role("dialog").get_by_role("button", name="Αφαίρεση" if greek else "Take out")
    for each in (take, sure):
        if greek:
            focus(page, each)
            page.keyboard.press("Enter")
        else:
            each.click()
    expect(files(card)).to_have_text(["prices.pdf", *more])
    listed = demo.api("GET", f"{reply}/attachments")["items"]
    assert [each["name"] for each in listed] == ["prices.pdf", *more]


def written(page: Page, shortcut: str) -> None:
    """Type the shortcut of a reply and choose it."""
    composer(page).focus()
    page.keyboard.type(f"/{shortcut}")
    expect(page.get_by_role("listbox").get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(composer(page)).to_have_value("See here, please.")


@pytest.mark.parametrize("locale", ["en-GB", "el-GR"])
def test_files_come_along_and_are_sent_as_copies(
    open_page: OpenPage, demo: Demo, owner: StorageState, locale: str
) -> None:
    greek = locale == "el-GR"
    kind, shortcut = ("own", "πότεπού") if greek else ("canned", "qtimes")
    reply = made(demo, kind, locale, shortcut)
    gone, stays = put(demo, reply, "prices.txt", "hours.txt")
    with Visitor(demo, f"Timea {locale}") as visitor:
        number = visitor.say("When do you open?")["ticket"]
        page = open_page(f"{demo.server}/inbox/open/{number}", storage_state=owner, locale=locale)
        expect(entry(page, "When do you open")).to_be_visible()
        written(page, shortcut)
        expect(chips(page)).to_have_text(["prices.txt", "hours.txt"])
        assert objections(page) == []
        assert demo.api("GET", f"/tickets/{number}/messages")["items"][-1]["text"] == "When do you open?"
        drop = page.get_by_role("button", name="Αφαίρεση: hours.txt" if greek else "Remove hours.txt")
        if greek:
            focus(page, drop)
            page.keyboard.press("Enter")
        else:
            drop.click()
        expect(chips(page)).to_have_text(["prices.txt"])
        composer(page).press("Enter")
        (sent,) = visitor.wait_for("message")["attachments"]
        assert (sent["name"], sent["id"] in {gone, stays}) == ("prices.txt", False)
        expect(chips(page)).to_have_count(0)

        written(page, shortcut)  # and at once: what is sent waits for the files that belong to it
        page.keyboard.press("Enter")
        assert len(visitor.wait_for("message")["attachments"]) == 2

        written(page, shortcut)
        expect(chips(page)).to_have_count(2)
        demo.api("DELETE", f"{reply}/attachments/{gone}")
        composer(page).press("Enter")
        failed = page.locator(".entry.is-failed")
        expect(failed.get_by_role("alert")).to_contain_text("έτοιμη απάντηση" if greek else "of the saved reply")
        failed.get_by_role("button", name="Δοκιμάστε ξανά" if greek else "Try again").press("Enter")
        heard = visitor.wait_for("message")
        assert (heard["text"], [each["name"] for each in heard["attachments"]]) == ("See here, please.", ["hours.txt"])

        demo.api("DELETE", reply)
        written(page, shortcut)
        expect(page.locator("#composer-hint")).to_contain_text("διαγράφηκε" if greek else "deleted meanwhile")
        expect(chips(page)).to_have_count(0)
