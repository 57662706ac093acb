"""Retention takes what is over its days and nothing else; a rehearsal says before what a run will say after."""

import asyncio
import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from chat.app import open_services
from chat.audit.actions import verdicts
from chat.core.clock import DAY, stamp
from chat.departments import actions as departments
from chat.erasure.actions import erasure, views
from chat.features import gathered
from chat.infra.audit.schema import audit
from chat.infra.gathered import Batch
from chat.infra.store import locations
from chat.retention.actions import retention, rules, sweeping
from chat.retention.actions.purging import RunBatch
from chat.retention.actions.views import RetentionRunView, run_lines
from chat.retention.schema import retention_count, retention_run
from chat.retention.store import ageing, runs
from chat.tickets.actions import redaction, tickets
from chat.tickets.schema import message
from chat.tickets.store.ageing import TRANSCRIPTS
from tests.ageing import (
    USUAL,
    ago,
    held_back,
    left_without,
    marked,
    noted,
    over,
    populate,
    rows_of,
    sent,
    still,
    table,
    wrote,
)
from tests.inside import House, found

pytestmark = pytest.mark.both_databases

RULES = gathered().retention_rules
SEED = int(os.environ.get("RETENTION_SEED", "20261125"))


def counts(made: RetentionRunView) -> dict[str, tuple[int, int]]:
    """What a report says was found and held, by rule, but of the audit log."""
    return {each.rule: (each.found, each.held) for each in made.rules if each.rule != "audit"}


async def ran(house: House) -> RetentionRunView:
    """Run the rules in the account, now; the report."""
    run = await sweeping.begin(house.services, house.actor.account_id, "command", "system")
    assert await sweeping.carry_out(house.services, run)
    return await retention.report(house.services, house.actor, run.id)


def beyond(made: RetentionRunView, now: int) -> list[str]:
    """The rules by whose report something is left, or the oldest thing that stays is over its days."""
    return [
        each.rule for each in made.rules if each.left or (each.oldest and each.oldest < stamp(now - each.days * DAY))
    ]


async def test_a_rehearsals_counts_equal_the_runs_and_what_stays_is_within_policy(house: House) -> None:
    print(f"seed {SEED}")
    house = still(house)
    await populate(house, SEED)
    expected = await over(house, USUAL)
    assert all(any(pair[at] for pair in expected.values()) for at in (0, 1)), expected
    assert expected["exports"][0] > 0
    rehearsal = await retention.rehearse(house.services, house.actor)
    assert counts(rehearsal) == expected
    assert all(each.purged == 0 for each in rehearsal.rules)
    done = await ran(house)
    assert counts(done) == expected
    assert all(each.purged == each.found for each in done.rules)
    assert beyond(done, house.services.clock()) == []
    assert {rule: pair[0] for rule, pair in (await over(house, USUAL)).items()} == dict.fromkeys(USUAL, 0)
    assert {rule: pair[1] for rule, pair in (await over(house, USUAL)).items()} == {
        rule: pair[1] for rule, pair in expected.items()
    }


async def test_a_rule_that_skips_a_row_is_found_out(house: House) -> None:
    house = still(house)
    for days in (500, 400, 390):
        await wrote(house, days)

    async def careless(batch: Batch) -> None:
        await RULES[0].take(replace(batch, found=batch.found[1:]))

    mutant = replace(gathered(), retention_rules=(replace(RULES[0], take=careless), *RULES[1:]))
    house.services = replace(house.services, gathered=mutant)
    done = await ran(house)
    assert beyond(done, house.services.clock()) == ["transcripts"]
    assert (done.rules[0].found, done.rules[0].purged, done.rules[0].left) == (3, 2, 1)
    assert (await over(house, USUAL))["transcripts"] == (1, 0)


