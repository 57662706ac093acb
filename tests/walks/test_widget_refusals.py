"""What others tell the widget and the inbox: another window, a proxy in between, the browser's own language."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, Route, WebSocketRoute, expect

from chat.core.clock import DAY
from tests.lethe import Account
from tests.walks.shop import Enter, Guest
from tests.walks.test_widget_chat import beside, numbered, stored, watching

ROOT = Path(__file__).parents[2]
Before = Callable[[Page], None]
UNNAMED = '{"type":"error","code":"invalid_frame","detail":"no"}'


def broken(context: BrowserContext, file: str, whole: str, instead: str) -> None:
    """Takes a defence out of a script, by itself or joined with others, where blanks are left out."""
    all_broken(context, (file, whole, instead))


def all_broken(context: BrowserContext, *changes: tuple[str, str, str]) -> None:
    """Takes several out, each of a file."""
    assert all(whole in (ROOT / file).read_text("utf-8") for file, whole, _ in changes), "the defence is written so"
    sent = [(re.compile(r"\s*".join(map(re.escape, whole.split()))), instead) for _, whole, instead in changes]

    def served(route: Route) -> None:
        answer = route.fetch()
        text = answer.text()
        for each, better in sent:
            text = each.sub(better.replace("\\", r"\\"), text)
        route.fulfill(response=answer, body=text)

    context.route(re.compile(r"/(static|widget-assets)/.*\.js(\?|$)"), served)


def read_elsewhere(guest: Guest, account: Account) -> None:
    """Another window of the same visitor reads one answer; then a second comes, which neither has read."""
    guest.write("Hello?")
    number = numbered(guest)
    other = Guest(guest.context.new_page(), account)
    other.page.goto(guest.page.url)
    other.open().sees("Hello?")
    for each in (guest, other):
        each.frame.get_by_role("button", name="Close chat").click()
    with watching(account, number) as agent:
        agent.post("One", ticket=number)
        for each in (guest, other):
            expect(each.page.locator("lethe-chat span")).to_have_text("1")
        other.page.bring_to_front()
        other.open()
        agent.get("read", seq=2)
        other.frame.get_by_role("button", name="Close chat").click()
        expect(other.page.locator("lethe-chat iframe")).to_be_hidden()  # what comes before is read at once
        agent.post("Two", ticket=number)
        expect(other.page.locator("lethe-chat span")).to_have_text("1")


def test_what_one_window_has_read_the_others_know(enter: Enter, account: Account) -> None:
    guest = enter().open().agree()
    read_elsewhere(guest, account)
    expect(guest.page.locator("lethe-chat span")).to_have_text("1")


def test_a_window_that_is_deaf_to_it_counts_what_was_read(enter: Enter, account: Account) -> None:
    whole = "this.transcript.read[frame.author.kind] = frame.seq"
    guest = enter(lambda page: broken(page.context, "widget/conversation.js", whole, "")).open().agree()
    read_elsewhere(guest, account)
    expect(guest.page.locator("lethe-chat span")).to_have_text("2")


def refusing(near: WebSocketRoute) -> None:
    """As a proxy, or an older server, that cannot read a frame and cannot say which."""
    far = near.connect_to_server()

    def sent(data: str | bytes) -> None:
        if "poison" in str(data):
            near.send(UNNAMED)
        else:
            far.send(data)

    near.on_message(sent)


def test_a_refusal_that_names_no_message_is_of_the_one_sent_last(enter: Enter, account: Account) -> None:
    guest = enter(lambda page: page.route_web_socket(re.compile("/ws/visitor"), refusing)).open().agree().write("One")
    guest.sees("One")
    guest.write("poison")
    expect(guest.frame.get_by_text("Not sent.")).to_be_visible()
    guest.write("Two")
    number = numbered(guest)
    guest.until(lambda: [text for _, text in stored(account, number)] == ["One", "Two"])


def answering(guest: Guest, account: Account, before: Callable[[BrowserContext], None]) -> Page:
    """An agent behind such a proxy answers something that is refused, then something that is not."""
    guest.write("Hello?")
    number = numbered(guest)
    page = beside(guest, account, number, before)
    expect(page.locator("ticket-transcript .bubble")).to_have_text(["Hello?"])
    for text in ("poison", "Two"):
        page.locator("message-composer textarea").fill(text)
        page.locator("message-composer textarea").press("Enter")
    guest.sees("Hello?", "Two")
    expect(page.locator("ticket-transcript .bubble", has_text="Two")).to_be_visible()
    return page


def behind(context: BrowserContext) -> None:
    """The agent's socket goes through the proxy."""
    context.route_web_socket(re.compile("/ws/agent"), refusing)


