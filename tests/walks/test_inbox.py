"""The inbox in a real browser, beside visitors in another or at the end of a socket."""

import re

import pytest
from playwright.sync_api import FrameLocator, Locator, Page, Route, StorageState, WebSocketRoute, expect

from tests import sample
from tests.demo import Demo
from tests.visitor import Visitor
from tests.walks.conftest import OpenPage
from tests.walks.line import refuse
from tests.walks.shop import until
from tests.walks.test_widget_refusals import broken

DESKTOP = {"viewport": {"width": 1440, "height": 900}, "locale": "en-GB"}
PHONE = {"viewport": {"width": 390, "height": 844}, "locale": "en-GB"}


def row(page: Page, text: str) -> Locator:
    return page.locator("ticket-list .row", has_text=text)


def entry(page: Page, text: str) -> Locator:
    return page.locator("ticket-transcript .entry", has_text=text)


def composer(page: Page) -> Locator:
    return page.locator("message-composer textarea")


def choose(page: Page, action: str) -> None:
    """Do something that is in the menu of the open ticket."""
    page.locator("[data-action=more]").click()
    page.locator("ticket-actions").get_by_role("button", name=action, exact=True).click()


def agreed(shop: Page) -> FrameLocator:
    """Open the widget and agree."""
    shop.locator("lethe-chat button").click()
    frame = shop.frame_locator("iframe")
    frame.locator("#purpose-chat").check()
    frame.locator("consent-notice form button.primary").click()
    frame.locator("textarea").wait_for()
    return frame


@pytest.fixture
def inbox(open_page: OpenPage, demo: Demo, owner: StorageState) -> Page:
    """The inbox on a wide screen, signed in as the owner."""
    return open_page(f"{demo.server}/inbox/open", storage_state=owner, **DESKTOP)


def test_a_visitor_in_the_shop_and_an_agent_in_the_inbox_talk(inbox: Page, open_page: OpenPage, demo: Demo) -> None:
    shop = open_page(demo.shop, locale="en-GB")
    frame = agreed(shop)
    frame.locator("textarea").fill("Is the tall pot frost-proof?")
    frame.locator("textarea").press("Enter")
    row(inbox, "frost-proof").click()
    expect(entry(inbox, "frost-proof")).to_be_visible()

    composer(inbox).press_sequentially("It is, d")
    expect(frame.get_by_text(re.compile(r"typing|Anna"))).not_to_have_count(0)
    composer(inbox).fill("It is, down to ten below.")
    composer(inbox).press("Enter")
    expect(frame.get_by_text("It is, down to ten below.")).to_be_visible()
    expect(inbox.locator(".entry-foot", has_text="Seen")).to_be_visible()

    frame.locator("textarea").press_sequentially("Wonderful")
    expect(inbox.locator(".typing", has_text="is typing")).to_be_visible()


def test_a_note_is_marked_and_reaches_no_visitor(inbox: Page, demo: Demo) -> None:
    with Visitor(demo, "Nora") as visitor:
        visitor.say("May I have a discount on twelve?")
        row(inbox, "discount on twelve").click()
        expect(entry(inbox, "discount")).to_be_visible()
        inbox.keyboard.press("n")
        expect(composer(inbox)).to_have_attribute("aria-label", "Write a note only agents see")
        inbox.keyboard.type("Only if she pays at once")
        inbox.keyboard.press("Enter")
        note = entry(inbox, "pays at once")
        expect(note).to_contain_text("Only agents see this")
        inbox.keyboard.press("Escape")
        inbox.keyboard.press("r")
        inbox.keyboard.type("Ten in the hundred, gladly.")
        inbox.keyboard.press("Enter")
        heard = visitor.wait_for("message")
        assert (heard["seq"], heard["text"]) == (2, "Ten in the hundred, gladly.")


def test_a_changed_status_moves_the_ticket_for_every_agent_at_once(
    inbox: Page, open_page: OpenPage, demo: Demo, owner: StorageState
) -> None:
    other = open_page(f"{demo.server}/inbox/open", storage_state=owner, **DESKTOP)
    with Visitor(demo, "Stella") as visitor:
        number = visitor.say("Where do I leave the crate?")["ticket"]
    row(inbox, "leave the crate").click()
    expect(row(other, "leave the crate")).to_be_visible()
    inbox.get_by_role("button", name="Solve", exact=True).click()
    inbox.locator("toast-line .toast").hover()  # or what was done is said, and can be undone, for 8 s
    expect(row(other, "leave the crate")).to_have_count(0)
    other.goto(f"{demo.server}/inbox/solved")
    expect(row(other, "leave the crate")).to_be_visible()

    inbox.get_by_role("button", name="Undo").click()
    expect(inbox).to_have_url(f"{demo.server}/inbox/open/{number}")
    expect(inbox.get_by_role("button", name="Solve", exact=True)).to_be_visible()
    assert demo.api("GET", f"/tickets/{number}")["status"] == "open"