async def test_a_department_keeps_for_its_own_days(house: House) -> None:
    house = still(house)
    short = await departments.add(
        house.services, house.actor, "Returns", {"transcripts_days": 30, "attachments_days": 10}
    )
    long = await departments.add(house.services, house.actor, "Claims", {"transcripts_days": 3000})
    own = {each.id: each.retention for each in (short, long)}
    await populate(house, SEED + 1, departments=tuple(own))
    expected = await over(house, USUAL, own)
    assert expected != await over(house, USUAL)
    assert counts(await retention.rehearse(house.services, house.actor)) == expected
    assert counts(await ran(house)) == expected
    assert all(pair[0] == 0 for pair in (await over(house, USUAL, own)).values())


async def test_a_ticket_goes_with_all_that_hangs_off_it_and_no_other_does(house: House) -> None:
    old, young = await wrote(house, 366, 3, training=True), await wrote(house, 364, 3, training=True)
    for lived, days in ((old, 366), (young, 364)):
        await marked(house, lived, days)
        await sent(house, lived, days)
        await noted(house, lived, days)
    folder = house.services.blobs
    before = await rows_of(house.services, young)
    assert {"ticket", "message", "note", "label", "attachment"} <= set(await rows_of(house.services, old))
    assert house.services.filters.learnt_of(house.actor.account_id, old.guest.contact.id) == 3
    done = await ran(house)
    assert counts(done)["transcripts"] == (1, 0)
    assert set(await rows_of(house.services, old)) == {"contact", "receipt"}
    assert await rows_of(house.services, young) == before
    assert (folder.count(old.guest.contact.uid), folder.count(young.guest.contact.uid)) == (0, 1)
    learnt = [house.services.filters.learnt_of(house.actor.account_id, each.guest.contact.id) for each in (old, young)]
    assert learnt == [0, 3]


async def test_a_files_days_may_be_fewer_than_its_tickets(house: House) -> None:
    await retention.change(house.services, house.actor, {"attachments_days": 30})
    lived = await wrote(house, 40)
    await sent(house, lived, 40)
    before = (await table(house.services, message))[1]["body"]
    done = await ran(house)
    assert counts(done)["attachments"] == (1, 0)
    said = await table(house.services, message)
    assert [each["target"] for each in said] == [None, None, 2]
    assert said[1]["body"] == before
    assert house.services.blobs.count(lived.guest.contact.uid) == 0
    stands = (await tickets.one(house.services, house.actor, lived.number)).ticket
    assert stands.updated_at < house.services.clock() - 39 * DAY
    assert stands.last_seq == 3
    assert counts(await ran(house))["attachments"] == (0, 0)


async def test_a_label_that_is_over_its_days_is_unlearnt_at_once(house: House) -> None:
    await retention.change(house.services, house.actor, {"training_days": 30})
    lived = await wrote(house, 40, 2, training=True)
    await marked(house, lived, 40)
    assert house.services.filters.learnt_of(house.actor.account_id, lived.guest.contact.id) == 2
    assert counts(await ran(house))["training"] == (2, 0)
    assert house.services.filters.learnt_of(house.actor.account_id, lived.guest.contact.id) == 0
    assert len(await table(house.services, message)) == 2


async def test_what_a_command_beside_the_server_unlearns_the_servers_filter_unlearns_too(house: House) -> None:
    await retention.change(house.services, house.actor, {"training_days": 30})
    lived = await wrote(house, 40, 2, training=True)
    await marked(house, lived, 40)
    async with open_services(house.services.settings) as beside:
        await retention.now(beside, dry_run=False)
    account_id, contact_id = house.actor.account_id, lived.guest.contact.id
    assert house.services.filters.learnt_of(account_id, contact_id) == 2  # the control: nobody told it
    await sweeping.sweep(house.services)
    assert house.services.filters.learnt_of(account_id, contact_id) == 0


