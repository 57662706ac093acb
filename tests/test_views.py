"""How many tickets are in each view, who is told so, and tickets that are put aside, wait, or have a priority."""

import asyncio
import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random
from typing import Any

import pytest
from sqlalchemy import select, true

from chat.account.store import put_agent_in
from chat.contacts.store import contacts
from chat.core.clock import DAY, HOUR, stamp
from chat.core.model import Actor
from chat.departments import actions as departments
from chat.holds import actions as holds
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.roles import actions as roles
from chat.tickets.actions import counting, snoozing
from chat.tickets.schema import message, ticket
from chat.tickets.sockets import counts as sockets
from chat.tickets.sockets.counts import Counts
from chat.tickets.store import counting as rows
from chat.tickets.store import snoozing as wakes
from tests.chance import dice
from tests.inside import Guest, Served, inner_socket, new_id, problem_of
from tests.test_roles import joined

pytestmark = [pytest.mark.anyio, pytest.mark.both_databases]
STEPS = 40


@dataclass
class Shop:
    """An account with two departments, an owner, an agent of the first department alone, and guests who write."""

    app: Served
    agent: Actor
    departments: list[str]
    chance: Random
    guests: list[Guest] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)

    @property
    def owner(self) -> Actor:
        """Who sees all."""
        return self.app.house.actor

    async def step(self) -> None:
        """Do something that anybody may do in an inbox."""
        if len(self.guests) < 4 or self.chance.random() < 0.15:
            self.guests.append(await self.app.house.visit())
        done = [self._say, self._say, self._answer, self._change, self._change, self._snooze, self._hold, self._read]
        await self.chance.choice(done)()

    async def _say(self) -> None:
        draft = self.chance.choice(self.guests).draft("hello")
        draft.opens = True
        stored = await self.app.house.box.post(draft)
        if stored.number not in self.numbers:
            self.numbers.append(stored.number)

    async def _answer(self) -> None:
        body = {"id": new_id(), "text": "hello"}
        await self.app.rest("POST", f"/tickets/{self._number()}/messages", body)

    async def _change(self) -> None:
        values: dict[str, list[Any]] = {
            "status": ["open", "open", "pending", "solved", "trash"],
            "assignee": [None, self.owner.agent_id, self.agent.agent_id],
            "department": [None, *self.departments],
        }
        name = self.chance.choice([*values])
        await self.app.rest("PATCH", f"/tickets/{self._number()}", {name: self.chance.choice(values[name])})

    async def _snooze(self) -> None:
        path = f"/tickets/{self._number()}/snooze"
        until = stamp(self.app.services.clock() + HOUR)
        await (
            self.app.rest("PUT", path, {"until": until})
            if self.chance.random() < 0.7
            else self.app.rest("DELETE", path)
        )

    async def _hold(self) -> None:
        await self.app.rest("PUT", f"/tickets/{self._number()}/spam", {"spam": self.chance.random() < 0.5})

    async def _read(self) -> None:
        await snoozing.sweep(self.app.services)

    def _number(self) -> int:
        return self.chance.choice(self.numbers) if self.numbers else 1


@pytest.fixture
async def shop(app: Served) -> Shop:
    """Made, with the agent seeing their own department alone."""
    agent = await joined(app.house, "agent")
    made = [(await departments.add(app.services, app.house.actor, each, {})).id for each in ("sales", "returns")]
    await app.services.store.write(lambda tx: put_agent_in(tx, app.house.actor.account_id, agent.id, made[:1]))
    await roles.change(app.services, app.house.actor, {"agent": {"ticket.read_all": False}})
    sees = app.house.acting(agent.id, "agent")
    return Shop(app, replace(sees, departments=frozenset(made[:1])), made, dice("views"))


def by_hand(tx: Tx, who: Actor) -> dict[str, int]:
    """The counts again, from each ticket and what was said in it, without the aggregate and what it is made of."""
    found: dict[str, int] = dict.fromkeys(counting.ALWAYS, 0)
    for one in tx.execute(select(ticket).where(ticket.c.account_id == who.account_id)):
        said = [*tx.execute(select(message).where(message.c.ticket_id == one.id).order_by(message.c.seq))]
        if one.status == "trash" or (
            one.department_id and who.departments and one.department_id not in who.departments
        ):
            continue
        for name in views_of(one, said, who):
            found[name] = found.get(name, 0) + 1
    return found


