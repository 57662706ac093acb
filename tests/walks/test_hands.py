"""
Tickets from hand to hand, each by mouse and by keyboard alone: assigned, transferred with a note, taken by two at once,
many assigned, marked and thrown away and all of it taken back, and who gets them by itself.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, StorageState, expect

from tests.agent import session
from tests.demo import Demo
from tests.visitor import Visitor
from tests.walks.conftest import OpenPage
from tests.walks.shop import until
from tests.walks.test_accessible import found
from tests.walks.test_inbox import DESKTOP, composer, entry, row
from tests.walks.test_people import joined
from tests.walks.test_profile import focus
from tests.walks.test_widget_refusals import broken

State = tuple[str | None, str, bool]
HANDS = ("mouse", "keyboard")
NARROW = {"locale": "el-GR", "color_scheme": "dark", "viewport": {"width": 320, "height": 640}}


@dataclass
class Team:
    """A demo, its owner's name, and the cookies of Xenia, an agent beside them."""

    demo: Demo
    owner: str
    xenia: StorageState

    def waits(self, text: str) -> int:
        """The number of a ticket that somebody began with this."""
        with Visitor(self.demo, "Zoe") as visitor:
            number: int = visitor.say(text)["ticket"]
        return number

    def now(self, number: int) -> dict[str, Any]:
        """A ticket as it is."""
        known: dict[str, Any] = self.demo.api("GET", f"/tickets/{number}")
        return known


@pytest.fixture(scope="module")
def team() -> Iterator[Team]:
    """A demo of these walks, which hand its tickets about."""
    with Demo() as started:
        yield Team(started, started.api("GET", "/agents/me")["name"], joined(started, "Xenia"))


def act(where: Locator, hand: str) -> None:
    """Press it."""
    if hand == "mouse":
        where.click()
    else:
        where.press("Enter")


def pick(where: Locator, name: str, hand: str) -> None:
    """Choose from a list what is called so, by its first letters."""
    if hand == "mouse":
        where.select_option(label=name)
    else:
        where.focus()
        where.page.keyboard.type(name[:2])


@pytest.mark.parametrize("hand", HANDS)
def test_a_ticket_is_assigned_and_transferred_with_a_note(team: Team, open_page: OpenPage, hand: str) -> None:
    asks = f"Pass me on by {hand}"
    number = team.waits(asks)
    mine = open_page(f"{team.demo.server}/inbox/open/{number}", storage_state=session(team.demo), **DESKTOP)
    hers = open_page(f"{team.demo.server}/inbox/mine", storage_state=team.xenia, **DESKTOP)
    expect(entry(mine, asks)).to_be_visible()
    pick(mine.locator("[data-action=assignee]"), "Xenia", hand)
    expect(mine.locator(".toast")).to_contain_text(f"#{number} is assigned anew.")
    act(row(hers, asks), hand)
    expect(entry(hers, asks)).to_be_visible()
    act(hers.locator("[data-action=more]"), hand)
    act(hers.get_by_role("button", name="Transfer…"), hand)
    dialog = hers.get_by_role("dialog")
    pick(dialog.get_by_label("To"), team.owner, hand)
    act(dialog.get_by_role("button", name="Transfer"), hand)
    expect(dialog).to_be_visible()  # it says why first
    why = dialog.get_by_label("Note")
    if hand == "mouse":
        why.click()
    else:
        focus(hers, why)
    hers.keyboard.type("She asks for you by name")
    act(dialog.get_by_role("button", name="Transfer"), hand)
    expect(hers.locator(".toast")).to_contain_text(f"#{number} is transferred.")
    expect(entry(mine, "She asks for you by name")).to_be_visible()
    expect(mine.locator("[data-action=assignee] option:checked")).to_have_text("Me")
    assert team.now(number)["assignee"]["name"] == team.owner