async def test_a_contact_without_tickets_is_erased_with_key_and_certificate(house: House) -> None:
    lived, kept = await left_without(house, 31), await left_without(house, 29)
    never = await ago(house, 8).visit()
    none = dict.fromkeys(("transcripts", "attachments", "training", "exports"), (0, 0))
    assert counts(await ran(house)) == none | {"contacts": (1, 0), "sessions": (1, 0)}
    assert await erasure.sweep(house.services) == 2
    for guest in (lived.guest, never):
        assert not house.services.keys.holds(guest.contact.key_slot, guest.contact.uid)
    assert house.services.keys.holds(kept.guest.contact.key_slot, kept.guest.contact.uid)
    items, _ = await views.page(house.services, house.actor, None, 10)
    assert [(each.source, each.state) for each in items] == [("retention", "done")] * 2


async def test_what_a_hold_keeps_stays_and_the_report_says_so(house: House) -> None:
    lived, free = await wrote(house, 400), await wrote(house, 400)
    await held_back(house, lived)
    before = await rows_of(house.services, lived)
    done = await ran(house)
    assert (done.rules[0].found, done.rules[0].purged, done.rules[0].held) == (1, 1, 1)
    assert await rows_of(house.services, lived) == before
    assert "ticket" not in await rows_of(house.services, free)
    assert "1 kept because held" in "\n".join(run_lines(done))


async def test_who_writes_again_meanwhile_keeps_their_ticket(house: House) -> None:
    lived = await wrote(house, 400)
    run = await sweeping.begin(house.services, house.actor.account_id, "clock", "system")
    policy = await house.services.store.read(lambda tx: rules.policy_of(house.services, tx, run.account_id))
    due = await house.services.store.read(lambda tx: ageing.over(tx, TRANSCRIPTS, policy, None, 10))
    assert len(due) == 1
    draft = lived.guest.draft("I am back")
    draft.at = house.services.clock()
    await house.box.post(draft)
    await RULES[0].take(RunBatch(house.services, TRANSCRIPTS, policy, due, redaction.no_pause, run))
    assert (await rows_of(house.services, lived))["message"] == 2


async def test_two_runs_at_once_are_one_and_count_once(house: House) -> None:
    for _ in range(6):
        await wrote(house, 400)
    begun = [await sweeping.begin(house.services, house.actor.account_id, each, "system") for each in ("api", "clock")]
    assert begun[0].id == begun[1].id
    finished = await asyncio.gather(*(sweeping.carry_out(house.services, each) for each in begun))
    assert sorted(finished) == [False, True]
    done = await retention.report(house.services, house.actor, begun[0].id)
    assert (done.rules[0].found, done.rules[0].purged, done.rules[0].left) == (6, 6, 0)
    assert done.source == "api"


async def test_an_account_is_swept_once_a_day_and_not_on_its_first(house: House) -> None:
    assert await sweeping.sweep(house.services) == 0
    tomorrow = ago(house, -1.01)
    assert await sweeping.sweep(tomorrow.services) == 1
    assert await sweeping.sweep(tomorrow.services) == 0
    last = await retention.last(house.services, house.actor)
    assert last is not None
    assert (last.source, last.state) == ("clock", "done")


async def test_the_audit_log_goes_from_its_beginning_and_stays_whole(house: House) -> None:
    await wrote(house, 1)
    held = ago(house, -731)
    await retention.change(house.services, house.actor, {"audit_days": 730})
    before = len(await table(house.services, audit))
    rehearsal = (await retention.rehearse(held.services, house.actor)).rules[-1]
    assert (rehearsal.rule, rehearsal.found) == ("audit", before)
    done = (await ran(held)).rules[-1]
    assert (done.found, done.purged, done.left) == (before, before, 0)
    assert (await verdicts.verify(held.services, house.actor.account_id)).broken_at is None