def test_a_held_message_is_shown_only_when_asked_for_and_is_released(inbox: Page, demo: Demo) -> None:
    with Visitor(demo, "Hermes") as visitor:
        visitor.say("Good morning from Hermes")
        assert visitor.say(sample.SPAM)["held"] is True
    row(inbox, "Hermes").hover()
    inbox.locator("[data-view=quarantine]").click()
    row(inbox, "Hermes").click()
    held = inbox.locator(".entry.is-held")
    expect(held).to_contain_text("quarantined as likely spam")
    expect(inbox.get_by_text("CHEAP FOLLOWERS")).to_have_count(0)
    held.get_by_role("button", name="Show").click()
    expect(held).to_contain_text("CHEAP FOLLOWERS")
    held.get_by_role("button", name="Not spam").click()
    expect(inbox.locator(".entry .bubble", has_text="CHEAP FOLLOWERS")).to_be_visible()
    expect(inbox.locator(".entry.is-held")).to_have_count(0)

    choose(inbox, "Spam")
    expect(inbox.locator(".entry.is-held")).to_have_count(2)


@pytest.mark.parametrize("training", [True, False], ids=["agreed", "not agreed"])
def test_a_mark_says_whether_it_was_learnt(inbox: Page, demo: Demo, *, training: bool) -> None:
    name = f"Marta {training}"
    with Visitor(demo, name, training=training) as visitor:
        visitor.say("Good morning, a question about the saucer")
    row(inbox, name).click()
    toast = inbox.locator("toast-line")
    choose(inbox, "Spam")
    expect(toast).to_contain_text("Marked as spam")
    expect(toast.get_by_text("learns nothing")).to_have_count(0 if training else 1)
    choose(inbox, "Not spam")
    expect(toast).not_to_contain_text("Marked as spam")
    expect(toast.get_by_text("learns nothing")).to_have_count(0 if training else 1)


def test_hostile_text_is_shown_as_text(inbox: Page, demo: Demo) -> None:
    with Visitor(demo, "<img src=x onerror=alert(1)>") as visitor:
        visitor.say(sample.HOSTILE)
        visitor.say("🌿" * 5000)
        visitor.say("javascript:alert(1) http://safe.example/<script>")
    row(inbox, "<img src=x").click()
    expect(entry(inbox, "<script>alert(1)</script>")).to_be_visible()
    expect(inbox.locator(".ticket-title")).to_contain_text("<img src=x onerror=alert(1)>")
    assert inbox.locator("ticket-view :is(img, script, b)").count() == 0
    links = inbox.locator("ticket-transcript a")
    assert [link.get_attribute("href") for link in links.all()] == ["http://safe.example/"]
    assert inbox.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_what_is_new_waits_while_the_pointer_is_over_the_list(inbox: Page, demo: Demo) -> None:
    with Visitor(demo, "First") as visitor:
        visitor.say("I was here first")
    row(inbox, "I was here first").hover()
    with Visitor(demo, "Second") as visitor:
        visitor.say("I came later")
    bar = inbox.get_by_role("button", name="1 new")
    expect(bar).to_be_visible()
    expect(row(inbox, "I came later")).to_have_count(0)
    inbox.locator(".ticket-header, ticket-view").first.hover()
    expect(inbox.locator("ticket-list .row").first).to_contain_text("I came later")


def test_a_reply_written_while_the_line_is_down_goes_out_once_when_it_is_back(
    open_page: OpenPage, demo: Demo, owner: StorageState
) -> None:
    lines, refused = list[WebSocketRoute](), list[WebSocketRoute]()
    down = False

    def line(route: WebSocketRoute) -> None:
        if down:
            refused.append(route)
            refuse(route)
            return
        route.connect_to_server()
        lines.append(route)

    page = open_page("about:blank", storage_state=owner, **DESKTOP)
    page.route_web_socket(re.compile("/ws/agent"), line)
    with Visitor(demo, "Lina") as visitor:
        number = visitor.say("Are you there?")["ticket"]
        page.goto(f"{demo.server}/inbox/open/{number}")
        expect(entry(page, "Are you there?")).to_be_visible()
        down = True
        lines[-1].close(code=1012)
        expect(page.locator(".hint")).to_contain_text("Connection lost")
        composer(page).fill("Here I am.")
        composer(page).press("Enter")
        expect(entry(page, "Here I am.")).to_contain_text("Sending")
        until(page, lambda: refused)
        down = False
        expect(entry(page, "Here I am.")).not_to_contain_text("Sending", timeout=20_000)
        assert visitor.wait_for("message")["text"] == "Here I am."
    stored = [each["text"] for each in demo.api("GET", f"/tickets/{number}/messages")["items"]]
    assert stored == ["Are you there?", "Here I am."]


