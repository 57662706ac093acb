"""What the inbox keeps and what it says: drafts, the end of a transcript, what is new, what was done, and when."""

import re
import uuid
from collections.abc import Callable

import httpx2
import pytest
from playwright.sync_api import Dialog, Page, StorageState, expect

from tests.agent import session, sign_in
from tests.demo import Demo
from tests.test_attachments import picture
from tests.visitor import Visitor
from tests.walks.conftest import OpenPage
from tests.walks.shop import until
from tests.walks.test_inbox import DESKTOP, PHONE, choose, composer, entry, row

SHORT = {"viewport": {"width": 1280, "height": 600}, "locale": "en-GB"}


@pytest.fixture
def inbox(open_page: OpenPage, demo: Demo, owner: StorageState) -> Page:
    """The inbox on a wide screen, signed in as the owner."""
    return open_page(f"{demo.server}/inbox/open", storage_state=owner, **DESKTOP)


def solved(demo: Demo, _visitor: Visitor, number: int) -> None:
    """Another agent sets the ticket to solved."""
    demo.api("PATCH", f"/tickets/{number}", {"status": "solved"})


def withdrawn(demo: Demo, visitor: Visitor, _number: int) -> None:
    """The visitor takes everything back."""
    path = f"{demo.server}/widget/{demo.site_key}/sessions"
    httpx2.delete(path, headers={"Authorization": f"Bearer {visitor.token}"}).raise_for_status()


@pytest.mark.parametrize("leaves", [solved, withdrawn])
def test_a_ticket_that_leaves_makes_nothing_new(
    inbox: Page, demo: Demo, leaves: Callable[[Demo, Visitor, int], None]
) -> None:
    with Visitor(demo, "Stays") as stays, Visitor(demo, "Leaves") as one:
        stays.say("I stay where I am")
        number = one.say("I leave in a moment")["ticket"]
        row(inbox, "I leave in a moment").hover()
        leaves(demo, one, number)
        with Visitor(demo, "Comes") as comes:
            comes.say("I am new here")
            expect(inbox.locator(".new-bar")).to_have_text("1 new")
            inbox.locator("ticket-view").hover()
            expect(row(inbox, "I am new here")).to_be_visible()
            expect(row(inbox, "I leave in a moment")).to_have_count(0)
            row(inbox, "I am new here").hover()
            leaves(demo, comes, demo.api("GET", "/tickets?status=open&limit=1")["items"][0]["number"])
            inbox.wait_for_timeout(1500)
            expect(inbox.locator(".new-bar")).to_be_hidden()


def test_other_tickets_follow_what_happens_to_them(inbox: Page, demo: Demo) -> None:
    with Visitor(demo, "Twice") as visitor:
        first = visitor.say("My first question")["ticket"]
        row(inbox, "My first question").click()
        expect(inbox.locator(".others")).to_contain_text("No others.")
        demo.api("PATCH", f"/tickets/{first}", {"status": "solved"})
        visitor.send({"type": "hello", "token": visitor.token, "last_seq": 1, "fresh": True})
        second = visitor.say("My second question")["ticket"]
        assert second != first
        inbox.locator("ticket-view").hover()
        row(inbox, "My second question").click()
        expect(inbox.locator(".ticket-number")).to_have_text(f"#{second}")
        expect(inbox.locator(".others")).to_contain_text(f"#{first}")
        expect(inbox.locator(".others")).to_contain_text("Solved")
        demo.api("PATCH", f"/tickets/{first}", {"status": "trash"})
        expect(inbox.locator(".others")).to_contain_text("No others.")


def test_a_transcript_is_at_its_end_whatever_comes_and_shows_what_one_sends(
    open_page: OpenPage, demo: Demo, owner: StorageState
) -> None:
    with Visitor(demo, "Pictures") as visitor:
        for number in range(12):
            visitor.say(f"A line before the picture {number}")
        path, bearer = f"{demo.server}/widget/{demo.site_key}/attachments", {"Authorization": f"Bearer {visitor.token}"}
        sent = {"file": ("pot.jpg", picture(size=(900, 1200)), "image/jpeg")}
        file = httpx2.post(path, files=sent, headers=bearer).json()
        visitor.send({"type": "message", "id": str(uuid.uuid4()), "text": "", "attachments": [file["id"]]})
        number = visitor.wait_for("ack")["ticket"]
        page = open_page(f"{demo.server}/inbox/open/{number}", storage_state=owner, **SHORT)
        image = page.locator(".entry img")
        expect(image).to_be_visible()
        page.wait_for_load_state("networkidle")
        assert (image.get_attribute("width"), image.get_attribute("height")) == ("240", "180"), (
            "the camera had lain on its side"
        )
        assert from_end(page) < 3
        expect(page.locator(f"ticket-list .row[data-number='{number}']")).to_contain_text("A file")
        page.locator("ticket-transcript .scroll").evaluate("scroll => { scroll.scrollTop = 0 }")
        composer(page).fill("Here is what I say")
        composer(page).press("Enter")
        expect(entry(page, "Here is what I say")).to_be_in_viewport()
        assert from_end(page) < 3


