"""A log that was found broken is closed as it is and begun anew behind the break, which stays on record."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from chat.audit.actions import reading, renewing
from chat.core.audited import NOTHING
from chat.core.clock import DAY
from chat.infra.audit import store
from chat.infra.audit.schema import audit as rows
from chat.infra.audit.schema import audit_head as heads
from chat.infra.audit.schema import audit_part as parts
from chat.infra.store import engine
from chat.retention.actions import sweeping
from tests.commands import lethe
from tests.inside import House, found
from tests.test_audit_log import TAMPERINGS, ahead, entered, entries, filled, pruned, tampered, verdict
from tests.test_migrations import environment


async def renewed(house: House) -> Any:
    """Close the broken log of a house."""
    return await renewing.renew(house.services, house.actor.account_id)


async def broken(house: House) -> None:
    """Fill a log and change its fifth entry."""
    await tampered(house, "who")
    assert (await verdict(house)).broken_at == 5


async def test_the_new_part_names_the_last_hash_and_both_are_reported(house: House) -> None:
    await broken(house)
    old = await entries(house)
    made = await renewed(house)
    now = await entries(house)
    assert now[: len(old)] == old, "kept as it is"
    [first] = now[len(old) :]
    assert (first.who, first.action, first.target) == ("command", "audit.begun", old[-1].hash)
    assert (made.first, made.last, made.hash, made.broken_at) == (1, old[-1].number, old[-1].hash, 5)
    await entered(house, "transcript.viewed", "9")
    said = await verdict(house)
    assert (said.whole, said.broken_at, said.entries) == (True, None, 2)
    before, after = said.line.splitlines()
    assert f"entries 1 to {made.last}, is broken at entry 5: an entry is not what was entered" in before
    assert "whole, 2 entries" in after
    shown = await reading.standing(house.services, house.actor)
    assert (shown.broken_at, shown.closed[0].broken_at) == (None, 5)


async def test_a_log_that_is_whole_is_not_begun_anew(house: House) -> None:
    before = await filled(house)
    assert await renewed(house) is None
    assert await entries(house) == before


async def test_whatever_was_tampered_with_it_can_be_begun_anew_and_broken_again(house: House) -> None:
    for name in TAMPERINGS:
        other = await found(house.services, name, f"owner@{name}.example")
        await tampered(other, name)
        was = await verdict(other)
        first = await renewed(other)
        now = await verdict(other)
        assert (now.broken_at, now.whole, [each.part for each in now.closed]) == (None, True, [first]), name
        assert first.why in {was.why, "the signature over both ends of the log is not this server's"}, name
        await entered(other, "transcript.viewed", "1")
        last = (await entries(other))[-1].number
        await other.services.store.write(
            lambda tx, other=other, last=last: tx.execute(  # type: ignore[misc] # bound now
                update(rows)
                .where(rows.c.account_id == other.actor.account_id, rows.c.number == last)
                .values(who="system")
            )
        )
        assert (await verdict(other)).broken_at == last, name
        second = await renewed(other)
        assert (second.first, second.broken_at) == (first.last + 1, last), name
        assert [each.part for each in (await verdict(other)).closed] == [first, second], name
    assert (await verdict(house)).closed == ()


def gone(tx: Any, account: str) -> None:
    """Delete the record of what was closed."""
    tx.execute(delete(parts).where(parts.c.account_id == account))


def unsealed(tx: Any, account: str) -> None:
    """Delete it, and what the head says of it."""
    gone(tx, account)
    tx.execute(update(heads).where(heads.c.account_id == account).values(closed=""))


def denied(tx: Any, account: str) -> None:
    """Say that it broke elsewhere."""
    tx.execute(update(parts).where(parts.c.account_id == account).values(broken_at=2))


def touched(tx: Any, account: str) -> None:
    """Change what was closed once more."""
    tx.execute(update(rows).where(rows.c.account_id == account, rows.c.number == 2).values(who="visitor"))


def emptied(tx: Any, account: str) -> None:
    """Delete what was closed, as if its time were over."""
    last = tx.execute(select(parts.c.last).where(parts.c.account_id == account)).scalar_one()
    tx.execute(delete(rows).where(rows.c.account_id == account, rows.c.number <= last))
    tx.execute(update(parts).where(parts.c.account_id == account).values(dropped_at=1))


@pytest.mark.parametrize("hiding", [gone, unsealed, denied, touched, emptied])
async def test_the_break_cannot_be_hidden_afterwards(house: House, hiding: Callable[[Any, str], None]) -> None:
    await broken(house)
    await renewed(house)
    assert (await verdict(house)).whole
    await house.services.store.write(lambda tx: hiding(tx, house.actor.account_id))
    assert not (await verdict(house)).whole


async def test_without_its_seal_a_break_could_be_hidden(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: what finds it is the seal that the head signs."""
    await broken(house)
    await renewed(house)
    await house.services.store.write(lambda tx: denied(tx, house.actor.account_id))
    assert not (await verdict(house)).whole
    head = await house.services.store.read(lambda tx: store.head(tx, house.actor.account_id))
    monkeypatch.setattr("chat.audit.actions.verdicts.seal", lambda _: head.closed if head else "")
    assert (await verdict(house)).whole