def test_the_list_is_walked_by_keyboard(inbox: Page, demo: Demo) -> None:
    for name in ("Kassandra", "Kalliope"):
        with Visitor(demo, name) as visitor:
            visitor.say(f"{name} says hello")
    expect(inbox.locator("ticket-list .row").first).to_contain_text("Kalliope")
    inbox.keyboard.press("j")
    inbox.keyboard.press("j")
    inbox.keyboard.press("Enter")
    expect(inbox.locator(".ticket-title")).to_contain_text("Kassandra")
    inbox.keyboard.press("Escape")
    expect(inbox).to_have_url(f"{demo.server}/inbox/open")
    inbox.keyboard.press("?")
    expect(inbox.get_by_role("dialog")).to_contain_text("write a reply")


def test_a_phone_shows_one_column_and_the_way_back(open_page: OpenPage, demo: Demo, owner: StorageState) -> None:
    with Visitor(demo, "Penelope") as visitor:
        visitor.say("From my phone to yours")
    page = open_page(f"{demo.server}/inbox/open", storage_state=owner, **PHONE)
    row(page, "From my phone").click()
    expect(page.locator("ticket-list")).to_be_hidden()
    page.get_by_role("button", name="Contact").click()
    expect(page.locator("contact-card")).to_contain_text("Chat: yes")
    page.locator("contact-card").get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Back to the list").click()
    expect(row(page, "From my phone")).to_be_visible()
    page.go_back()
    expect(entry(page, "From my phone")).to_be_visible()


def test_erasing_names_what_goes_asks_once_and_empties_the_list(inbox: Page, demo: Demo) -> None:
    with Visitor(demo, "Orestes", email="orestes@demo.example") as visitor:
        number = visitor.say("Please forget this one")["ticket"]
    row(inbox, "Please forget this").click()
    inbox.get_by_role("button", name="Erase…").click()
    dialog = inbox.get_by_role("dialog")
    expect(dialog).to_contain_text("Erase Orestes and everything they wrote?")
    expect(dialog).to_contain_text("1 ticket, 1 message.")
    expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    dialog.get_by_role("button", name="Erase").click()
    expect(inbox.get_by_text("The erasure is on its way")).to_be_visible()
    expect(row(inbox, "Please forget this")).to_have_count(0)
    inbox.goto(f"{demo.server}/inbox/open/{number}")
    expect(inbox.get_by_text("This ticket does not exist")).to_be_visible()


def test_a_list_that_cannot_be_read_tries_again(open_page: OpenPage, demo: Demo, owner: StorageState) -> None:
    page = open_page("about:blank", storage_state=owner, **DESKTOP)
    asked = unread(page, demo)
    assert asked == []
    again = page.get_by_role("button", name="Try again")
    again.press("Enter")
    until(page, lambda: asked)
    page.unroute("**/api/v1/tickets?*")
    again.click()
    expect(page.get_by_text("The tickets could not be read.")).to_have_count(0)


def test_the_control_a_list_that_failed_is_read_by_news_without_its_rule(
    open_page: OpenPage, demo: Demo, owner: StorageState
) -> None:
    page = open_page("about:blank", storage_state=owner, **DESKTOP)
    broken(page.context, "static/ticket-list.js", "&& !this.#trouble;", ";")
    assert unread(page, demo) != []


def unread(page: Page, demo: Demo) -> list[str]:
    """A list that could not be read, and then news of the account; what was asked for since it failed."""
    asked: list[str] = []
    count = page.locator("[data-view=unassigned] .view-count span").first

    def refused(route: Route) -> None:
        asked.append(route.request.url)
        route.abort()

    with Visitor(demo, "Nemo") as visitor:
        visitor.say("Is anybody there?")
        page.route("**/api/v1/tickets?*", refused)
        page.goto(f"{demo.server}/inbox/pending")
        expect(page.get_by_text("The tickets could not be read.")).to_be_visible()
        expect(count).to_be_visible()  # the line is up, and what it has read is over
        asked.clear()
        before = count.inner_text()
        with Visitor(demo, "Nemo") as other:
            other.say("News of another ticket")
        expect(count).not_to_have_text(before)
    return asked