def views_of(one: Any, said: list[Any], who: Actor) -> list[str]:
    """In which views a ticket is, by what was said in it."""
    held = [each for each in said if each.held]
    views = ["quarantine"] if held else []
    if one.status == "solved" or len(held) == len(said):
        return views
    if one.snoozed_until is not None:
        return [*views, "snoozed"]
    if one.status == "pending":
        return [*views, "pending"]
    answered = max([each.seq for each in said if each.author == "agent"], default=0)
    waits = any(each.author == "visitor" and not each.held and each.seq > answered for each in said)
    views += ["open", f"site:{one.site_id}"]
    views += [f"department:{one.department_id}"] if one.department_id else []
    views += ["waiting"] if waits else []
    views += ["unassigned"] if one.assignee is None else []
    theirs, last = one.assignee in {None, who.agent_id}, max(each.seq for each in said)
    views += ["unread"] if theirs and last > one.agent_read else []
    return [*views, "mine"] if one.assignee == who.agent_id else views


LISTS = {
    "unassigned": "status=open&assignee=none&snoozed=false&held=false",
    "open": "status=open&snoozed=false&held=false",
    "waiting": "status=open&snoozed=false&held=false&order=waiting",
    "pending": "status=pending&snoozed=false&held=false",
    "snoozed": "snoozed=true&held=false",
    "quarantine": "held=true",
}
"""What the page asks for to show a view."""


async def anew(services: Services, who: Actor) -> dict[str, int]:
    """What is told whoever comes first, for whom every ticket is read."""
    counted = await counting.count(services, who.account_id, [who.departments])
    return counted.of(who.agent_id, who.departments)


async def wrong(shop: Shop) -> list[str]:
    """The views whose number is another than by hand, for the owner and for an agent of one department."""
    services, found = shop.app.services, []
    for who in (shop.owner, shop.agent):
        again = await services.store.read(lambda tx, who=who: by_hand(tx, who))  # type: ignore[misc] # a default is one
        kept = await shop.app.context.counts_of(who.account_id).now(who)
        for how, shown in (("counted", await anew(services, who)), ("kept", kept)):
            found += [
                f"{how}, {who.role} {name}: {shown.get(name, 0)} for {again.get(name, 0)}"
                for name in {*shown, *again}
                if shown.get(name, 0) != again.get(name, 0)
            ]
    return found


async def test_counts_are_never_wrong_whatever_happens(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "ANEW", math.inf)  # what is kept is right by what it hears alone
    for step in range(STEPS):
        await shop.step()
        if step % 8 == 7:
            assert await wrong(shop) == [], step
    shown = await anew(shop.app.services, shop.owner)
    for name, query in LISTS.items():  # what a view says is how many lines it has
        items = (await shop.app.rest("GET", f"/tickets?{query}&limit=200")).json()["items"]
        assert len(items) == shown[name], name
    assert (await shop.app.rest("GET", "/tickets/counts")).json() == {"counts": shown}
    # The controls: what forgets what is put aside, what counts other departments' tickets, and what hears of no change.
    await shop._say()
    whole = rows.kinds
    for name, wrongly in SPOILT.items():

        def kinds(tx: Tx, of: str, ids: Any = None, wrongly: Wrongly = wrongly) -> dict[int, rows.TicketKind]:
            return {key: wrongly(each) for key, each in whole(tx, of, ids).items()}

        monkeypatch.setattr(rows, "kinds", kinds)
        await shop.app.rest(
            "PATCH", f"/tickets/{shop.numbers[-1]}", {"status": "open", "department": shop.departments[1]}
        )
        await shop.app.rest("PUT", f"/tickets/{shop.numbers[-1]}/spam", {"spam": False})
        await shop.app.rest(
            "PUT", f"/tickets/{shop.numbers[-1]}/snooze", {"until": stamp(shop.app.services.clock() + DAY)}
        )
        assert await wrong(shop), name
    monkeypatch.setattr(rows, "kinds", whole)
    here = shop.app.context.counts_of(shop.owner.account_id)
    monkeypatch.setattr(here, "_missed", True)
    assert await wrong(shop) == []
    monkeypatch.setattr(here, "_changed", Deaf())
    await (await shop.app.house.visit()).say("hello")  # a new ticket: an old one may be counted as before
    assert {each.split(",")[0] for each in await wrong(shop)} == {"kept"}


