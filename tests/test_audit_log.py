"""The audit log: one chain an account, entered in the action's own transaction; whatever is tampered with is found."""

import asyncio
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from chat.account.actions import accounts
from chat.app import open_services
from chat.audit.actions import verdicts
from chat.audit.actions.verdicts import ChainVerdict
from chat.audit.store import found_broken
from chat.core.audited import NOTHING, AuditEntry, ChainHead, chained
from chat.core.crypt import Signer
from chat.core.ids import uuid7
from chat.core.settings import Settings
from chat.infra.audit import audit, store
from chat.infra.audit.schema import audit as rows
from chat.infra.audit.schema import audit_head as heads
from chat.infra.services import Services
from chat.tickets.actions import changing
from tests.inside import TEXTS, House, found

pytestmark = pytest.mark.both_databases

Tampering = Callable[[Any, str, list[AuditEntry]], None]


async def entered(house: House, action: str, target: str = "", contact: str = "", who: str = "") -> None:
    """Enter something as the owner."""
    services, account = house.services, house.actor.account_id
    who = who or house.actor.agent_id
    await services.store.write(lambda tx: audit.record(services, tx, account, who, action, target, contact))


async def filled(house: House) -> list[AuditEntry]:
    """A chain of ten entries or so."""
    for number in range(7):
        await entered(house, "transcript.viewed", str(number))
    return await entries(house)


async def entries(house: House) -> list[AuditEntry]:
    """The chain of an account."""
    return await house.services.store.read(lambda tx: list(store.chain(tx, house.actor.account_id)))


def ahead(services: Services, ms: int) -> Services:
    """The same services with a clock that runs ahead."""
    clock = services.clock
    return replace(services, clock=lambda: clock() + ms)


async def verdict(house: House) -> ChainVerdict:
    """What a check says of an account's log."""
    return await verdicts.verify(house.services, house.actor.account_id)


async def test_entries_are_numbered_and_chained(house: House) -> None:
    chain = await filled(house)
    assert [each.number for each in chain] == list(range(1, len(chain) + 1))
    assert len({each.hash for each in chain}) == len(chain)
    assert (await verdict(house)).broken_at is None


async def test_what_rolls_back_leaves_no_entry(house: House) -> None:
    services, actor, before = house.services, house.actor, await entries(house)

    def work(tx: Any) -> None:
        audit.record(services, tx, actor.account_id, actor.agent_id, "transcript.viewed", "1")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await services.store.write(work)
    assert await entries(house) == before


@pytest.mark.parametrize("bad", ["Zoe", "zoe@mail.example", "Ζωή", "hello there", "+30 210 1234567 ", "a" * 99])
async def test_a_name_an_address_or_a_text_cannot_be_entered(house: House, bad: str) -> None:
    for values in ({"target": bad}, {"contact": bad}, {"who": bad}):
        with pytest.raises(ValueError, match="ids only"):
            await entered(house, "contact.viewed", **values)
    with pytest.raises(ValueError, match=r"no feature says that it enters contact\.gossiped"):
        await entered(house, "contact.gossiped")


async def test_looking_again_within_ten_minutes_is_one_look(house: House) -> None:
    before = len(await entries(house))
    for minutes in (0, 9, 11):
        services = ahead(house.services, minutes * 60_000)
        await audit.record_view(services, house.actor, "transcript.viewed", "1")
    assert len(await entries(house)) == before + 2
    await audit.record_view(house.services, house.actor, "transcript.viewed", "2")
    assert len(await entries(house)) == before + 3


def changed(name: str, value: Any) -> Tampering:
    """Change one column of an entry in the middle."""

    def tamper(tx: Any, account: str, chain: list[AuditEntry]) -> None:
        mine = (rows.c.account_id == account) & (rows.c.number == chain[4].number)
        assert tx.execute(update(rows).where(mine).values({name: value})).rowcount == 1

    return tamper


def head_changed(name: str, value: Any) -> Tampering:
    """Change one column of the head."""

    def tamper(tx: Any, account: str, _: list[AuditEntry]) -> None:
        assert tx.execute(update(heads).where(heads.c.account_id == account).values({name: value})).rowcount == 1

    return tamper


def removed(position: int, *, with_head: bool = False) -> Tampering:
    """Delete an entry; with its head moved to where the chain ends now."""

    def tamper(tx: Any, account: str, chain: list[AuditEntry]) -> None:
        gone = (rows.c.account_id == account) & (rows.c.number == chain[position].number)
        assert tx.execute(delete(rows).where(gone)).rowcount == 1
        if with_head:
            last = chain[-2]
            tx.execute(update(heads).where(heads.c.account_id == account).values(number=last.number, hash=last.hash))

    return tamper


def first_cut(tx: Any, account: str, chain: list[AuditEntry]) -> None:
    """Delete the first entry as if retention had."""
    removed(0)(tx, account, chain)
    head_changed("pruned", 1)(tx, account, chain)
    head_changed("pruned_hash", chain[0].hash)(tx, account, chain)


