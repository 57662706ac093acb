"""Claims about scoring on the way of a message: one contact has a share of a batch, and a batch a budget of time."""

import asyncio
from itertools import count
from random import Random

import pytest

from bench.hostile.texts import hostile, varied
from chat.core.model import Draft
from chat.infra.metrics import Metrics
from chat.tickets.actions import scoring
from spam.features import LONGEST
from tests.chance import dice
from tests.growth import cpu
from tests.inside import House

Waiting = list[tuple[Draft, int]]
_numbers = count()


def draft(contact: int, text: str, author: str = "visitor", account: str = "a") -> Draft:
    return Draft(contact, "", 0, account, "", author, b"", text, 0)


def many(chance: Random) -> Waiting:
    """Messages of some contacts in any order, long and short."""
    made = []
    for _ in range(chance.randrange(600)):
        author = "visitor" if chance.random() < 0.9 else "agent"
        text = "x" * chance.choice((1, 80, 80, 80, 999, 5_000))
        made.append((draft(chance.randrange(1 + chance.randrange(40)), text, author), next(_numbers)))
    return made


def batches(waiting: Waiting) -> list[Waiting]:
    made = []
    while waiting:
        batch, waiting = scoring.shared(waiting)
        made.append(batch)
    return made


def of_contact(waiting: Waiting, contact: int) -> list[int]:
    return [number for each, number in waiting if each.contact_id == contact and each.author == "visitor"]


def test_batches_lose_nothing_and_keep_each_contacts_order() -> None:
    chance = dice("batches")
    for _ in range(200):
        waiting = many(chance)
        made = batches(waiting)
        flat = [each for batch in made for each in batch]
        assert sorted(number for _, number in flat) == [number for _, number in waiting]
        assert all(0 < len(batch) <= scoring.BATCH for batch in made)
        for contact in {each.contact_id for each, _ in waiting}:
            assert of_contact(flat, contact) == of_contact(waiting, contact)


def most_of_one(made: list[Waiting]) -> int:
    """The most characters before their last message that a batch holds of one contact."""
    sums: list[int] = []
    for batch in made:
        for contact in {each.contact_id for each, _ in batch}:
            texts = [each.text for each, _ in batch if each.contact_id == contact and each.author == "visitor"]
            sums.append(sum(map(len, texts[:-1])))
    return max(sums, default=0)


def test_a_contact_has_a_share_of_a_batch_and_others_come_into_the_next() -> None:
    chance = dice("shares")
    assert max(most_of_one(batches(many(chance))) for _ in range(50)) < scoring.SHARE
    waiting = [(draft(1, "x" * 10_000), number) for number in range(20)] + [(draft(2, "hello"), 20)]
    assert [number for _, number in scoring.shared(waiting)[0]] == [0, 20]


def test_the_control_without_a_share_one_contact_fills_the_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "SHARE", 10**9)
    waiting = [(draft(1, "x" * 10_000), number) for number in range(20)] + [(draft(2, "hello"), 20)]
    assert len(scoring.shared(waiting)[0]) == 21
    assert most_of_one(batches(waiting)) > 1_000


def test_who_had_their_share_rests_and_others_do_not() -> None:
    rests = scoring.Rests()
    rests.enter([draft(1, "x" * 5_000), draft(2, "hello"), draft(3, "x" * 5_000, "agent")], 10.0, 10.1)
    assert list(rests.now(10.2)) == [1]
    assert rests.left(10.2) == pytest.approx(0.2)
    waiting = [(draft(1, "a"), 0), (draft(2, "b"), 1), (draft(1, "c"), 2)]
    batch, later = scoring.shared(waiting, rests.now(10.2))
    assert ([number for _, number in batch], [number for _, number in later]) == ([1], [0, 2])
    assert list(rests.now(10.5)) == []
    rests.enter([draft(1, "x" * 5_000)], 0.0, 60.0)
    assert rests.left(60.0) == scoring.LONGEST_REST


async def between(house: House) -> int:
    """How many of somebody else's messages are stored before the last of one contact's twenty long ones."""
    loud, quiet = await house.visit("Loud"), await house.visit("Quiet")
    text = hostile(Random(5)).of(5_000)
    theirs = [asyncio.ensure_future(loud.say(text)) for _ in range(20)]
    stored = 0
    while not all(each.done() for each in theirs):
        await quiet.say("Hello, where is my order?")
        stored += 1
    assert [each.result().seq for each in theirs] == [*range(1, 21)]
    return stored


async def test_while_one_contacts_long_texts_are_stored_others_are_heard(house: House) -> None:
    assert await between(house) > 30


async def test_the_control_without_rests_and_shares_they_are_not(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scoring, "SHARE", 10**9)
    assert await between(house) < 10


def crowd(house: House, chance: Random, people: int = 60) -> list[Draft]:
    """Long texts by as many people, and one short one, which comes last."""
    texts = [hostile(chance).of(LONGEST) if number % 2 else varied(chance, LONGEST) for number in range(people)]
    account = house.actor.account_id
    return [*(draft(n, text, account=account) for n, text in enumerate(texts)), draft(-1, "Hello?", account=account)]


def spent(house: House, drafts: list[Draft], budget: float) -> float:
    house.services.filters.forget_words()
    return cpu(lambda _: scoring.score(house.services.filters, drafts, budget), "")


async def test_past_its_time_a_batch_goes_unscored_but_for_the_short(house: House) -> None:
    drafts = crowd(house, dice("budget"))
    least = min(spent(house, drafts, 0.02) for _ in range(3))
    assert least < 0.02 + 0.05  # one more may be under way, and costs at most its share
    assert drafts[-1].score is not None
    assert sum(each.score is None for each in drafts) > 0


async def test_the_control_without_a_budget_a_batch_takes_longer(house: House) -> None:
    drafts = crowd(house, dice("no budget"))
    assert min(spent(house, drafts, 1_000.0) for _ in range(3)) > 0.02 + 0.05
    assert all(each.score is not None for each in drafts)


async def test_what_there_is_no_time_for_is_stored_and_counted(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    box, metrics = house.box, Metrics()
    monkeypatch.setattr(box, "_metrics", metrics)
    guest = await house.visit("Zyx")
    assert (await guest.say("Hello, where is my order?")).score is not None
    assert b"lethe_messages_unscored_total 0.0" in metrics.page()
    monkeypatch.setattr(scoring, "BUDGET", 0.0)
    stored = await guest.say("WINNER!! You have been selected to receive a £900 prize. Call 09061701461 now")
    assert (stored.seq, stored.score, stored.held) == (2, None, False)
    assert b"lethe_messages_unscored_total 1.0" in metrics.page()