async def test_a_wiped_log_is_begun_anew_with_nothing_to_name(house: House) -> None:
    await tampered(house, "wiped")
    made = await renewed(house)
    assert (made.hash, (await entries(house))[-1].target) == (NOTHING, NOTHING)
    assert (await verdict(house)).whole


async def test_what_was_closed_goes_when_its_time_is_over_and_its_break_stays(house: House) -> None:
    await broken(house)
    made = await renewed(house)
    await entered(house, "transcript.viewed", "9")
    assert await renewing.sweep(ahead(house.services, 700 * DAY)) == 0
    later = ahead(house.services, 731 * DAY)
    assert await pruned(house, made.closed_at - 1) == 0, "retention of the log itself leaves it alone"
    assert await renewing.sweep(later) == made.last
    assert await renewing.sweep(later) == 0
    said = await verdict(house)
    assert (said.whole, [each.number for each in await entries(house)]) == (True, [made.last + 1, made.last + 2])
    assert "broken at entry 5" in said.line
    assert "its entries went on" in said.line
    first = (rows.c.account_id == house.actor.account_id) & (rows.c.number == made.last + 1)
    await house.services.store.write(lambda tx: tx.execute(update(rows).where(first).values(who="system")))
    assert (await verdict(house)).broken_at == made.last + 1


async def test_retention_counts_the_new_part_alone(house: House) -> None:
    await broken(house)
    made = await renewed(house)
    later = ahead(house.services, 731 * DAY)
    run = await sweeping.begin(later, house.actor.account_id, "clock", "system")
    await sweeping.carry_out(later, run)
    said = await verdict(house)
    assert said.whole
    assert [each.number for each in await entries(house)][: made.last] == list(range(1, made.last + 1))


def test_the_command_closes_reports_and_then_verifies(sqlite_url: str, tmp_path: Path) -> None:
    environ = environment(tmp_path, sqlite_url)
    owner = ["--email", "owner@acme.example", "--origin", "https://acme.example"]
    assert lethe(environ, "init", "--account", "acme", *owner).returncode == 0
    target = engine(sqlite_url)
    with target.begin() as tx:
        tx.execute(update(rows).where(rows.c.number == 2).values(at=1))
    target.dispose()
    [closed] = json.loads(lethe(environ, "audit", "renew", "--json").stdout)["closed"]
    assert (closed["first"], closed["last"], closed["broken_at"]) == (1, 3, 2)
    verified = lethe(environ, "audit", "verify")
    assert verified.returncode == 0
    assert "is broken at entry 2" in verified.stdout
    assert "whole, 1 entries" in verified.stdout