class Deaf(set[int]):
    """Tickets that changed, of which nobody takes note."""

    def add(self, _: int) -> None:
        """Forget it."""


Wrongly = Callable[[rows.TicketKind], rows.TicketKind]
SPOILT: dict[str, Wrongly] = {
    "snoozed": lambda kind: kind._replace(snoozed=False),
    "departments": lambda kind: kind._replace(department=None),
}


async def test_who_is_under_a_hold_or_withdrew_is_not_counted(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "ANEW", math.inf)
    kept, gone = [await shop.app.house.visit() for _ in range(2)]
    for each in (kept, gone):
        await each.say("hello")

    async def counted() -> tuple[int, int]:
        """How many are open, counted anew and as it is kept."""
        first = (await anew(shop.app.services, shop.owner))["open"]
        return first, (await shop.app.rest("GET", "/tickets/counts")).json()["counts"]["open"]

    assert await counted() == (2, 2)
    await holds.place_hold(shop.app.services, shop.owner, kept.contact.uid, "a claim", 30)
    assert await counted() == (1, 1)
    await shop.app.rest("DELETE", f"/contacts/{gone.contact.uid}")
    assert await counted() == (0, 0)
    await holds.lift(shop.app.services, shop.owner, kept.contact.uid)
    assert await counted() == (1, 1)
    # The control: who is under a hold is read like all others.
    await holds.place_hold(shop.app.services, shop.owner, kept.contact.uid, "a claim", 30)
    monkeypatch.setattr(contacts, "readable", true())
    assert (await anew(shop.app.services, shop.owner))["open"] > 0


async def test_a_ticket_is_put_aside_until_its_time_or_its_visitor_writes(
    shop: Shop,
) -> None:
    app, guest = shop.app, await shop.app.house.visit()
    await guest.say("hello")
    now = app.services.clock()
    wrong_times = [
        stamp(now - HOUR),
        stamp(now),
        stamp(now + 400 * DAY),
        "tomorrow",
        "2026-11-23T18:50:00",
        "9" * 400,
        "",
    ]
    for until in wrong_times:
        assert (
            problem_of(await app.rest("PUT", "/tickets/1/snooze", {"until": until}), 422, "invalid_field")["field"]
            == "until"
        )
    until = stamp(now + HOUR)
    assert (await app.rest("PUT", "/tickets/1/snooze", {"until": until})).json()["snoozed_until"] == until
    assert await snoozing.sweep(app.services) == 0
    await guest.say("and another thing")
    shown = (await app.rest("GET", "/tickets/1")).json()
    assert (shown["snoozed_until"], shown["waiting_since"]) == (None, shown["created_at"])
    await app.rest("PUT", "/tickets/1/snooze", {"until": until})
    assert (await app.rest("DELETE", "/tickets/1/snooze")).json()["snoozed_until"] is None
    await app.rest("PUT", "/tickets/1/snooze", {"until": until})
    assert await snoozing.sweep(replace(app.services, clock=lambda: now + 2 * HOUR)) == 1
    assert (await app.rest("GET", "/tickets/1")).json()["snoozed_until"] is None
    await app.rest("PATCH", "/tickets/1", {"status": "solved"})
    problem_of(await app.rest("PUT", "/tickets/1/snooze", {"until": stamp(now + DAY)}), 409, "not_now")
    problem_of(await app.rest("PUT", "/tickets/2/snooze", {"until": stamp(now + DAY)}), 404, "not_found")