def swapped(tx: Any, account: str, chain: list[AuditEntry]) -> None:
    """Let two entries change their places."""
    for each, other in ((chain[3], chain[5]), (chain[5], chain[3])):
        said = {name: value for name, value in asdict(other).items() if name not in {"account_id", "number"}}
        mine = (rows.c.account_id == account) & (rows.c.number == each.number)
        tx.execute(update(rows).where(mine).values(**said))


def inserted(tx: Any, _: str, chain: list[AuditEntry]) -> None:
    """Add an entry at the end, with the right hash."""
    made = replace(chain[-1], number=chain[-1].number + 1, action="contact.viewed")
    tx.execute(insert(rows).values(**asdict(replace(made, hash=chained(chain[-1].hash, made)))))


def rewritten(tx: Any, account: str, chain: list[AuditEntry]) -> None:
    """Write the whole chain anew with one entry left out, and a head signed with a key that one made oneself."""
    before, kept = NOTHING, [each for each in chain if each.number != 4]
    tx.execute(delete(rows).where(rows.c.account_id == account))
    for number, each in enumerate(kept, 1):
        entry = replace(each, number=number)
        before = chained(before, entry)
        tx.execute(insert(rows).values(**asdict(replace(entry, hash=before))))
    head = ChainHead(account, len(kept), before, 0, NOTHING, "")
    store.move(tx, replace(head, signature=Signer(b"another secret").sign(head.signed)))


def wiped(tx: Any, account: str, _: list[AuditEntry]) -> None:
    """Delete the log and its head."""
    tx.execute(delete(rows).where(rows.c.account_id == account))
    tx.execute(delete(heads).where(heads.c.account_id == account))


TAMPERINGS: dict[str, tuple[Tampering, int | None]] = {
    "at": (changed("at", 1), 5),
    "who": (changed("who", "system"), 5),
    "action": (changed("action", "ticket.changed"), 5),
    "target": (changed("target", "77"), 5),
    "contact": (changed("contact", uuid7()), 5),
    "source": (changed("source", "- passkey -"), 5),
    "hash": (changed("hash", "f" * 64), 5),
    "hash-not-hex": (changed("hash", "nothing"), 5),
    "number": (changed("number", 99), 5),
    "first-missing": (removed(0), 1),
    "middle-missing": (removed(4), 5),
    "last-missing": (removed(-1), None),
    "last-missing-with-head": (removed(-1, with_head=True), None),
    "first-cut-as-if-pruned": (first_cut, None),
    "swapped": (swapped, 4),
    "inserted": (inserted, None),
    "rewritten": (rewritten, None),
    "wiped": (wiped, 1),
    "head-number": (head_changed("number", 3), None),
    "head-hash": (head_changed("hash", "e" * 64), None),
    "head-pruned": (head_changed("pruned", 2), None),
    "head-pruned-hash": (head_changed("pruned_hash", "nothing"), None),
    "head-signature": (head_changed("signature", "bm90aGluZw=="), None),
    "head-signature-not-base64": (head_changed("signature", "nothing!"), None),
}


async def tampered(house: House, name: str) -> None:
    """Fill an account's log, which is whole, and tamper with it."""
    chain = await filled(house)
    assert (await verdict(house)).broken_at is None
    await house.services.store.write(lambda tx: TAMPERINGS[name][0](tx, house.actor.account_id, chain))


async def test_whatever_is_tampered_with_is_found(house: House) -> None:
    untouched, seen = await filled(house), {}
    for name in TAMPERINGS:
        other = await found(house.services, name, f"owner@{name}.example")
        await tampered(other, name)
        seen[name] = (await verdict(other)).broken_at
    assert [name for name, number in seen.items() if number is None] == []
    assert [(name, number) for name, (_, number) in TAMPERINGS.items() if number not in {None, seen[name]}] == []
    assert (await verdict(house)).broken_at is None
    assert await entries(house) == untouched


@pytest.mark.parametrize(
    ("defence", "broken", "names"),
    [
        ("the signature", ("chat.core.crypt.Signer.signed", lambda *_: True), ("rewritten", "last-missing-with-head")),
        ("the hash", ("chat.core.audited.chained", lambda _, entry: entry.hash), ("who", "at", "source")),
    ],
)
async def test_without_a_defence_tampering_passes(
    house: House, monkeypatch: pytest.MonkeyPatch, defence: str, broken: tuple[str, Any], names: tuple[str, ...]
) -> None:
    for name in names:
        other = await found(house.services, name, f"owner@{name}.example")
        await tampered(other, name)
        assert (await verdict(other)).broken_at is not None
        with monkeypatch.context() as without:
            without.setattr(*broken)
            assert (await verdict(other)).broken_at is None, (defence, name)


async def test_a_log_that_was_begun_anew_is_found(house: House) -> None:
    chain = await filled(house)
    await house.services.store.write(lambda tx: wiped(tx, house.actor.account_id, chain))
    await entered(house, "transcript.viewed", "1")
    broken = await verdict(house)
    assert (broken.broken_at, broken.why) == (1, "the log was begun anew")