@pytest.mark.parametrize(("hand", "asks_who"), [("mouse", True), ("keyboard", True), ("keyboard", False)])
def test_of_two_who_take_it_at_once_the_second_hears_and_keeps_what_they_wrote(
    team: Team, open_page: OpenPage, hand: str, *, asks_who: bool
) -> None:
    """Without asking whose it is by now, the second takes it from the first: the control."""
    number = team.waits(f"Who takes me by {hand}?")

    def first(route: Route) -> None:
        team.demo.api("POST", f"/tickets/{number}/take")
        route.continue_()

    page = open_page("about:blank", storage_state=team.xenia, **DESKTOP)
    if not asks_who:
        change = "changes.assignee === boot.agent.id && before.assignee === null", "false"
        broken(page.context, "static/ticket-actions.js", *change)
    page.route(re.compile(f"/tickets/{number}(/take)?$"), lambda way: first(way) if is_change(way) else way.continue_())
    page.goto(f"{team.demo.server}/inbox/unassigned/{number}")
    composer(page).fill("I have begun to")
    if hand == "mouse":
        page.locator("[data-action=assignee]").select_option(label="Me")
    else:
        page.locator("ticket-transcript .scroll").focus()
        page.keyboard.press("a")
    if not asks_who:
        expect(page.locator(".toast")).to_contain_text(f"#{number} is assigned anew.")
        assert team.now(number)["assignee"]["name"] == "Xenia"
        return
    expect(page.locator(".toast")).to_contain_text(
        f"{team.owner}\u2069 has taken #{number}. Nothing you wrote is lost."
    )
    expect(page.locator("[data-action=assignee] option:checked")).to_have_text(team.owner)
    expect(composer(page)).to_have_value("I have begun to")
    assert team.now(number)["assignee"]["name"] == team.owner


def is_change(route: Route) -> bool:
    """Whether it changes something."""
    return route.request.method in {"POST", "PATCH"}


OPEN = (None, "open", False)


@pytest.mark.parametrize("hand", HANDS)
def test_many_are_assigned_marked_and_thrown_away_and_that_is_taken_back(
    team: Team, open_page: OpenPage, hand: str
) -> None:
    numbers = [team.waits(f"{word} of two by {hand}") for word in ("First", "Second")]
    page = open_page(f"{team.demo.server}/inbox/unassigned", storage_state=session(team.demo), **DESKTOP)
    bar = page.get_by_role("group", name="Selected tickets")
    rows = page.locator("ticket-list .row", has_text=f"of two by {hand}")

    def select() -> None:
        expect(rows).to_have_count(2)
        if hand == "mouse":
            for each in numbers:
                page.get_by_role("checkbox", name=re.compile(f"#{each}\\b")).check()
            bar.hover()  # while the pointer is over the list nothing moves in it
        else:
            rows.first.focus()
            page.keyboard.press("x")
            page.keyboard.press("Shift+ArrowDown")
        expect(bar).to_contain_text("2 selected")

    def done_and_taken_back(said: str, becomes: State) -> None:
        expect(page.locator(".toast")).to_contain_text(f"2 tickets are {said}.")
        until(page, lambda: states(team, numbers) == [becomes] * 2)
        expect(rows).to_have_count(0)
        act(page.get_by_role("button", name="Undo"), hand)
        page.mouse.move(0, 0)
        until(page, lambda: states(team, numbers) == [OPEN] * 2)

    select()
    pick(bar.get_by_label("Assigned to"), "Xenia", hand)
    done_and_taken_back("assigned anew", ("Xenia", "open", False))
    select()
    act(bar.get_by_role("button", name="Spam"), hand)
    done_and_taken_back("marked as spam", (None, "open", True))
    select()
    act(bar.get_by_role("button", name="trash"), hand)
    done_and_taken_back("in the trash", (None, "trash", False))


def states(team: Team, numbers: list[int]) -> list[State]:
    """Of some tickets: whose they are, their status, and whether they are in quarantine."""
    found = [team.now(each) for each in numbers]
    return [((each["assignee"] or {}).get("name"), each["status"], bool(each["held"])) for each in found]