async def test_who_waits_longest_is_first_and_priorities_narrow(app: Served) -> None:
    guests = [await app.house.visit() for _ in range(3)]
    for guest in guests:
        await guest.say("hello")
    await app.rest("POST", "/tickets/2/messages", {"id": new_id(), "text": "an answer"})
    await app.rest("PATCH", "/tickets/1", {"priority": "urgent"})

    async def numbers(query: str) -> list[int]:
        return [each["number"] for each in (await app.rest("GET", f"/tickets?{query}")).json()["items"]]

    assert await numbers("order=waiting") == [1, 3]
    assert await numbers("order=oldest") == [3, 2, 1]
    assert await numbers("waiting=false") == [2]
    assert await numbers("priority=urgent") == [1]
    assert await numbers(f"site={app.house.site.id}&priority=none") == [2, 3]
    await guests[1].say("but why")
    assert await numbers("order=waiting") == [1, 3, 2]
    first = (await app.rest("GET", "/tickets?order=waiting&limit=2")).json()
    assert await numbers(f"order=waiting&limit=2&cursor={first['next']}") == [2]
    assert (
        problem_of(await app.rest("PATCH", "/tickets/1", {"priority": "hot"}), 422, "invalid_field")["field"]
        == "priority"
    )
    assert problem_of(await app.rest("GET", "/tickets?priority=hot"), 422, "invalid_field")["field"] == "priority"


def later(wake: Callable[[Tx, int, int], Any], late: int, tx: Tx, at: int, most: int) -> Any:
    """Wake so much after the time."""
    return wake(tx, at - late, most)


async def put_aside(app: Served) -> None:
    """Who comes back does so at the time, and stands in the list where they waited."""
    begun = app.services.clock()
    for number, hours in ((1, 1), (2, 2)):
        await app.rest("PUT", f"/tickets/{number}/snooze", {"until": stamp(begun + hours * HOUR)})
    for late, woken, shown in ((HOUR - 1, 0, [3]), (HOUR, 1, [1, 3]), (2 * HOUR, 1, [1, 2, 3])):
        assert await snoozing.sweep(replace(app.services, clock=partial(int, begun + late))) == woken
        items = (await app.rest("GET", f"/tickets?{LISTS['waiting']}&waiting=true")).json()["items"]
        assert [each["number"] for each in items] == shown


async def test_who_was_put_aside_comes_back_at_the_time_and_where_they_waited(
    app: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        await (await app.house.visit()).say("hello")
    wake = wakes.wake
    for late in (HOUR // 2, -HOUR // 2):  # the controls
        with monkeypatch.context() as patch:
            patch.setattr(wakes, "wake", partial(later, wake, late))
            with pytest.raises(AssertionError):
                await put_aside(app)
    await put_aside(app)
    kept = (await app.rest("GET", "/tickets/counts")).json()["counts"]
    assert kept | {"waiting": 3, "snoozed": 0} == await anew(app.services, app.house.actor)


async def test_who_follows_hears_at_once_and_when_it_changes(shop: Shop) -> None:
    async with inner_socket(shop.app, "/ws/agent", shop.app.house.bearer) as inner:
        await inner("", "welcome")
        assert (await inner("follow", "views", view="mine"))["counts"]["open"] == 0
        await (await shop.app.house.visit()).say("hello")
        while (frame := await inner("", "views"))["counts"]["unassigned"] != 1:
            pass
        assert frame["counts"] | {"waiting": 1, "open": 1} == frame["counts"]


async def test_two_hundred_who_look_cost_one_aggregate_and_one_line(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "NEXT", 0.05)
    whole, asked, running, news = rows.kinds, [0], set[asyncio.Task[None]](), asyncio.Event()
    heard: dict[int, list[str]] = {number: [] for number in range(200)}

    def kinds(tx: Tx, account_id: str, ids: Any = None) -> dict[int, rows.TicketKind]:
        asked[0] += 1
        return whole(tx, account_id, ids)

    def say(number: int, line: str) -> None:
        heard[number].append(line)
        news.set()

    monkeypatch.setattr(rows, "kinds", kinds)
    ended = asyncio.Event()
    here = Counts(shop.app.services, shop.owner.account_id, running, ended.set)
    for number in heard:
        here.join(number, replace(shop.owner, agent_id=str(number)), partial(say, number))
    for size in (1, 2):
        await (await shop.app.house.visit()).say("hello")
        async with asyncio.timeout(60):
            while any(not each or json.loads(each[-1])["counts"]["open"] != size for each in heard.values()):
                news.clear()
                await news.wait()
        assert len({id(each[-1]) for each in heard.values()}) == 1
    assert asked[0] <= 6
    assert max(map(len, heard.values())) <= asked[0]
    for number in heard:
        assert not ended.is_set()
        here.leave(number)
    assert ended.is_set()
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
