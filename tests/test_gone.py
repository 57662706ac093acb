"""Agents are told at once who is being erased, and after that nothing brings an erased contact back on a screen."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from chat.core import frames
from chat.core.clock import DAY
from chat.core.deliveries import Delivery
from chat.core.errors import NotFound, Unavailable
from chat.core.events import EventsMissed, agents_channel
from chat.erasure.actions import erasure, views
from chat.erasure.store import erasures
from chat.holds import actions as holds
from chat.tickets.actions import tickets, transcripts
from chat.tickets.sockets.account import AccountSocket
from chat.tickets.sockets.agent import AgentSocket
from chat.tickets.sockets.context import Feed
from tests.inside import House, Served
from tests.lethe import Account, Contact, Lethe
from tests.sockets import PATIENCE, Socket


def written(account: Account) -> tuple[Contact, int]:
    """Somebody with a ticket."""
    zoe = account.contact("Zoe")
    with zoe.socket() as line:
        line.get("welcome")
        line.say("Hello")
        return zoe, line.get("ack")["ticket"]


def listening(account: Account, path: str = "/ws/gone") -> Socket:
    """A page's socket."""
    made = Socket(f"ws://127.0.0.1:{account.lethe.port}{path}", headers=account.bearer)
    made.get("welcome")
    return made


@pytest.mark.parametrize("path", ["/ws/agent", "/ws/gone"])
def test_agents_hear_when_an_erasure_begins_and_when_it_is_done(account: Account, path: str) -> None:
    zoe, number = written(account)
    with listening(account, path) as agent:
        filed = zoe.withdraw()
        said = agent.get("erasure", erasure=filed)
        assert (said["contact"], said["source"], said["state"], said["done_at"]) == (zoe.uid, "visitor", "queued", None)
        assert agent.get("ticket", status="gone")["ticket"] == number
        account.lethe.perform(erasure.sweep)
        assert agent.get("erasure", erasure=filed, state="done")["done_at"] is not None


def test_a_page_hears_what_it_missed_and_takes_no_orders_and_is_nobodys_presence(lethe: Lethe) -> None:
    account = lethe.account("Absent")
    zoe, number = written(account)
    filed = zoe.withdraw()
    other, _ = written(account)
    with listening(account) as page, other.socket() as visitor:
        assert page.get("erasure")["erasure"] == filed
        assert visitor.get("welcome")["online"] is False
        page.send("open", ticket=number, last_seq=0)
        assert page.get("error")["code"] == "forbidden"


def test_nobody_hears_of_another_accounts_erasures(account: Account, lethe: Lethe) -> None:
    zoe, _ = written(account)
    stranger = lethe.account("Other")
    with listening(stranger) as before:
        zoe.withdraw()
        mine, _ = written(stranger)
        filed = mine.withdraw()
        assert before.get("erasure")["erasure"] == filed
        with listening(stranger) as after:
            assert after.get("erasure")["erasure"] == filed


def test_a_ticket_that_cannot_be_opened_is_named(account: Account) -> None:
    with listening(account, "/ws/agent") as agent:
        agent.send("open", ticket=4711, last_seq=0)
        said = agent.get("error")
        assert (said["code"], said["ticket"]) == ("not_found", 4711)


async def test_who_was_held_is_in_the_lists_again_when_the_hold_ends(house: House) -> None:
    heard: list[dict[str, Any]] = []
    feed, arrived = Feed(house.services, house.made.account_id, set()), asyncio.Event()

    def hear(_: object, line: str) -> None:
        heard.append(json.loads(line))
        arrived.set()

    feed.join("me", hear)
    guest = await house.visit("Zoe")
    said = await guest.say("hello")
    for ends in (_lifted, _lapsed):
        await holds.place_hold(house.services, house.actor, guest.contact.uid, "a claim", 1)
        await asyncio.sleep(0.1)
        heard.clear()
        arrived.clear()
        await ends(house, guest.contact.uid)
        await asyncio.wait_for(arrived.wait(), PATIENCE)
        assert [(each["number"], each["contact"]["name"]) for each in heard] == [(said.number, "Zoe")]
    feed.leave("me")


async def _lifted(house: House, contact: str) -> None:
    await holds.lift(house.services, house.actor, contact)


async def _lapsed(house: House, _contact: str) -> None:
    await erasure.sweep(replace(house.services, clock=lambda: house.services.clock() + 2 * DAY))


@pytest.mark.parametrize("path", ["/ws/agent", "/ws/gone"])
def test_agents_hear_when_a_hold_begins_and_when_it_is_lifted(account: Account, path: str) -> None:
    zoe, number = written(account)
    with listening(account, path) as agent:
        account.rest("PUT", f"/contacts/{zoe.uid}/hold", {"reason": "a claim", "days": 3})
        agent.get("ticket", ticket=number, status="gone")
        account.rest("DELETE", f"/contacts/{zoe.uid}/hold")
        if path == "/ws/agent":
            assert agent.get("ticket", ticket=number, status="open")["contact"]["name"] == "Zoe"


