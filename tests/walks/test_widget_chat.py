"""A chat in a real browser, with an agent at the other end: on good lines and bad, through kills and hostile texts."""

import json
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, WebSocket, WebSocketRoute, expect

from tests.lethe import Account, Lethe
from tests.sockets import Frame, Socket
from tests.walks.line import refuse
from tests.walks.shop import Enter, Guest

SLOW = 60_000  # milliseconds; the widget's waits grow, and machines are slow
HOSTILE = (
    "<b>bold</b><img src=x onerror=alert(1)><script>alert(2)</script>",
    "🌿" * 10_000,
    "right \u202eot tfel\u202c and \u2066isolated\u2069",
    "w" * 5_000,
    "javascript:alert(3) &lt;i&gt; {{7*7}} ${7*7} %00",
)


@pytest.fixture
def guest(enter: Enter) -> Guest:
    """Somebody who has agreed."""
    return enter().open().agree()


def numbered(guest: Guest) -> int:
    """The number of the account's one ticket, once it is there."""
    guest.until(lambda: len(guest.account.tickets()) == 1)
    number: int = guest.account.tickets()[0]["number"]
    return number


def watching(account: Account, number: int) -> Socket:
    """An agent who has the ticket open."""
    agent = account.agent()
    agent.get("welcome")
    agent.ask("open", "welcome", ticket=number, last_seq=0)
    return agent


def stored(account: Account, number: int) -> list[tuple[int, str]]:
    return [(each["seq"], each["text"]) for each in account.messages(number)]


def test_both_write_and_see_each_other_typing_there_and_reading(guest: Guest, account: Account) -> None:
    expect(guest.frame.locator(".presence")).to_have_text("Away; answers come here")
    guest.write("Is the tall pot frost-proof?")
    number = numbered(guest)
    with watching(account, number) as agent:
        agent.send("presence", status="online")
        expect(guest.frame.locator(".presence")).to_have_text("Online now")
        agent.send("typing", ticket=number, on=True)
        expect(guest.frame.locator("chat-room .line")).to_contain_text("is typing")
        agent.post("It is, down to ten below.", ticket=number)
        guest.sees("Is the tall pot frost-proof?", "It is, down to ten below.")
        expect(guest.frame.locator("chat-room .line")).to_have_text("")
        agent.send("read", ticket=number, seq=1)
        expect(guest.frame.locator(".standing", has_text="Seen")).to_be_visible()
        assert agent.get("read", seq=2)["author"]["kind"] == "visitor"
        guest.text.press_sequentially("Wonder")
        assert agent.get("typing", on=True)["author"]["kind"] == "visitor"


def test_what_is_typed_and_not_sent_never_leaves_the_browser(enter: Enter) -> None:
    sent: list[str] = []

    def sent_frame(payload: str | bytes) -> None:
        sent.append(str(payload))

    def listening(page: Page) -> None:
        def opened(socket: WebSocket) -> None:
            socket.on("framesent", sent_frame)

        page.on("websocket", opened)

    guest = enter(listening).open().agree()
    guest.text.press_sequentially("unsent-secret")
    guest.text.fill("")
    guest.write("this one I send")
    numbered(guest)
    assert any("this one I send" in frame for frame in sent)
    assert any('"typing"' in frame for frame in sent)
    assert not any("unsent" in frame for frame in sent)


def test_what_comes_while_the_widget_is_closed_is_counted_on_the_button_and_in_the_title(
    guest: Guest, account: Account
) -> None:
    guest.write("Hello?")
    number = numbered(guest)
    guest.frame.get_by_role("button", name="Close chat").click()
    title = guest.page.title()
    with watching(account, number) as agent:
        agent.post("One", ticket=number)
        agent.post("Two", ticket=number)
        expect(guest.page.locator("lethe-chat span")).to_have_text("2")
        expect(guest.button).to_have_attribute("aria-label", "Open chat, 2 new messages")
        expect(guest.page).to_have_title(f"(2) {title}")
        guest.page.reload()  # as on any other page of the shop
        expect(guest.page).to_have_title(f"(2) {title}")
        guest.page.evaluate("document.title = 'Pots'")
        agent.post("Three", ticket=number)
        expect(guest.page).to_have_title("(3) Pots")
        guest.open()
        expect(guest.page.locator("lethe-chat span")).to_be_hidden()
        expect(guest.page).to_have_title("Pots")
        assert agent.get("read", seq=4)["author"]["kind"] == "visitor"


def test_a_reload_in_the_middle_goes_on_where_it_was(guest: Guest, account: Account) -> None:
    guest.write("One", "Two")
    number = numbered(guest)
    guest.until(lambda: len(stored(account, number)) == 2)
    guest.page.reload()
    guest.open()
    guest.sees("One", "Two")
    guest.write("Three")
    guest.sees("One", "Two", "Three")
    guest.until(lambda: stored(account, number) == [(1, "One"), (2, "Two"), (3, "Three")])
    assert len(account.tickets()) == 1