def test_an_agents_message_that_is_refused_without_its_name_is_failed(enter: Enter, account: Account) -> None:
    page = answering(enter().open().agree(), account, behind)
    failed = page.locator(".entry-foot.is-failed")
    expect(failed).to_have_count(1)
    expect(failed).to_contain_text("Not sent")
    expect(page.locator("ticket-transcript .entry", has=failed).locator(".bubble")).to_have_text("poison")


def test_without_that_rule_it_waits_for_ever(enter: Enter, account: Account) -> None:
    def careless(context: BrowserContext) -> None:
        behind(context)
        broken(context, "static/model.js", "? this.outbox.last : undefined", "? undefined : undefined")

    page = answering(enter().open().agree(), account, careless)
    assert page.locator(".entry-foot.is-failed").count() == 0


WORD = r"[^\s\d,]+"
WRITTEN = {
    "en-GB": (
        "en",
        rf"{WORD},? \d{{1,2}} {WORD} \d{{4}}",
        r"\d\d:\d\d",
        rf"\d{{1,2}} {WORD} \d{{4}} at \d\d:\d\d",
    ),
    "en-US": (
        "en",
        rf"{WORD}, {WORD} \d{{1,2}}, \d{{4}}",
        r"\d{1,2}:\d\d\s[AP]M",
        rf"{WORD} \d{{1,2}}, \d{{4}} at .*[AP]M",
    ),
    "el-GR": (
        "el",
        rf"{WORD},? \d{{1,2}} {WORD} \d{{4}}",
        r"\d{1,2}:\d\d\s[πμ]\.μ\.",
        rf"\d{{1,2}} {WORD} \d{{4}} .*[πμ]\.μ\.",
    ),
}
"""Of each browser: the page's language, and how a day, a time and a moment are written there (CLDR)."""


def days_later(guest: Guest) -> Guest:
    """Somebody who comes back when what they wrote is of an earlier week."""
    guest.open().agree().write("Hello?")
    expect(guest.frame.locator(".standing")).to_be_visible()
    numbered(guest)
    now = int(guest.page.evaluate("Date.now()"))
    guest.page.context.clock.set_fixed_time(now + 5 * DAY)
    guest.page.reload()
    guest.open().sees("Hello?")
    return guest


def dates(guest: Guest, browsers: str) -> None:
    """The dates on the screen are as that browser's people write them."""
    _, day, time, moment = WRITTEN[browsers]
    expect(guest.frame.locator("message-list .day")).to_have_text(re.compile(f"^{day}$"))
    shown = guest.frame.locator("message-line time")
    expect(shown).to_have_text(re.compile(f"^{time}$"))
    expect(shown).to_have_attribute("title", re.compile(f"^{moment}$"))


@pytest.mark.parametrize("browsers", WRITTEN)
def test_dates_are_written_as_the_browsers_people_write_them(enter: Enter, browsers: str) -> None:
    guest = enter(attributes={"locale": WRITTEN[browsers][0]}, locale=browsers)
    dates(days_later(guest), browsers)


def test_dates_by_the_pages_language_alone_are_american(enter: Enter) -> None:
    whole = 'navigator.languages.find((each) => each.split("-")[0] === locale) ?? locale'
    guest = enter(lambda page: broken(page.context, "widget/words.js", whole, "locale"), locale="en-GB")
    dates(days_later(guest), "en-US")