@pytest.mark.parametrize("path", ["/ws/agent", "/ws/gone"])
def test_a_page_hears_what_is_gone_of_all_that_it_shows_and_of_nothing_else(account: Account, path: str) -> None:
    (zoe, hers), (ann, held), (_, purged), (bob, there) = (written(account) for _ in range(4))
    filed = zoe.withdraw()
    account.rest("PUT", f"/contacts/{ann.uid}/hold", {"reason": "a claim", "days": 3})
    account.rest("DELETE", f"/tickets/{purged}?permanent=true")
    with listening(account, path) as page:
        page.settle()
        page.send("shown", contacts=[zoe.uid.upper(), bob.uid], tickets=[hers, held, purged, there, 4711])
        arrived = page.settle()
    assert [each["erasure"] for each in arrived if each["type"] == "erasure"] == [filed]
    gone = [each["ticket"] for each in arrived if each["type"] == "ticket" and each["status"] == "gone"]
    assert gone == [hers, held, purged, 4711]


def test_what_another_account_has_is_gone_as_if_it_had_never_been(account: Account, lethe: Lethe) -> None:
    zoe, _ = written(account)
    (ann, there), stranger = written(account), lethe.account("Curious")
    zoe.withdraw()
    with listening(stranger) as page:
        page.send("shown", contacts=[zoe.uid, ann.uid], tickets=[there, 4711])
        assert [(each["type"], each["ticket"]) for each in page.settle()] == [("ticket", there), ("ticket", 4711)]


class Slow:
    """Something that reads, and does not answer before it is told to go on."""

    def __init__(self, patch: pytest.MonkeyPatch, module: Any, name: str) -> None:
        self.read, self.go_on, self.arrived = asyncio.Event(), asyncio.Event(), asyncio.Event()
        whole = getattr(module, name)

        async def slowly(*arguments: Any, **named: Any) -> Any:
            found = await whole(*arguments, **named)
            self.read.set()
            await self.go_on.wait()
            asyncio.get_running_loop().call_soon(self.arrived.set)
            return found

        patch.setattr(module, name, slowly)


async def nowhere(*_: Any) -> Any:
    """An end that is not used."""
    raise NotImplementedError


async def test_a_list_that_was_read_before_an_erasure_is_not_sent_after_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    guest, slow = await house.visit("Zoe"), Slow(monkeypatch, tickets, "summaries")
    heard: list[dict[str, Any]] = []
    feed = Feed(house.services, house.made.account_id, set())
    feed.join("me", lambda _, line: heard.append(json.loads(line)))
    await guest.say("hello")
    await asyncio.wait_for(slow.read.wait(), PATIENCE)
    await erasure.by_agent(house.services, house.actor, guest.contact.uid)
    slow.go_on.set()
    await asyncio.wait_for(slow.arrived.wait(), PATIENCE)
    feed.leave("me")
    assert heard == []


async def whole(socket: AgentSocket, frame: frames.Open) -> None:
    """All that a frame asks."""
    rest = socket.take(frame)
    assert rest is not None
    await rest()


@pytest.mark.parametrize(
    ("module", "name"),
    [(transcripts, "messages"), (transcripts, "notes"), (tickets, "summary"), (tickets, "epoch")],
)
async def test_a_ticket_that_was_being_opened_when_its_contact_was_erased_is_not_shown(
    app: Served, monkeypatch: pytest.MonkeyPatch, module: Any, name: str
) -> None:
    guest, slow = await app.house.visit("Zoe"), Slow(monkeypatch, module, name)
    said = await guest.say("hello")
    heard: list[dict[str, Any]] = []
    socket = AgentSocket({"type": "websocket", "state": {"context": app.context}}, nowhere, nowhere)
    socket.say = lambda line: heard.append(json.loads(line))  # type: ignore[method-assign] # keeps what it says
    socket.actor = app.house.actor
    app.services.bus.listen(agents_channel(app.house.made.account_id), socket, socket.heard)
    opening = asyncio.create_task(whole(socket, frames.Open(said.number)))
    await asyncio.wait_for(slow.read.wait(), PATIENCE)
    await erasure.by_agent(app.services, app.house.actor, guest.contact.uid)
    slow.go_on.set()
    with pytest.raises(NotFound):
        await opening
    app.services.bus.leave(agents_channel(app.house.made.account_id), socket)
    assert [each["type"] for each in heard] == ["erasure", "ticket"]
    assert socket.watched == {}


async def caught_up(app: Served, socket: AccountSocket) -> None:
    """Have a socket catch up, as when Redis is back."""
    socket.actor, socket._heard_until = app.house.actor, app.services.clock()
    guest = await app.house.visit("Zoe")
    await erasure.by_agent(app.services, app.house.actor, guest.contact.uid)
    await asyncio.sleep(0.02)
    socket.heard(Delivery(EventsMissed()))
    await asyncio.wait_for(asyncio.gather(*socket._tasks), PATIENCE)


async def test_a_page_hears_what_was_missed_however_long_that_took(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "LATELY", 0)  # two hours, as they would seem after three
    heard: list[dict[str, Any]] = []
    socket = AccountSocket({"type": "websocket", "state": {"context": app.context}}, nowhere, nowhere)
    socket.say = lambda line: heard.append(json.loads(line))  # type: ignore[method-assign] # keeps what it says
    await caught_up(app, socket)
    assert [each["type"] for each in heard] == ["welcome", "erasure"]  # the first has a page ask


async def test_a_page_that_cannot_hear_what_it_missed_is_to_come_again(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[int] = []

    def away(*_: Any) -> None:
        raise Unavailable("The database is away")

    socket = AccountSocket({"type": "websocket", "state": {"context": app.context}}, nowhere, nowhere)
    monkeypatch.setattr(socket, "close", lambda code, _: closed.append(code))
    monkeypatch.setattr(socket, "say", lambda _: None)
    monkeypatch.setattr(erasures, "since", away)
    await caught_up(app, socket)
    assert closed == [frames.CLOSE_RESTART]
