"""Agents are called: chosen by keyboard on their profile, by one window alone, with a number and no more."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from chat.agent_profile.domain import is_quiet
from chat.core.model import Notifications, Preferences
from tests.agent import session, signed_in
from tests.demo import Demo
from tests.visitor import Visitor
from tests.walks.conftest import OpenPage
from tests.walks.shop import until
from tests.walks.test_accessible import found

SPY = """
    globalThis.called = [];
    globalThis.Notification = class extends EventTarget {
      static permission = "default";
      static async requestPermission() { return (Notification.permission = globalThis.answer ?? "granted"); }
      constructor(title) { super(); called.push(title); }
      close() {}
    };
    document.hasFocus = () => globalThis.focused ?? false;
    globalThis.undecided = 0;  // whether to call: a window waits for the others, then asks for the lock
    const [later, { locks }] = [setTimeout, navigator];
    globalThis.setTimeout = (work, time, ...more) => {
      if (time !== 250) return later(work, time, ...more);
      undecided += 1;
      return later(() => Promise.resolve(work(...more)).then(() => later(() => (undecided -= 1))), time);
    };
    const request = locks.request.bind(locks);
    locks.request = (name, options, take) => {
      undecided += 1;
      return request(name, options, (lock) => ((undecided -= 1), take(lock)));
    };
"""
QUIET = [
    ("", "", "12:00", False),
    ("22:00", "07:00", "23:30", True),
    ("22:00", "07:00", "07:00", False),
    ("22:00", "07:00", "06:59", True),
    ("09:00", "17:00", "12:00", True),
    ("09:00", "17:00", "17:00", False),
    ("09:00", "09:00", "09:00", False),
]
LAST = {"number": 7, "status": "open", "assignee": None, "last_seq": 3, "held": 0, "unread": 1}


@pytest.fixture
def spied(open_page: OpenPage, own_demo: Demo) -> Page:
    """The owner's profile, in a browser that notes what it is to show."""
    page = open_page(
        "about:blank", storage_state=session(own_demo), locale="en-GB", viewport={"width": 320, "height": 640}
    )
    page.context.add_init_script(SPY)
    page.goto(f"{own_demo.server}/profile")
    return page


def tick(page: Page, label: str) -> None:
    """Tick a box by keyboard."""
    page.get_by_label(label).focus()
    page.keyboard.press("Space")


def calls(*pages: Page) -> list[str]:
    """What was shown in all windows."""
    return [title for page in pages for title in page.evaluate("called")]


def test_an_agent_chooses_it_and_one_window_calls_unless_the_ticket_is_in_sight(spied: Page, own_demo: Demo) -> None:
    page, server = spied, own_demo.server
    page.evaluate("globalThis.answer = 'denied'")
    tick(page, "A notification of the desktop while you look elsewhere")
    expect(page.get_by_text("does not let Lethe show notifications")).to_be_visible()
    page.evaluate("globalThis.answer = 'granted'")
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    expect(page.get_by_text("does not let Lethe show notifications")).to_be_hidden()
    tick(page, "A sound while a window of the inbox is open")
    assert found(page) == []
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_have_text("Saved.")
    expect(page.get_by_label("A sound while a window of the inbox is open")).to_be_checked()

    page.set_viewport_size({"width": 1440, "height": 900})
    other = page.context.new_page()
    for each in (page, other):
        each.goto(f"{server}/inbox/solved")
        each.evaluate("Notification.permission = 'granted'")
        expect(each.locator(".presence[data-state=online]")).to_be_visible()
    with Visitor(own_demo, "Zoe") as visitor:
        visitor.say("Is the tall pot frost-proof? zqxjkv")
        until(page, lambda: calls(page, other))
        # Over all views, and nothing of what was written or who it was.
        until(page, lambda: page.title().startswith("(1)") and other.title().startswith("(1)"))
        assert "icon-unread" in str(page.locator("link[rel=icon]").get_attribute("href"))
        number = max(each["number"] for each in own_demo.api("GET", "/tickets")["items"])
        assert calls(page, other) == [f"New chat: #{number}"]
        before = calls(page)
        other.goto(f"{server}/inbox/open/{number}")
        other.evaluate("globalThis.focused = true")
        expect(other.locator("ticket-transcript .entry", has_text="zqxjkv")).to_be_visible()
        visitor.say("And the small one?")
        expect(other.locator("ticket-transcript .entry", has_text="small one")).to_be_visible()
        # The one that shows the ticket has read it, the other knows, and neither calls.
        until(page, lambda: not page.title().startswith("("))
        until(page, lambda: all(each.evaluate("undecided === 0") for each in (page, other)))
        assert (calls(page), calls(other)) == (before, [])


