"""Who was erased is in no agent's window: not on the screen, in no attribute, storage or memory of any open page."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, WebSocketRoute, expect

from tests import sample
from tests.chance import dice
from tests.lethe import Account, Contact
from tests.walks.canary import in_window, on_screen, rare
from tests.walks.line import refuse
from tests.walks.test_inbox import choose

WORDS = ("name", "email", "text", "held", "answer", "note", "file", "draft", "jotted")
STATIC = Path(__file__).parent.parent.parent / "static"
PACE, PATIENCE = 200, 60_000
DESKTOP = {"viewport": {"width": 1440, "height": 900}, "locale": "en-GB"}


@dataclass
class Known:
    """Somebody of whom agents know `words`, in the ticket `number`."""

    account: Account
    words: dict[str, str]
    number: int
    contact: str
    withdraw: Callable[[], str]


@pytest.fixture
def known(account: Account) -> Known:
    """Somebody who gave a name, wrote, sent a file, was answered and noted about, and is held for a word."""
    chance = dice("words in windows")
    words = {name: rare(chance) for name in WORDS}
    words["email"] += "@mail.example"
    someone = account.contact(words["name"], email=words["email"])
    bearer = {"Authorization": f"Bearer {someone.token}"}
    file = {"file": (f"{words['file']}.txt", b"nothing", "text/plain")}
    sent = account.lethe.http.post(f"/widget/{account.site}/attachments", files=file, headers=bearer)
    with someone.socket() as line, account.agent() as agent:
        line.get("welcome")
        line.say(f"Where is my {words['text']}?", attachments=[sent.json()["id"]])
        number = line.get("ack")["ticket"]
        agent.say(f"It is at {words['answer']}.", ticket=number)
        agent.get("ack")
        agent.send("note", id="0b0f8c0e-3a4b-4d55-b6a1-3f8d5c1e9a77", ticket=number, text=f"About {words['note']}")
        agent.get("ack")
        line.say(f"{sample.SPAM} {words['held']}")
        assert line.get("ack", ticket=number, held=True)
    return Known(account, words, number, someone.uid, someone.withdraw)


@pytest.fixture
def windows(browser: Browser, known: Known) -> Iterator[BrowserContext]:
    """A browser in which the owner is signed in."""
    context = browser.new_context(**DESKTOP)  # type: ignore[arg-type] # as a browser's context is told
    name, _, value = known.account.sign_in().partition("=")
    context.add_cookies([{"name": name, "value": value, "url": known.account.lethe.origin}])
    yield context
    context.close()


def opened(windows: BrowserContext, known: Known, path: str) -> Page:
    """A page on which the visitor's name can be seen."""
    page = windows.new_page()
    page.goto(f"{known.account.lethe.origin}{path}")
    return page


def working(windows: BrowserContext, known: Known) -> Page:
    """The ticket, with a reply and a note being written, a word just said about it, and a question asked."""
    page = opened(windows, known, f"/inbox/open/{known.number}")
    expect(page.locator(".entry")).to_have_count(4)
    expect(page.locator("contact-card .facts")).to_be_visible()
    page.keyboard.press("r")
    page.keyboard.type(f"A reply about {known.words['draft']}")
    page.keyboard.press("Escape")
    page.keyboard.press("n")
    page.keyboard.type(f"Jotted down: {known.words['jotted']}")
    choose(page, "Set to pending")
    expect(page.locator(".toast")).to_contain_text("is pending")
    page.get_by_role("button", name="Erase…").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    return page


def listed(windows: BrowserContext, known: Known) -> Page:
    """The list under a pointer, which holds it still."""
    page = opened(windows, known, "/inbox/pending")
    page.locator("a.row").hover()
    return page


def left(windows: BrowserContext, known: Known) -> Page:
    """An inbox whose agent read the ticket, began a reply and went back to another list."""
    page = opened(windows, known, f"/inbox/pending/{known.number}")
    expect(page.locator(".entry")).to_have_count(4)
    page.keyboard.press("r")
    page.keyboard.type(f"A reply about {known.words['draft']}")
    page.keyboard.press("Escape")
    page.get_by_role("link", name="All open").click()
    expect(page.locator("ticket-view")).to_contain_text("Choose a ticket")
    return page