@pytest.mark.parametrize("forgotten", [True, False])
async def test_reports_go_with_the_days_of_the_audit_log(
    house: House, monkeypatch: pytest.MonkeyPatch, *, forgotten: bool
) -> None:
    """The control: without that, they would stay."""
    if not forgotten:
        monkeypatch.setattr(runs, "forget", lambda *_: 0)
    other = await found(house.services, "Other", "owner@other.example")
    made: dict[int, list[str]] = {}
    for days in (731, 729):
        then = ago(house, days)
        rehearsed = await retention.rehearse(then.services, house.actor)
        made[days] = [(await ran(then)).id, rehearsed.id]
    theirs = (await ran(ago(other, 731))).id
    made[0] = [(await ran(house)).id]

    def work(tx: Any) -> set[str]:
        return set(tx.execute(select(retention_run.c.id)).scalars())

    left = await house.services.store.read(work)
    assert left == {*made[729], *made[0], theirs} | (set() if forgotten else {*made[731]})
    counted = await house.services.store.read(lambda tx: set(tx.execute(select(retention_count.c.run_id)).scalars()))
    assert counted == left


async def test_one_accounts_days_touch_no_other(house: House) -> None:
    other = await found(house.services, "Other", "owner@other.example", house.box)
    await other.publish()
    await retention.change(house.services, house.actor, {"transcripts_days": 1})
    mine, theirs = await wrote(house, 10), await wrote(other, 10)
    assert counts(await ran(house))["transcripts"] == (1, 0)
    assert counts(await ran(other))["transcripts"] == (0, 0)
    assert "ticket" not in await rows_of(house.services, mine)
    assert "ticket" in await rows_of(house.services, theirs)


async def test_the_months_ahead_hold_all_there_is(house: House) -> None:
    house = still(house)
    await populate(house, SEED + 2)
    months = await retention.coming(house.services, house.actor)
    assert len(months) == 13
    assert months[0].month == stamp(house.services.clock())[:7]
    today = datetime.fromtimestamp(house.services.clock() / 1000, UTC)
    end = datetime(today.year + 1 + today.month // 12, today.month % 12 + 1, 1, tzinfo=UTC).timestamp() * 1000 - 1
    due = await over(ago(house, (house.services.clock() - end) / DAY), USUAL)
    assert {name: sum(each.counts[name] for each in months) for name in ("transcripts", "contacts", "sessions")} == {
        name: due[name][0] for name in ("transcripts", "contacts", "sessions")
    }
    now = await over(house, USUAL)
    assert all(months[0].counts[name] >= now[name][0] for name in USUAL)


def test_every_table_names_its_rule_or_says_why_it_needs_none() -> None:
    known = {rule.name for rule in RULES}
    every = [each for each in locations.tables() if each.kept]
    assert {each.name for each in every if each.kept in known} >= {"ticket", "message", "note", "attachment", "label"}
    assert [each.name for each in every if each.kept not in known and " " not in each.kept] == []


def test_every_default_is_finite() -> None:
    assert all(0 < rule.least <= rule.default <= rule.most <= 3650 for rule in RULES)
    assert {rule.name: rule.default for rule in RULES} == USUAL | {"audit": 730}


async def test_a_run_that_was_cut_short_goes_on_under_its_number(house: House) -> None:
    for _ in range(3):
        await wrote(house, 400)
    run = await sweeping.begin(house.services, house.actor.account_id, "clock", "system")
    policy = await house.services.store.read(lambda tx: rules.policy_of(house.services, tx, run.account_id))
    met = await house.services.store.read(lambda tx: sweeping.met(house.services, tx, policy))
    await house.services.store.write(lambda tx: runs.reach(tx, run.id, met))
    due = await house.services.store.read(lambda tx: ageing.over(tx, TRANSCRIPTS, policy, None, 2))
    await RULES[0].take(RunBatch(house.services, TRANSCRIPTS, policy, due, redaction.no_pause, run))
    assert await sweeping.sweep(house.services) == 1
    done = await retention.report(house.services, house.actor, run.id)
    assert (done.rules[0].found, done.rules[0].purged, done.rules[0].left) == (3, 3, 0)
