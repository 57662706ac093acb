"""Whatever the history, every version is byte for byte what it would be had those who are forgotten never written."""

import random
import uuid
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, insert

from chat.account.actions import accounts
from chat.account.schema import account
from chat.consent.actions import consent
from chat.contacts.schema import contact
from chat.core.errors import LetheError
from chat.erasure.actions import erasure
from chat.infra.store.columns import metadata
from chat.spam_filter.actions import runs, versions
from chat.spam_filter.domain import HAM_HELD
from chat.spam_filter.schema import label, training_run
from chat.spam_filter.store import labels
from chat.spam_filter.store import runs as rows
from chat.spam_filter.store.labels import Labelled
from chat.tickets.actions import redaction, tickets
from spam import Filter, Marks, Taught, countsfile
from spam.filter import SHIPPED
from spam.fitting import Job, WantedVersion, run
from spam.head import ScoringHead
from spam.report import Example, marks_of, report
from tests.chance import WHOLE, dice
from tests.inside import House

pytestmark = pytest.mark.both_databases

KEY, ACCOUNT, THROUGH = b"an account's key", "a" * 36, 4
HISTORIES = 1000 if WHOLE else 200
"""More than three times as many as those among which each mutant is found."""
PRIOR = Filter.shipped()
TEXTS = ("claim your prize now", "where is my parcel", "cheap pills http://x.top", "do you open on sunday", "δώρο 5000")
NUMBERS = {text: array("I", sorted(set(Taught(PRIOR, KEY).numbers(text)))) for text in TEXTS}
PEOPLE = range(1, 6)
Step = tuple[str, int, int, str]


@dataclass
class World:
    """An account's labels as rows, and its versions as the sweep keeps them."""

    tx: Connection
    now: int = 0
    asked: list[str | None] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)
    counted: dict[str, str] = field(default_factory=dict)
    live: Marks = field(default_factory=Marks)

    def step(self, action: str, who: int, place: int, text: str) -> None:
        """Do what a history says, at the next moment."""
        self.now += 1
        if action in {"ham", "spam", "unmark", "erase"}:
            self.mark(action, who, place, text)
        elif action == "run":
            self.asked.append(self.ask())
        elif action == "sweep":
            self.settle()
        elif action == "roll back":
            rows.put_to_use(self.tx, ACCOUNT, None, self.now, "agent")
        elif action == "promote" and self.asked:
            chosen = self.asked[place % len(self.asked)]
            if chosen and rows.one(self.tx, ACCOUNT, chosen).labels:
                rows.put_to_use(self.tx, ACCOUNT, chosen, self.now, "agent")

    def mark(self, action: str, who: int, place: int, text: str) -> None:
        """Mark a text, take the mark back, or forget who wrote it."""
        at = (who, place)
        if action == "erase":
            labels.drop(self.tx, who)
            self.live.forget(who)
        elif action == "unmark":
            labels.drop_one(self.tx, who, place)
            if at in self.live.of(who):
                self.live.unlearn(who, at)
        else:
            labels.put(self.tx, [Labelled(who, who, place, action == "spam", text.encode(), "agent", self.now)])
            self.live.learn(who, at, NUMBERS[text], spam=action == "spam")

    def ask(self) -> str | None:
        """Ask for a version and make it; None where there are no labels."""
        if not rows.counted(self.tx, ACCOUNT, self.now)[0]:
            return None
        made = {"id": str(uuid.uuid4()), "account_id": ACCOUNT, "asked_by": "agent"}
        run_id, _ = rows.ask(self.tx, made, self.now)
        self.make(rows.one(self.tx, ACCOUNT, run_id))
        return run_id

    def settle(self) -> None:
        """Make every version anew whose labels are others by now."""
        for each in rows.of_account(self.tx, ACCOUNT):
            if self.counted[each.id] != rows.counted(self.tx, ACCOUNT, each.asked_at)[1]:
                self.make(each)

    def make(self, one: rows.TrainingRun) -> None:
        """Make a version."""
        mine = self.examples(one.asked_at)
        (made,) = run(Job(PRIOR, KEY, 0.002, ScoringHead(), mine, [WantedVersion(one.asked_at, report=False)]))
        self.files[one.id] = packed(marks_of(mine), made.head)
        count, self.counted[one.id] = rows.counted(self.tx, ACCOUNT, one.asked_at)
        rows.change(self.tx, one.id, state="done", labels=count, head=made.head.plain())

    def examples(self, until: int) -> list[Example]:
        """The labels there are, from their rows."""
        found = [each for who in PEOPLE for each in labels.of_contact(self.tx, who) if each.at < until]
        dice("the labels' order").shuffle(found)
        return [
            Example(str(each.contact_id), (each.ticket_id, each.seq), each.at, each.features.decode(),
                    NUMBERS[each.features.decode()], each.spam)
            for each in found
        ]  # fmt: skip

    def bytes(self) -> list[bytes]:
        """What each version is, first to last, without those of which nothing is left; what serves; what is learnt."""
        done = [each for each in reversed(rows.of_account(self.tx, ACCOUNT)) if each.labels]
        used = rows.in_use(self.tx, ACCOUNT)
        serving = b"" if used is None else self.files[used.id]
        return [*(self.files[each.id] for each in done), serving, packed(self.live, ScoringHead())]