def elsewhere(windows: BrowserContext, known: Known) -> Page:
    """A tab with a draft that now shows a page about something else."""
    page = left(windows, known)
    page.goto(f"{known.account.lethe.origin}/admin/site")
    return page


def held(windows: BrowserContext, known: Known) -> Page:
    """The quarantine."""
    page = opened(windows, known, "/admin/quarantine")
    expect(page.locator(".held > li")).not_to_have_count(0)
    return page


def held_ticket(windows: BrowserContext, known: Known) -> Page:
    """The ticket with its held message shown."""
    page = opened(windows, known, f"/inbox/quarantine/{known.number}")
    page.locator(".held-actions button", has_text="Show").click()
    expect(page.locator(".held-text")).to_be_visible()
    return page


def exported(windows: BrowserContext, known: Known) -> Page:
    """The list of exports."""
    known.account.rest("POST", f"/contacts/{known.contact}/exports")
    page = opened(windows, known, "/admin/exports")
    expect(page.locator(f"[data-contact='{known.contact}']")).to_be_visible()
    return page


EVERY = (working, listed, left, elsewhere, exported, held, held_ticket)
KINDS = (working, left, held, held_ticket)
"""Whose memory is read too, which takes long: of each script and of each way to know somebody there is one."""
SHOWN = [
    {"name", "email", "text", "answer", "note", "file", "draft", "jotted"},
    {"name"},
    {"draft"},
    {"draft"},
    set(),
    {"name", "held"},
    {"name", "email", "text", "answer", "note", "file", "held"},
]


def test_who_withdraws_is_gone_from_every_open_window_at_once(windows: BrowserContext, known: Known) -> None:
    pages = [draw(windows, known) for draw in EVERY]
    assert [set(on_screen(page, known.words)) for page in pages] == SHOWN
    number = known.withdraw()
    for page in (pages[0], pages[-1]):
        expect(page.locator("ticket-view")).to_contain_text("The visitor withdrew at ")
        expect(page.locator("ticket-view")).to_contain_text(f"Everything was erased; certificate …{number[-8:]}")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(page.locator(".toast")).to_have_count(0)
    for page in (pages[4], pages[5]):
        expect(page.locator(".notice.erased")).to_contain_text(f"Everything was erased; certificate …{number[-8:]}")
    for page in pages:
        expect(page.locator(f"[data-number='{known.number}'], [data-contact='{known.contact}']")).to_have_count(0)
    for page, draw in zip(pages, EVERY, strict=True):
        look = in_window if draw in KINDS else on_screen
        assert look(page, known.words) == [], draw.__name__


def test_what_an_agent_had_typed_cannot_be_taken_back_by_undo(windows: BrowserContext, known: Known) -> None:
    page = working(windows, known)
    other, _ = written(known.account)
    known.withdraw()
    expect(page.locator("ticket-view")).to_contain_text("Everything was erased")
    page.locator(f"[data-number='{other}']").click()
    expect(page.locator(".entry")).not_to_have_count(0)
    for _ in range(3):
        page.keyboard.press("r")
        page.keyboard.press("Control+z")
        page.keyboard.press("Escape")
    assert on_screen(page, known.words) == []


def test_a_window_without_a_line_forgets_when_it_is_back(windows: BrowserContext, known: Known) -> None:
    lines: list[WebSocketRoute] = []
    down = False

    def line(route: WebSocketRoute) -> None:
        if down:
            refuse(route)
            return
        route.connect_to_server()
        lines.append(route)

    windows.route_web_socket(re.compile("/ws/"), line)
    pages = [working(windows, known), listed(windows, known), held(windows, known)]
    down = True
    for each in lines:
        each.close(code=1012)
    known.withdraw()
    assert all(on_screen(page, known.words) for page in pages), "nobody could tell them"
    down = False
    for page in pages:
        waited = 0
        while on_screen(page, known.words) and waited < PATIENCE:
            page.wait_for_timeout(PACE)
            waited += PACE
        assert on_screen(page, known.words) == []