async def test_entries_of_another_account_do_not_fit(house: House) -> None:
    other = await found(house.services, "Other", "owner@other.example")
    chain = await filled(other)

    def copied(tx: Any) -> None:
        wiped(tx, house.actor.account_id, chain)
        head = store.head(tx, other.actor.account_id)
        assert head is not None
        tx.execute(insert(heads).values(**asdict(replace(head, account_id=house.actor.account_id))))
        for each in chain:
            tx.execute(insert(rows).values(**asdict(replace(each, account_id=house.actor.account_id))))

    await house.services.store.write(copied)
    assert (await verdict(house)).broken_at is not None
    assert (await verdict(other)).broken_at is None


async def test_a_check_is_noted_and_done_once_a_day(house: House) -> None:
    chain = await filled(house)
    assert await verdicts.sweep(house.services) == 1
    assert await verdicts.sweep(house.services) == 0
    later = ahead(house.services, 86_400_001)
    await house.services.store.write(lambda tx: swapped(tx, house.actor.account_id, chain))
    assert await house.services.store.read(found_broken) == []
    assert await verdicts.sweep(later) == 1
    assert await house.services.store.read(found_broken) == [house.actor.account_id]


async def test_pruning_leaves_a_log_that_verifies(house: House) -> None:
    chain = await aged(house)
    account, before = house.actor.account_id, chain[4].at
    assert await pruned(house, before) == 4
    kept = await verdict(house)
    assert (kept.broken_at, kept.entries, kept.number) == (None, len(chain) - 4, chain[-1].number)
    assert await entries(house) == chain[4:]
    assert await pruned(house, before) == 0
    await entered(house, "transcript.viewed", "8")
    assert (await verdict(house)).broken_at is None
    await house.services.store.write(lambda tx: removed(4)(tx, account, chain))  # the first that was kept
    assert (await verdict(house)).broken_at == 5


async def test_pruning_goes_in_batches_and_may_take_all(house: House) -> None:
    chain = await aged(house)
    assert [await pruned(house, chain[-1].at + 1, most=3) for _ in range(5)] == [3, 3, 3, 1, 0]
    assert (await verdict(house)).broken_at is None
    await entered(house, "transcript.viewed", "1")
    stands = await verdict(house)
    assert (stands.broken_at, stands.entries, stands.number) == (None, 1, chain[-1].number + 1)


async def test_pruning_takes_nothing_that_does_not_verify(house: House) -> None:
    chain = await aged(house)
    await house.services.store.write(lambda tx: changed("who", "system")(tx, house.actor.account_id, chain))
    assert await pruned(house, chain[-1].at + 1) == 0
    assert (await verdict(house)).broken_at == 5


async def aged(house: House) -> list[AuditEntry]:
    """A chain whose entries are a minute apart, ten of them."""
    mine = house.services
    missing = 10 - len(await entries(house))
    for number in range(missing):
        house.services = ahead(mine, 60_000 * (number + 1))
        await entered(house, "transcript.viewed", str(number))
    house.services = mine
    return await entries(house)


async def pruned(house: House, before: int, most: int = 1000) -> int:
    """Prune as retention does."""
    services, account = house.services, house.actor.account_id
    return await services.store.write(lambda tx: audit.prune(services, tx, account, before, most))


async def test_no_entry_is_lost_where_many_append_at_once(house: House, settings: Settings) -> None:
    before = len(await entries(house))
    async with open_services(settings) as second:
        each_of: list[Services] = [house.services, second]
        account, who = house.actor.account_id, house.actor.agent_id

        async def append(services: Services, number: int) -> None:
            await services.store.write(
                lambda tx: audit.record(services, tx, account, who, "transcript.viewed", str(number))
            )

        await asyncio.gather(*(append(each_of[number % 2], number) for number in range(60)))
    chain = await entries(house)
    assert len(chain) == before + 60
    assert {each.target for each in chain} >= {str(number) for number in range(60)}
    assert (await verdict(house)).broken_at is None


async def test_actions_of_every_kind_at_once_do_not_lock_each_other_out(house: House) -> None:
    guest = await house.visit("Ada")
    await guest.say("hello")
    services, actor = house.services, house.actor

    for number in range(6):
        await asyncio.gather(
            house.publish(replace(TEXTS[0], text=f"Once, {number}")),
            house.publish(replace(TEXTS[0], text=f"Twice, {number}")),
            changing.change(services, actor, 1, {"tags": [f"t{number}"]}),
            changing.change(services, actor, 1, {"status": "pending"}),
            audit.record_view(services, actor, "transcript.viewed", str(number)),
            accounts.change_account(services, actor, message_rate=number),
        )
    assert (await verdict(house)).broken_at is None


async def test_a_check_while_others_append_raises_no_alarm(house: House) -> None:
    async def keep_on() -> None:
        for number in range(40):
            await entered(house, "transcript.viewed", str(number))

    going = asyncio.create_task(keep_on())
    seen = []
    while not going.done():
        seen.append((await verdict(house)).broken_at)
    await going
    assert seen
    assert set(seen) == {None}