def test_reasons_and_quiet_hours(open_page: OpenPage, demo: Demo, owner: StorageState) -> None:
    page = open_page(f"{demo.server}/inbox/open", storage_state=owner, locale="en-GB")
    mine = page.evaluate("JSON.parse(document.getElementById('boot').textContent).agent")

    def reason(was: Any, **now: Any) -> Any:
        return page.evaluate(
            "async ([was, now]) => (await import('/static/notifications.js')).reason(was, now)",
            [was and LAST | was, LAST | now],
        )

    assert reason(None) == "new"
    assert reason({"last_seq": 2, "unread": 0, "assignee": mine}, assignee=mine) == "mine"
    # Quarantined, wholly or this message; a colleague's; one's own answer; solved.
    assert reason(None, held=3) is None
    assert reason({"last_seq": 2, "unread": 0}, held=1) is None
    assert reason(None, assignee={"id": "somebody else"}) is None
    assert reason({}, last_seq=4, unread=0) is None
    assert reason(None, status="solved") is None
    for start, end, clock, quiet in QUIET:
        said = page.evaluate(
            """async ([from, until, at]) => (await import('/static/notifications.js'))
                .isQuiet({ quiet_from: from, quiet_until: until }, "UTC", new Date(at))""",
            [start, end, f"2026-11-30T{clock}:00Z"],
        )
        likes = Preferences(time_zone="UTC", notifications=Notifications(quiet_from=start, quiet_until=end))
        at = datetime.fromisoformat(f"2026-11-30T{clock}:00").replace(tzinfo=UTC).timestamp() * 1000
        assert (said, is_quiet(likes, int(at))) == (quiet, quiet), (start, end, clock)
    athens = Preferences(
        time_zone="Europe/Athens", notifications=Notifications(quiet_from="22:00", quiet_until="23:00")
    )
    assert is_quiet(athens, int(datetime(2026, 11, 30, 20, 30, tzinfo=UTC).timestamp() * 1000))
    manifest = page.evaluate("async () => (await fetch(document.querySelector('link[rel=manifest]').href)).json()")
    assert (manifest["start_url"], manifest["display"]) == ("/inbox", "standalone")
    for each in manifest["icons"]:
        assert page.request.get(demo.server + each["src"]).headers["content-type"] == each["type"]


def test_who_was_named_or_given_a_ticket_while_away_finds_it_by_mouse_and_by_keyboard(
    open_page: OpenPage, browser: Browser, demo: Demo
) -> None:
    ann = demo.api("POST", "/agents", {"email": "ann.told@acme.example", "name": "Ann Told", "role": "agent"})
    numbers = []
    for name in ("Mia", "Noa"):
        with Visitor(demo, name) as visitor:
            numbers.append(visitor.say("A question about pots")["ticket"])
        note = {"id": str(uuid4()), "text": "@Ann Told, look", "mentions": [ann["id"]]}
        demo.api("POST", f"/tickets/{numbers[-1]}/notes", note)
    state = signed_in(browser, demo, "ann.told@acme.example", ann["password"], "an entirely new password")
    page = open_page(f"{demo.server}/inbox/solved", storage_state=state, locale="el-GR")
    mentions = page.locator("a[data-view=mentions]")
    expect(mentions).to_contain_text("Αναφορές")
    expect(mentions).to_contain_text("2")
    assert page.title().startswith("(")
    mentions.click()
    page.wait_for_url(f"**/inbox/open/{numbers[0]}")
    expect(mentions).to_contain_text("1")
    mentions.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/inbox/open/{numbers[1]}")
    expect(mentions).to_have_count(0)
    page.reload()
    expect(page.locator(".presence[data-state=online]")).to_be_visible()
    expect(mentions).to_have_count(0)
    demo.api("PATCH", f"/tickets/{numbers[0]}", {"assignee": ann["id"]})
    expect(page.locator("toast-line")).to_contain_text(f"#{numbers[0]}")