def from_end(page: Page) -> float:
    """How many px the transcript is from its end."""
    far: float = page.locator("ticket-transcript .scroll").evaluate(
        "s => s.scrollHeight - s.scrollTop - s.clientHeight"
    )
    return far


def test_a_draft_outlives_a_reload_and_ends_when_it_is_sent(inbox: Page, demo: Demo) -> None:
    with Visitor(demo, "Drafty") as visitor:
        visitor.say("Write to me slowly")
        row(inbox, "Write to me slowly").click()
        expect(entry(inbox, "slowly")).to_be_visible()
        composer(inbox).fill("Not quite done")
        inbox.get_by_text("Note", exact=True).click()
        composer(inbox).fill("Nor is this")
        inbox.reload()
        expect(composer(inbox)).to_have_value("Not quite done")
        inbox.get_by_text("Note", exact=True).click()
        expect(composer(inbox)).to_have_value("Nor is this")
        composer(inbox).press("Enter")
        expect(entry(inbox, "Nor is this")).to_be_visible()
        inbox.get_by_text("Reply", exact=True).click()
        composer(inbox).press("Enter")
        expect(entry(inbox, "Not quite done")).to_be_visible()
        inbox.reload()
        expect(entry(inbox, "slowly")).to_be_visible()
        expect(composer(inbox)).to_have_value("")
        assert inbox.evaluate("({...sessionStorage})") == {}


def test_a_draft_ends_with_the_session(open_page: OpenPage, own_demo: Demo) -> None:
    with Visitor(own_demo, "Drafty") as visitor:
        number = visitor.say("Write to me slowly")["ticket"]
    state = session(own_demo)
    page = open_page(f"{own_demo.server}/inbox/open/{number}", storage_state=state, **DESKTOP)
    expect(entry(page, "slowly")).to_be_visible()
    composer(page).fill("Only mine")
    stored, named = page.evaluate("[sessionStorage.getItem('lethe:drafts'), name.slice('lethe:'.length)]")
    halves = bytes.fromhex(stored), bytes.fromhex(named)
    assert not any(b"Only mine" in each for each in halves), "neither what goes to the disk nor the other says it"
    assert b"Only mine" in bytes(one ^ other for one, other in zip(*halves, strict=True))
    page.locator(".me summary").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/signin"))
    assert page.evaluate("({...sessionStorage})") == {}
    assert page.evaluate("name") == ""
    page.evaluate(
        """async number => new (await import("/static/drafts.js")).Drafts("somebody else")
            .put(number, "reply", "not yours")""",
        number,
    )
    assert page.evaluate("sessionStorage.length") == 1
    sign_in(page, own_demo)
    page.goto(f"{own_demo.server}/inbox/open/{number}")
    expect(entry(page, "slowly")).to_be_visible()
    expect(composer(page)).to_have_value("")
    assert page.evaluate("({...sessionStorage})") == {}


@pytest.mark.parametrize("look", [DESKTOP, PHONE], ids=["wide", "phone"])
def test_what_was_done_is_said_beside_what_is_being_written_and_not_in_the_next_ticket(
    open_page: OpenPage, demo: Demo, owner: StorageState, look: dict[str, object]
) -> None:
    with Visitor(demo, "One") as one, Visitor(demo, "Other") as other:
        number = one.say("Something to be done")["ticket"]
        next_one = other.say("The next ticket")["ticket"]
    page = open_page(f"{demo.server}/inbox/open/{number}", storage_state=owner, **look)
    expect(entry(page, "Something to be done")).to_be_visible()
    choose(page, "Set to pending")
    toast = page.locator(".toast")
    expect(toast).to_be_visible()
    said, written = toast.bounding_box(), page.locator("message-composer").bounding_box()
    assert said
    assert written
    assert said["y"] + said["height"] <= written["y"] or said["x"] + said["width"] <= written["x"]
    page.evaluate(
        "number => { history.pushState(null, '', `/inbox/open/${number}`); dispatchEvent(new Event('popstate')) }",
        next_one,
    )
    expect(entry(page, "The next ticket")).to_be_visible()
    expect(toast).to_have_count(0)