@dataclass
class Fields:
    """The fields of a page, filled in by one hand."""

    page: Page
    hand: str

    def at(self, field: str) -> Locator:
        """A field by its id."""
        return self.page.locator(f"[id='{field}']")

    def write(self, field: str, text: str) -> None:
        """Put a text in the place of what is there."""
        if self.hand == "mouse":
            self.at(field).fill(text)
            return
        focus(self.page, self.at(field))
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.press("Delete")
        self.page.keyboard.type(text)

    def choose(self, field: str, value: str, steps: int) -> None:
        """Choose from a list; by keyboard so many steps down."""
        if self.hand == "mouse":
            self.at(field).select_option(value)
            return
        focus(self.page, self.at(field))
        for _ in range(abs(steps)):
            self.page.keyboard.press("ArrowDown" if steps > 0 else "ArrowUp")
        expect(self.at(field)).to_have_value(value)

    def save(self, field: str) -> None:
        """Send the form that a field is in."""
        if self.hand == "mouse":
            form = self.page.locator("form", has=self.at(field))
            outside = self.page.locator(f"[type=submit][form='{form.get_attribute('id')}']")
            form.locator("[type=submit]").or_(outside).click()
        else:
            focus(self.page, self.at(field))
            self.page.keyboard.press("Enter")

    def press(self, where: Locator, key: str = "Enter") -> None:
        """Press it."""
        if self.hand == "mouse":
            where.click()
        else:
            focus(self.page, where)
            self.page.keyboard.press(key)

    def sure(self, dialog: str) -> None:
        """Open a dialog that asks whether it is meant, and say that it is."""
        self.press(self.page.locator(f"[popovertarget='{dialog}']").first)
        self.press(self.at(dialog).locator("[type=submit]"))


@pytest.mark.parametrize(("hand", "look"), [("mouse", DESKTOP), ("keyboard", NARROW)], ids=HANDS)
def test_an_admin_says_who_gets_what_waits(team: Team, open_page: OpenPage, hand: str, look: dict[str, object]) -> None:
    api = team.demo.api
    department = api("POST", "/departments", {"name": f"Workshop of {hand}"})["id"]
    agent = next(each["id"] for each in api("GET", "/agents")["items"] if each["name"] == "Xenia")
    page = open_page(f"{team.demo.server}/admin/routing", storage_state=session(team.demo), **look)
    fields = Fields(page, hand)
    fields.choose("usual-mode", "least_busy", 2)
    fields.write("usual-most", "501")
    fields.write("usual-minutes", "10")
    fields.save("usual-minutes")
    expect(page.locator("#usual-most-error")).to_be_visible()
    expect(fields.at("usual-mode")).to_have_value("least_busy")
    assert found(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    fields.write("usual-most", "5")
    fields.save("usual-most")
    expect(page.get_by_role("status")).to_be_visible()
    fields.choose(f"{department}-mode", "round_robin", 2)
    fields.save(f"{department}-most")
    expect(fields.at(f"{department}-mode")).to_have_value("round_robin")
    fields.write(f"{agent}-most", "3")
    fields.save(f"{agent}-most")
    expect(fields.at(f"{agent}-most")).to_have_value("3")
    kept = api("GET", "/routing")
    assert kept["usual"] == {"mode": "least_busy", "most": 5, "minutes": 10}
    assert (kept["departments"][department]["mode"], kept["limits"]) == ("round_robin", {agent: 3})
    for minutes, said in (("1441", page.locator("#waiting_minutes-error")), ("15", page.get_by_role("status"))):
        fields.write("waiting_minutes", minutes)
        fields.save("waiting_minutes")
        expect(said).to_be_visible()
        expect(fields.at("waiting_minutes")).to_have_value(minutes)
    assert api("GET", "/account")["waiting_minutes"] == 15

    fields.write("waiting_minutes", "0")
    fields.save("waiting_minutes")
    expect(fields.at("waiting_minutes")).to_have_value("0")
    fields.choose(f"{department}-mode", "usual", -2)
    fields.save(f"{department}-most")
    fields.write(f"{agent}-most", "")
    fields.save(f"{agent}-most")
    fields.choose("usual-mode", "off", -2)
    fields.save("usual-most")
    expect(fields.at("usual-mode")).to_have_value("off")
    kept = api("GET", "/routing")
    assert (kept["usual"]["mode"], kept["departments"], kept["limits"]) == ("off", {}, {})
