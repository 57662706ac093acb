"""Events are a closed union: each says what it is, its channels carry it, and no listener forgets one."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest

from chat.core import events
from chat.core.deliveries import ChannelOf
from chat.core.model import Ticket
from chat.tickets.actions import changing
from tests.derived import sample
from tests.inside import House, Served, inner_socket

ROOT = Path(__file__).parent.parent
ALL: tuple[type[events.BaseEvent], ...] = get_args(events.Event)
CARRIED: dict[ChannelOf[Any] | str, Any] = {
    events.ticket_channel.kind: events.TicketEvent,
    events.contact_channel.kind: events.ContactEvent,
    events.agents_channel.kind: events.AgentsEvent,
    events.visitors_channel.kind: events.VisitorsEvent,
    events.list_channel.kind: events.ListEvent,
    events.SERVER: events.ServerEvent,
}


def classes(above: type[events.BaseEvent] = events.BaseEvent) -> set[type[events.BaseEvent]]:
    """The classes of events that are made, and not only a base of others."""
    below = above.__subclasses__()
    return set().union(*map(classes, below)) if below else {above}


def test_every_event_is_in_the_union() -> None:
    assert classes() == set(ALL)


@pytest.mark.parametrize("event", ALL, ids=lambda each: each.__name__)
def test_an_event_says_what_it_is_and_travels(event: type[events.BaseEvent]) -> None:
    assert vars(event)["__doc__"]
    assert vars(event)["leaves_server"] in {True, False}
    one = sample(event)
    assert msgspec.json.decode(msgspec.json.encode(one), type=events.Event) == one


@pytest.mark.parametrize("event", ALL, ids=lambda each: each.__name__)
def test_the_channels_of_an_event_carry_it(event: type[events.BaseEvent]) -> None:
    for channel in sample(event).channels():
        assert event in get_args(CARRIED[channel.partition(":")[0]])


def test_each_channel_carries_what_names_it_and_that_events_were_missed() -> None:
    for kind, carried in CARRIED.items():
        named = {each for each in ALL if kind in {name.partition(":")[0] for name in sample(each).channels()}}
        assert set(get_args(carried)) == named | {events.EventsMissed}


def test_no_two_events_have_one_name() -> None:
    assert len({each.__struct_config__.tag for each in ALL}) == len(ALL)


def swallowed(source: str) -> list[int]:
    """The lines of matches on an event that let one pass which no case names."""
    found = [each for each in ast.walk(ast.parse(source)) if isinstance(each, ast.Match)]
    return [each.lineno for each in found if ast.unparse(each.subject) == "event" and not _complete(each.cases[-1])]


def _complete(last: ast.match_case) -> bool:
    """Whether what no case names is refused by its type: by `assert_never`, or by whom it is handed on to."""
    calls = [each for node in last.body for each in ast.walk(node) if isinstance(each, ast.Call)]
    handed = [each for each in calls if any(isinstance(part, ast.Name) and part.id == "event" for part in each.args)]
    return isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None and bool(handed)


def test_who_listens_lets_no_event_pass_unseen() -> None:
    listening = [path for path in ROOT.glob("chat/**/*.py") if ".bus.listen(" in path.read_text()]
    assert len(listening) >= 4
    for path in ROOT.glob("chat/**/*.py"):
        assert not swallowed(path.read_text()), path
    # A view is handed what its visitor's socket hears.
    assert all("match event:" in path.read_text() for path in listening)


@pytest.mark.parametrize(
    "last", ["", "        case _:\n            pass\n", "        case _:\n            event = None\n"]
)
def test_the_control_a_match_that_lets_one_pass_is_found(last: str) -> None:
    source = "def heard(event):\n    match event:\n        case Changed():\n            pass\n"
    assert swallowed(source + last) == [2]
    assert not swallowed(source + "        case _:\n            assert_never(event)\n")


HEARD = """
from typing import assert_never
from chat.core import events
from chat.core.deliveries import Channel

def heard(event: events.ListEvent) -> None:
    match event:
        case events.TicketChanged() | events.TicketGone():
            pass
        {case}
            pass
        case _:
            assert_never(event)