def test_leaving_a_form_that_was_changed_is_asked_about(open_page: OpenPage, demo: Demo, owner: StorageState) -> None:
    asked: list[str] = []

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    for path, field in (
        ("notice", "[id='en.text']"),
        ("site", "#privacy_note"),
        ("privacy", "#reason"),
        ("agents", "#email"),
    ):
        page = open_page(f"{demo.server}/admin/{path}", storage_state=owner, **DESKTOP)
        page.on("dialog", stay)
        page.locator(field).press_sequentially("half a sentence")
        page.get_by_role("link", name="Erasures").click()
        until(page, lambda: asked)
        page.wait_for_timeout(300)
        assert asked == ["beforeunload"], path
        assert page.url.endswith(path)
        asked.clear()
        page.locator(field).press("Control+z")
        for _ in "half a sentence":
            page.locator(field).press("Backspace")
        page.remove_listener("dialog", stay)
    page.goto(f"{demo.server}/admin/notice")
    page.get_by_role("link", name="Erasures").click()
    expect(page).to_have_url(re.compile("/admin/erasures"))


def test_times_are_the_readers_own_and_the_exact_one_stands_behind_them(
    open_page: OpenPage, demo: Demo, owner: StorageState
) -> None:
    for locale, zone, written in (
        ("en-GB", "Pacific/Auckland", r"\d{1,2} \w{3,4} \d{4}, \d{2}:\d{2}:\d{2}"),
        ("el-GR", "Europe/Athens", r"\d{1,2} [Α-Ωα-ωίόύάήέώΐ]{3,4}\.? \d{4}, \d{2}:\d{2}:\d{2}"),
    ):
        page = open_page(f"{demo.server}/admin/audit", storage_state=owner, locale=locale, timezone_id=zone)
        first = page.locator("tbody time").first
        expect(first).to_have_text(re.compile(f"^{written}$"))
        at = first.get_attribute("datetime") or ""
        assert first.get_attribute("title") == f"{at[:10]} {at[11:19]} UTC"
        hour = page.evaluate("([at, zone]) => new Date(at).toLocaleTimeString('en-GB', {timeZone: zone})", [at, zone])
        assert hour in first.inner_text()
        assert page.locator("time:not([title])").count() == 0


def test_keys_solve_assign_and_mark(inbox: Page, demo: Demo) -> None:
    with Visitor(demo, "Keys") as visitor:
        number = visitor.say("By keyboard, please")["ticket"]
        row(inbox, "By keyboard, please").click()
        expect(entry(inbox, "By keyboard")).to_be_visible()
        inbox.keyboard.press("a")
        expect(inbox.locator("[data-action=assignee]")).not_to_have_value("")
        inbox.keyboard.press("!")
        expect(inbox.locator("[data-action=spam]")).to_have_text("Not spam")
        inbox.keyboard.press("!")
        expect(inbox.locator("[data-action=spam]")).to_have_text("Spam")
        inbox.keyboard.press("s")
        expect(inbox.locator(".toast")).to_contain_text(f"#{number} is solved.")
        assert demo.api("GET", f"/tickets/{number}")["status"] == "solved"


def test_a_few_keys_lead_past_the_list_to_what_was_said(inbox: Page, demo: Demo) -> None:
    with Visitor(demo, "Keys") as visitor:
        number = visitor.say("Far below the list")["ticket"]
    inbox.goto(f"{demo.server}/inbox/open/{number}")
    expect(entry(inbox, "Far below the list")).to_be_visible()
    assert past(inbox) <= 12
    inbox.keyboard.press("Enter")
    expect(inbox.locator("ticket-transcript .scroll")).to_be_focused()
    inbox.goto(f"{demo.server}/inbox/open")
    expect(row(inbox, "Far below the list")).to_be_visible()
    assert past(inbox) > 12, "the control: where no ticket is open there is nothing to go to"


def past(page: Page) -> int:
    """After how many keys the button that leads past the list has the focus; 13 where it has not until then."""
    for count in range(1, 13):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.matches('inbox-app > .skip')"):
            return count
    return 13