class Sleepy(World):
    """The mutant: one version is not made anew."""

    def settle(self) -> None:
        """Pass over the last version."""
        for each in rows.of_account(self.tx, ACCOUNT)[1:]:
            if self.counted[each.id] != rows.counted(self.tx, ACCOUNT, each.asked_at)[1]:
                self.make(each)


class Sticky(Marks):
    """The mutant: one decrement is skipped."""

    def forget(self, contact: Any) -> int:
        """Leave one count in."""
        before = dict(self.counts)
        gone = super().forget(contact)
        for number in sorted(before.keys() - self.counts.keys())[:1]:
            self.counts[number] = before[number]
        return gone


def packed(marks: Marks, head: ScoringHead) -> bytes:
    """What stands behind the prior's bytes, which are not written anew each time."""
    return b"" if marks.empty else countsfile.pack({"head": head.plain()}, marks.counts)


@pytest.fixture(scope="module")
def memory() -> Iterator[Connection]:
    """A database in memory with an account and its contacts; each history is rolled back."""
    engine = create_engine("sqlite://")
    with engine.connect() as connection:
        metadata.create_all(connection, tables=[account, contact, label, training_run, *promotions()])
        connection.execute(insert(account).values(id=ACCOUNT, name="A", created_at=0))
        people = [
            {"id": who, "uid": str(who), "account_id": ACCOUNT, "site_id": "s", "key_slot": 0, "locale": "en"}
            for who in PEOPLE
        ]
        connection.execute(insert(contact), [each | {"created_at": 0} for each in people])
        connection.commit()
        yield connection
    engine.dispose()


def promotions() -> list[Any]:
    """The tables of what was put to use, and of what was given."""
    return [metadata.tables["promotion"], metadata.tables["given"]]


def history(chance: random.Random) -> list[Step]:
    """Marks, marks changed and taken back, runs, promotions and roll-backs, in any order."""
    actions = [
        "ham",
        "ham",
        "ham",
        "spam",
        "spam",
        "spam",
        "unmark",
        "erase",
        "run",
        "run",
        "sweep",
        "promote",
        "roll back",
    ]
    return [
        (chance.choice(actions), chance.choice(PEOPLE), chance.randrange(4), chance.choice(TEXTS))
        for _ in range(chance.randrange(6, 22))
    ]


def without(steps: list[Step], gone: set[int]) -> list[Step]:
    """The same history in which some had never written; the moments stay."""
    mine = {"ham", "spam", "unmark", "erase"}
    return [
        ("nothing", 0, 0, "") if action in mine and who in gone else (action, who, p, t) for action, who, p, t in steps
    ]


def carried_out(tx: Connection, kind: Callable[[Connection], World], steps: list[Step]) -> World:
    """The world after a history."""
    world = kind(tx)
    for each in steps:
        world.step(*each)
    world.settle()
    return world


def both(tx: Connection, seed: int, kind: Callable[[Connection], World]) -> tuple[list[bytes], list[bytes]]:
    """What is left after a history that ends with erasures, and what there would be had the erased never written."""
    chance = random.Random(seed)
    steps, gone = history(chance), set(chance.sample(PEOPLE, chance.randrange(1, 4)))
    found = []
    erased: list[Step] = [("erase", who, 0, "") for who in sorted(gone)]
    for each, made in (([*steps, *erased], kind), (without(steps, gone), World)):
        found.append(carried_out(tx, made, each).bytes())
        tx.rollback()
    return found[0], found[1]


def test_after_any_history_every_version_is_as_if_the_erased_had_never_written(memory: Connection) -> None:
    start = dice("histories").randrange(2**31)
    wrong = [seed for seed in range(start, start + HISTORIES) if differs(memory, seed, World)]
    assert wrong == []


def differs(tx: Connection, seed: int, kind: Callable[[Connection], World]) -> bool:
    """Whether a history leaves anything of the erased."""
    left, bare = both(tx, seed, kind)
    return left != bare


@pytest.mark.parametrize("mutant", [Sleepy, lambda tx: World(tx, live=Sticky())], ids=["a version", "a decrement"])
def test_what_is_skipped_is_noticed(memory: Connection, mutant: Callable[[Connection], World]) -> None:
    assert any(differs(memory, seed, mutant) for seed in range(60))