class Cable:
    """The line between widget and server, which may be cut."""

    def __init__(self) -> None:
        self.cut = False
        self.refused = 0
        self._lines: list[tuple[WebSocketRoute, WebSocketRoute]] = []

    def __call__(self, page: Page) -> None:
        """Lies there from now on."""
        page.route_web_socket(re.compile("/ws/visitor"), self._joined)

    def pull(self) -> None:
        """Cuts the line, and lets no new one through."""
        self.cut = True
        for near, far in self._lines:
            near.close(code=1012)
            far.close()
        self._lines.clear()

    def _joined(self, near: WebSocketRoute) -> None:
        if self.cut:
            self.refused += 1
            refuse(near)
            return
        far = near.connect_to_server()
        self._lines.append((near, far))


def test_what_is_written_while_the_line_is_down_goes_out_once_when_it_is_back(enter: Enter, account: Account) -> None:
    cable = Cable()
    guest = enter(cable).open().agree().write("Before")
    number = numbered(guest)
    cable.pull()
    expect(guest.frame.locator("chat-room .line")).to_contain_text("Connection lost")
    guest.write("While it was down", "And once more")
    expect(
        guest.frame.locator(".standing", has_text="Not sent yet").or_(guest.frame.get_by_text("Sending"))
    ).not_to_have_count(0)
    guest.until(lambda: cable.refused > 0)
    cable.cut = False
    expect(guest.frame.locator(".standing", has_text="Sent")).to_be_visible(timeout=SLOW)
    guest.sees("Before", "While it was down", "And once more")
    guest.until(lambda: stored(account, number) == [(1, "Before"), (2, "While it was down"), (3, "And once more")])


def deaf(page: Page, kind: str) -> None:
    """Lets the widget miss the first frame of a kind after a chat has begun, as if the line had swallowed it."""
    page.add_init_script(
        """kind => {
            const Real = WebSocket;
            let missed = false, welcomed = false;
            globalThis.swallowed = 0;
            globalThis.hellos = 0;
            globalThis.WebSocket = class extends Real {
                send(data) {
                    globalThis.hellos += data.includes('"hello"');
                    super.send(data);
                }
                addEventListener(name, action) {
                    super.addEventListener(name, name !== "message" ? action : (event) => {
                        if (!missed && welcomed && JSON.parse(event.data).type === kind) {
                            missed = true;
                            globalThis.swallowed += 1;
                            return;
                        }
                        welcomed = true;
                        action(event);
                    });
                }
            };
        }""".join(["(", f")({json.dumps(kind)});"])
    )


@pytest.mark.parametrize("kind", ["ack", "message"])
def test_a_frame_that_the_line_swallowed_is_made_up_for(enter: Enter, account: Account, kind: str) -> None:
    guest = enter(partial(deaf, kind=kind)).open().agree().write("One")
    number = numbered(guest)
    with watching(account, number) as agent:
        agent.post("Two", ticket=number)
        agent.post("Three", ticket=number)
        expect(guest.frame.get_by_text("Sending")).to_have_count(0, timeout=SLOW)
        guest.sees("One", "Two", "Three")
    assert stored(account, number) == [(1, "One"), (2, "Two"), (3, "Three")]
    inside = next(frame for frame in guest.page.frames if frame.url.startswith(account.lethe.origin))
    assert inside.evaluate("swallowed") == 1
    assert inside.evaluate("hellos") <= 3  # one at the beginning, one or two to make up


def test_a_server_killed_in_the_middle_loses_and_doubles_nothing(guest: Guest, account: Account, lethe: Lethe) -> None:
    texts = [f"Number {count}" for count in range(1, 7)]
    guest.write(*texts[:2])
    number = numbered(guest)
    guest.write(*texts[2:4])
    lethe.kill()
    expect(guest.frame.locator("chat-room .line")).to_contain_text("Connection lost")
    guest.write(*texts[4:])
    lethe.start()
    expect(guest.frame.locator(".standing", has_text="Sent")).to_be_visible(timeout=SLOW)
    guest.sees(*texts)
    guest.until(lambda: stored(account, number) == list(enumerate(texts, 1)))


def test_an_ended_chat_goes_on_or_another_begins(guest: Guest, account: Account) -> None:
    guest.write("One question")
    number = numbered(guest)
    account.rest("PATCH", f"/tickets/{number}", {"status": "solved"})
    expect(guest.frame.get_by_text("This chat has ended.")).to_be_visible()
    guest.frame.get_by_role("button", name="Continue this chat").click()
    guest.write("One more thing")
    guest.sees("One question", "One more thing")
    guest.until(lambda: account.tickets()[0]["status"] == "open")
    assert len(account.tickets()) == 1

    account.rest("PATCH", f"/tickets/{number}", {"status": "solved"})
    guest.frame.get_by_role("button", name="Start another chat").click()
    guest.write("Another question")
    guest.until(lambda: len(account.tickets()) == 2)
    guest.sees("Another question")
    guest.choose("Earlier chats")
    expect(guest.frame.get_by_text("One more thing")).to_be_visible()