class Moved(events.BaseEvent, frozen=True, tag="moved"):
    def channels(self) -> tuple[Channel[{named}], ...]:
        return (events.list_channel("a"),)
"""


def test_mypy_finds_an_event_that_a_listener_forgets_and_one_that_its_channel_does_not_know(tmp_path: Path) -> None:
    missed, known = "case events.EventsMissed():", "events.TicketChanged"
    (tmp_path / "whole.py").write_text(HEARD.format(case=missed, named=known))
    (tmp_path / "forgets.py").write_text(HEARD.format(case="case None:", named=known))
    (tmp_path / "unknown.py").write_text(HEARD.format(case=missed, named="Moved"))
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    lines = [line for line in done.stdout.splitlines() if ": error:" in line]
    assert {Path(line.partition(":")[0]).name for line in lines} == {"forgets.py", "unknown.py"}, done.stdout
    assert any("EventsMissed" in line and "forgets.py" in line for line in lines)


CHANGES: list[tuple[str, list[type], str]] = [
    ("pending", [events.TicketStatusChanged], ""),
    ("pending", [], ""),
    ("solved", [events.TicketEnded], "ended"),
    ("solved", [], ""),
    ("trash", [events.TicketStatusChanged], "welcome"),
    ("solved", [events.TicketStatusChanged], "welcome"),
    ("open", [events.TicketReopened], "welcome"),
    ("trash", [events.TicketEnded], "ended"),
    ("pending", [events.TicketReopened], "welcome"),
]
"""A status after another, the events of each, and the frame that the visitor gets."""


async def changed(house: House, ticket: Ticket) -> list[list[type]]:
    """Give a ticket one status after another; return what who follows the chat is told of each."""
    heard: list[events.TicketEvent] = []
    house.services.bus.listen(events.ticket_channel(ticket.id), "me", lambda delivery: heard.append(delivery.event))
    received = []
    for status, *_ in CHANGES:
        heard.clear()
        await changing.change(house.services, house.actor, ticket.number, {"status": status})
        received.append([type(each) for each in heard])
    return received


@pytest.mark.anyio
async def test_a_change_of_status_is_published_as_what_it_is(house: House) -> None:
    ticket = (await (await house.visit()).say("hello")).ticket
    assert ticket
    entered = [[events.SystemEntered] if happened else [] for _, happened, _ in CHANGES]
    assert await changed(house, ticket) == [
        [*each, *happened] for each, (_, happened, _) in zip(entered, CHANGES, strict=True)
    ]


@pytest.mark.anyio
@pytest.mark.parametrize("settings", ["sqlite"], indirect=True)
async def test_the_control_a_status_published_without_regard_to_the_one_before_is_found(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(was: Ticket, values: dict[str, Any], _actor: object) -> list[events.Event]:
        ends = values["status"] in {"solved", "trash"}
        return [events.TicketEnded(was.ref, "agent") if ends and not was.ended else events.TicketReopened(was.ref)]

    monkeypatch.setattr(changing, "_status_changed", careless)
    ticket = (await (await house.visit()).say("hello")).ticket
    assert ticket
    assert await changed(house, ticket) != [happened for _, happened, _ in CHANGES]


@pytest.mark.anyio
async def test_a_visitor_hears_of_another_status_once_and_of_none_where_it_is_the_same(app: Served) -> None:
    guest = await app.house.visit("Zoe")
    number = (await guest.say("hello")).number
    async with inner_socket(app, "/ws/visitor", {}) as visitor:
        await visitor("", "websocket.accept")
        await visitor("hello", "welcome", token=guest.begun.token)
        for status, _, frame in CHANGES:
            await changing.change(app.services, app.house.actor, number, {"status": status})
            await visitor("", frame)
        # What is told of a ticket comes in order: a welcome too many would be here before this one.
        for status, frame in (("trash", "ended"), ("open", "welcome")):
            await changing.change(app.services, app.house.actor, number, {"status": status})
            await visitor("", frame)
    received = [(each["type"], each.get("status")) for each in visitor.heard if each["type"] in {"welcome", "ended"}]
    changes = [(frame, status if frame == "welcome" else None) for status, _, frame in CHANGES if frame]
    assert received == [("welcome", "open"), *changes, ("ended", None), ("welcome", "open")]