def untold(windows: BrowserContext, known: Known) -> tuple[Page, Callable[[], None]]:
    """The quarantine on a line that says nothing of what happens, and what begins the line anew."""
    lines: list[WebSocketRoute] = []

    def line(route: WebSocketRoute) -> None:
        server = route.connect_to_server()
        if not lines:
            server.on_message(lambda text: route.send(text) if '"welcome"' in str(text) else None)
        lines.append(route)

    windows.route_web_socket(re.compile("/ws/gone"), line)
    page = held(windows, known)

    def again() -> None:
        lines[0].close(code=1012)
        limit = time.monotonic() + PATIENCE / 1000
        while len(lines) < 2:
            assert time.monotonic() < limit, "the page comes back"
            page.wait_for_timeout(PACE)

    return page, again


def purge(known: Known) -> None:
    """Delete the ticket for good."""
    known.account.rest("DELETE", f"/tickets/{known.number}?permanent=true")


def hold(known: Known) -> None:
    """Hold the contact."""
    known.account.rest("PUT", f"/contacts/{known.contact}/hold", {"reason": "a claim", "days": 3})


@pytest.mark.parametrize("take_away", [purge, hold])
def test_a_page_that_heard_nothing_asks_of_what_it_shows(
    windows: BrowserContext, known: Known, take_away: Callable[[Known], None]
) -> None:
    page, again = untold(windows, known)
    take_away(known)
    page.wait_for_timeout(PACE)
    assert on_screen(page, known.words), "nobody told it"
    again()
    expect(page.locator(f"[data-contact='{known.contact}']")).to_have_count(0)
    assert on_screen(page, known.words) == []


def test_that_walk_notices_a_page_that_does_not_ask(windows: BrowserContext, known: Known) -> None:
    whole = 'if (frame.type === "welcome") ask(socket);'
    text = (STATIC / "gone.js").read_text()
    assert whole in text, "the defence is written so"
    body = text.replace(whole, "")
    windows.route("**/static/gone.js", lambda route: route.fulfill(body=body, content_type="text/javascript"))
    page, again = untold(windows, known)
    purge(known)
    again()
    page.wait_for_timeout(10 * PACE)
    assert on_screen(page, known.words)


BROKEN = {
    "tickets are kept": ("model.js", "forget(numbers) {", "forget(numbers) { return;", working),
    "drafts are kept": ("drafts.js", "drop(...tickets) {", "drop(...tickets) { return;", left),
    "the transcript keeps what it showed": ("ticket-transcript.js", "clear() {", "clear() { return;", working),
    "a button holds whom it is about": (
        "ticket-actions.js",
        "draw(summary) {",
        "draw(summary) { window.held = summary;",
        working,
    ),
    "the other pages are deaf": ("gone.js", "each.remove()", "each.hidden = true", held),
}


@pytest.mark.parametrize("defence", BROKEN)
def test_the_walk_notices(windows: BrowserContext, known: Known, defence: str) -> None:
    file, whole, broken, draw = BROKEN[defence]

    text = (STATIC / file).read_text()
    assert whole in text, "the defence is written so"
    body = text.replace(whole, broken)
    windows.route(f"**/static/{file}", lambda route: route.fulfill(body=body, content_type="text/javascript"))
    page = draw(windows, known)
    number = known.withdraw()
    page.wait_for_timeout(200)
    while known.account.rest("GET", f"/erasures/{number}")["state"] != "done":
        page.wait_for_timeout(100)
    assert kept(page, known.words)


def kept(page: Page, words: dict[str, str]) -> list[str]:
    """Those words that a page shows or keeps; where there is none, those in its memory."""
    return on_screen(page, words) or in_window(page, words)


def test_a_word_in_any_corner_of_a_window_is_found(windows: BrowserContext, known: Known) -> None:
    page = opened(windows, known, "/admin/site")
    corners = [
        "document.body.dataset.kept = word",
        "document.querySelector('input[type=text]').value = word",
        "sessionStorage.setItem('kept', word)",
        "localStorage.setItem('kept', word)",
        "history.replaceState({word}, '')",
        "{ const kept = word; addEventListener('storm', () => console.log(kept)) }",
    ]
    for corner, (name, word) in zip(corners, known.words.items(), strict=False):
        page.evaluate(f"word => {{ {corner} }}", word)
        assert kept(page, {name: word}) == [name], corner


def written(account: Account) -> tuple[int, Contact]:
    """Somebody else with a ticket; its number, and who."""
    someone = account.contact("Somebody Else")
    with someone.socket() as line:
        line.get("welcome")
        line.say("Hello")
        return line.get("ack")["ticket"], someone