def test_a_report_is_the_same_in_any_order_and_without_the_erased(memory: Connection) -> None:
    world = World(memory)
    for number, who in enumerate([*PEOPLE, *PEOPLE]):
        world.step("spam" if who % 2 else "ham", who, number, TEXTS[number % 5])
    first = report(world.examples(99), PRIOR, KEY, ScoringHead(), 0.002)
    assert report(world.examples(99), PRIOR, KEY, ScoringHead(), 0.002) == first
    world.step("erase", 3, 0, "")
    left = report(world.examples(99), PRIOR, KEY, ScoringHead(), 0.002)
    memory.rollback()
    bare = World(memory)
    for number, who in enumerate([*PEOPLE, *PEOPLE]):
        step = ("spam" if who % 2 else "ham", who, number, TEXTS[number % 5])
        bare.step(*(("nothing", 0, 0, "") if who == 3 else step))
    assert report(bare.examples(99), PRIOR, KEY, ScoringHead(), 0.002) == left != first
    memory.rollback()


class Ticking:
    """A clock that goes on by a second at each look."""

    def __init__(self, start: int) -> None:
        self.now = start

    def __call__(self) -> int:
        """The next moment."""
        self.now += 1000
        return self.now


@pytest.mark.parametrize("turn", range(THROUGH))
async def test_through_the_stores_nothing_of_the_forgotten_is_in_any_version(house: House, turn: int) -> None:
    chance, services = dice(f"turn {turn}"), replace(house.services, clock=Ticking(house.services.clock()))
    house = replace(house, services=services)
    guests = [await house.visit(training=True) for _ in range(4)]
    said = [await guest.say(chance.choice(TEXTS)) for guest in guests for _ in range(2)]
    for _ in range(14):
        draft = chance.choice(said)
        try:
            await action(house, chance, draft.number, draft.seq)
        except LetheError:
            continue  # the message or the contact is gone, or nothing was learnt yet
    gone = chance.sample(guests, 2)
    await consent.renew(services, gone[0].contact, 1, {"chat": True, "spam_training": False})
    await erasure.by_agent(services, house.actor, gone[1].contact.uid)
    await runs.sweep(services)
    await erasure.sweep(services)
    await holds_exactly(house, {each.contact.id for each in gone})


async def action(house: House, chance: random.Random, number: int, seq: int) -> None:
    """One step of a history, by the doors that people use."""
    services, actor = house.services, house.actor
    known, _ = await runs.page(services, actor, None, 50)
    kind = chance.choice(
        ["ham", "spam", "spam", "ham", "run", "run", "promote", "roll back", "discard", "redact", "aim"]
    )
    if kind in {"ham", "spam"}:
        await tickets.hold(services, actor, number, held=kind == "spam")
    elif kind == "run":
        await runs.start(services, actor)
        await runs.sweep(services)
    elif kind in {"promote", "discard"} and known:
        await (runs.promote if kind == "promote" else runs.discard)(services, actor, chance.choice(known).id)
    elif kind == "roll back":
        await runs.use(services, actor, 0)
    elif kind == "redact" and chance.random() < 0.3:
        await redaction.message(services, actor, number, seq)
    elif kind == "aim":
        await accounts.change_account(services, actor, ham_held=chance.choice([0.001, 0.002, 0.01]))


async def holds_exactly(house: House, gone: set[int]) -> None:
    """Every version's file is what the labels of those who are left make, and nobody else's; so is what serves."""
    services, uid = house.services, house.made.account_id
    held = (await accounts.account(services, house.actor))[HAM_HELD]

    def work(tx: Connection) -> tuple[list[rows.TrainingRun], dict[str, list[Example]], rows.TrainingRun | None]:
        found = rows.of_account(tx, uid)
        assert not {row.contact_id for row, *_ in labels.of_account(tx, uid, 2**60)} & gone
        return found, {each.id: versions.examples(services, tx, each) for each in found}, rows.in_use(tx, uid)

    found, theirs, used = await services.store.read(work)
    for each in found:
        (made,) = run(
            Job(PRIOR, b"", held, ScoringHead(), theirs[each.id], [WantedVersion(each.asked_at, report=False)])
        )
        known = Taught(PRIOR, services.filters.key(uid), marks_of(theirs[each.id]), made.head)
        path = services.filters.version_path(each.id)
        assert (path.read_bytes() if path.exists() else SHIPPED.read_bytes()) == known.to_bytes(), each.version
        assert each.labels == len(theirs[each.id])
    serving = services.filters.of(uid)
    if used is not None and isinstance(serving, Taught):
        assert serving.head.plain() == used.head