def test_a_chat_in_the_trash_cannot_be_continued(guest: Guest, account: Account) -> None:
    guest.write("One question")
    number = numbered(guest)
    account.rest("PATCH", f"/tickets/{number}", {"status": "trash"})
    expect(guest.frame.get_by_text("This chat has ended.")).to_be_visible()
    guest.page.reload()
    guest.open()
    expect(guest.frame.get_by_role("button", name="Start another chat")).to_be_visible()
    expect(guest.frame.get_by_role("button", name="Continue this chat")).to_be_hidden()


def test_an_agents_answer_to_a_solved_ticket_is_sent_and_opens_it(guest: Guest, account: Account) -> None:
    guest.write("One question")
    number = numbered(guest)
    account.rest("PATCH", f"/tickets/{number}", {"status": "solved"})
    inbox = beside(guest, account, number)
    inbox.locator("message-composer textarea").fill("One answer more")
    inbox.get_by_role("button", name="Reopen and send").click()
    guest.sees("One question", "One answer more")
    expect(guest.text).to_be_visible()
    expect(inbox.get_by_role("button", name="Reopen and send")).to_have_count(0)
    assert account.tickets()[0]["status"] == "open"


def test_hostile_text_is_text_on_both_sides(guest: Guest, account: Account) -> None:
    guest.write(*HOSTILE)
    number = numbered(guest)
    guest.until(lambda: len(stored(account, number)) == len(HOSTILE))
    assert guest.said == list(HOSTILE)
    with watching(account, number) as agent:
        for text in HOSTILE:
            agent.post(text, ticket=number)
    guest.sees(*HOSTILE, *HOSTILE)
    inside = guest.frame.locator("message-list")
    assert inside.locator(":is(img, script, b, i):not(.face, bubble i)").count() == 0
    assert guest.frame.locator("body").evaluate("body => body.scrollWidth <= innerWidth")

    inbox = beside(guest, account, number)
    account.rest("PUT", f"/tickets/{number}/spam", {"spam": False})
    shown = inbox.locator("ticket-transcript .bubble")
    expect(shown).to_have_count(2 * len(HOSTILE))
    assert shown.all_text_contents() == [*HOSTILE, *HOSTILE]
    assert inbox.locator("ticket-view :is(img, script, b)").count() == 0
    assert inbox.evaluate("document.documentElement.scrollWidth <= innerWidth")


def beside(
    guest: Guest, account: Account, number: int, before: Callable[[BrowserContext], None] = lambda _: None
) -> Page:
    """The ticket in the inbox, in a browser that is the owner's; `before(context)` is called first."""
    name, _, value = account.sign_in().partition("=")
    browser = guest.context.browser
    assert browser is not None
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="en-GB")
    context.add_cookies([{"name": name, "value": value, "url": account.lethe.origin}])
    before(context)
    page = context.new_page()
    page.goto(f"{account.lethe.origin}/inbox/open/{number}")
    return page


def test_the_widget_speaks_greek_where_the_page_does(enter: Enter, account: Account) -> None:
    guest = enter(attributes={"locale": "el"}).open()
    expect(guest.frame.locator("html")).to_have_attribute("lang", "el")
    expect(guest.button).to_have_attribute("aria-label", re.compile("συνομιλίας"))
    guest.agree().write("Καλησπέρα")
    guest.sees("Καλησπέρα")
    frames: list[Frame] = account.messages(numbered(guest))
    assert [each["text"] for each in frames] == ["Καλησπέρα"]


def test_the_menu_covers_nothing_of_the_header_however_many_lines_it_has(guest: Guest) -> None:
    # Lines of its own: what the widget itself wrote there, it writes again whenever its line comes or goes.
    guest.frame.locator(".who").evaluate(
        "who => who.append(...Array(4).fill().flatMap(() => ['More', document.createElement('br')]))"
    )
    guest.frame.get_by_role("button", name="Your data and choices").click()
    header, menu = (guest.frame.locator(each).bounding_box() for each in ("header", "#menu"))
    assert header is not None
    assert menu is not None
    assert header["height"] > 80
    assert menu["y"] >= header["y"] + header["height"] - 1


def test_from_the_button_to_a_sent_message_by_keyboard_alone(enter: Enter, account: Account) -> None:
    guest = enter()
    keyboard: Any = guest.page.keyboard
    expect(guest.button).to_be_visible()
    keyboard.press("Tab")
    expect(guest.button).to_be_focused()
    keyboard.press("Enter")
    expect(guest.box).to_be_visible()
    for _ in range(12):
        if guest.box.evaluate("box => box === document.activeElement"):
            break
        keyboard.press("Tab")
    expect(guest.box).to_be_focused()
    keyboard.press("Space")
    keyboard.press("Enter")
    expect(guest.text).to_be_focused()
    keyboard.type("By keyboard")
    keyboard.press("Shift+Enter")
    keyboard.type("alone")
    keyboard.press("Enter")
    guest.sees("By keyboard\nalone")
    assert stored(account, numbered(guest)) == [(1, "By keyboard\nalone")]
