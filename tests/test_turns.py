"""Claims about turns: what is long for one keeps nobody else waiting. By the order of turns, never by the clock."""

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import pytest

from chat.core import turns
from chat.core.turns import FairTurns, Sender
from tests.chance import dice

pytestmark = pytest.mark.anyio
A, B = "account-a", "account-b"


class Room:
    """Work that ends when the test says so; `order` is who had a turn, as they had it."""

    def __init__(self, lanes: int = 2) -> None:
        self.turns, self.order, self.working = FairTurns(lanes), list[str](), dict[int, asyncio.Event]()
        self.tasks: list[asyncio.Task[None]] = []

    async def come(self, account: str, *uids: str) -> None:
        """One after the other they ask for a turn."""
        for uid in uids:
            self.tasks.append(asyncio.create_task(self._work(Sender(account, uid), len(self.tasks))))
            await asyncio.sleep(0)
        await self.settled()

    async def settled(self) -> None:
        """Let everybody who may go on."""
        for _ in range(5):
            await asyncio.sleep(0)

    async def _work(self, sender: Sender, number: int) -> None:
        async with self.turns.of(sender, 600):
            self.order.append(sender.uid)
            self.working[number] = asyncio.Event()
            await self.working[number].wait()
            del self.working[number]

    async def end(self, which: int = 0) -> None:
        """Who has worked longest, or another of them, is done."""
        list(self.working.values())[which].set()
        await self.settled()

    async def all_done(self) -> list[str]:
        """Let all end; the order there was."""
        while self.working:
            await self.end()
        await asyncio.gather(*self.tasks)
        assert (self.turns.free, self.turns._waiting, self.turns._served) == (self.turns.lanes, [], {})
        return self.order


async def one_sender_leaves_a_lane_to_others() -> None:
    room = Room()
    await room.come(A, "flood", "flood", "flood", "other")
    assert room.order == ["flood", "other"]
    assert await room.all_done() == ["flood", "other", "flood", "flood"]


async def senders_take_turns_however_many_each_has() -> None:
    room = Room()
    await room.come(A, "x", "y", *("x" for _ in range(4)), *("y" for _ in range(4)), "guest")
    assert (await room.all_done()).index("guest") <= 4


async def an_account_of_many_senders_is_one_of_two() -> None:
    room = Room()
    await room.come(A, *(f"a{number}" for number in range(12)))
    await room.come(B, "b0", "b1", "b2")
    assert [each[0] for each in await room.all_done()][:8] == ["a", "a", "b", "a", "b", "a", "b", "a"]


async def who_was_blamed_comes_last_and_leaves_a_lane() -> None:
    room = Room()
    for uid in ("bad0", "bad1", "bad2"):
        room.turns.blame(Sender(A, uid))
    await room.come(A, "bad0", "bad1", "bad2")
    assert room.order == ["bad0"]
    await room.come(A, "good0", "good1")
    assert room.order == ["bad0", "good0"]  # the lane that was left
    await room.end(1)
    assert room.order == ["bad0", "good0", "good1"]
    assert await room.all_done() == ["bad0", "good0", "good1", "bad1", "bad2"]  # and nobody is left out


CLAIMS: dict[Callable[[], Any], tuple[str, Any]] = {
    one_sender_leaves_a_lane_to_others: ("_may", lambda *_: True),
    senders_take_turns_however_many_each_has: ("_rank", lambda *_: 0),
    an_account_of_many_senders_is_one_of_two: ("_rank", lambda self, sender: self._served[sender.uid]),
    who_was_blamed_comes_last_and_leaves_a_lane: ("blamed", lambda *_: False),
}


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda each: each.__name__)
async def test_turns_are_fair(claim: Callable[[], Any]) -> None:
    await claim()


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda each: each.__name__)
async def test_without_its_rule_each_claim_is_found_false(
    claim: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FairTurns, *CLAIMS[claim])
    with pytest.raises(AssertionError):
        await claim()


async def test_blame_ends_and_is_of_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(turns, "monotonic", lambda: now[0])
    made = FairTurns(2)
    for number in range(turns.BLAMED + 1):
        made.blame(Sender(A, str(number)))
    assert not made.blamed(Sender(A, "0"))
    assert made.blamed(Sender(A, "1"))
    assert len(made._blamed) == turns.BLAMED
    now[0] = turns.BLAME_SECONDS
    assert not made.blamed(Sender(A, "1"))


async def test_who_waits_too_long_or_goes_away_leaves_nothing() -> None:
    made, first, other = FairTurns(1), Sender(A, "first"), Sender(A, "other")
    async with made.of(first, 1):
        with pytest.raises(TimeoutError):
            async with made.of(other, 0.01):
                pass
    async with made.of(other, 1):
        pass

    async def waits() -> None:
        async with made.of(other, 600):
            await asyncio.Event().wait()

    async with made.of(first, 1):
        task = asyncio.create_task(waits())
        await asyncio.sleep(0)
    task.cancel()  # with its turn given, and not begun
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (made.free, made._waiting, made._served) == (1, [], {})


async def test_any_crowd_is_served_whole_with_no_lane_left_free() -> None:
    chance, waited = dice(__name__), 0
    for _ in range(40):
        room = Room(chance.randint(1, 4))
        uids = {account: [f"{account}{number}" for number in range(chance.randint(1, 5))] for account in (A, B)}
        for account, uid in itertools.product(uids, "01"):
            if chance.random() < 0.3:
                room.turns.blame(Sender(account, account + uid))
        for _ in range(chance.randint(1, 30)):
            account = chance.choice((A, B))
            await room.come(account, chance.choice(uids[account]))
            if room.working and chance.random() < 0.4:
                await room.end(chance.randrange(len(room.working)))
            at_work = room.turns._working
            assert len({each.sender for each in at_work}) == len(at_work) <= room.turns.lanes
            waited += len(room.turns._waiting)
            assert not room.turns.free or not any(room.turns._may(each.sender) for each in room.turns._waiting)
        assert len(await room.all_done()) == len(room.tasks)
    assert waited > 100  # the control
