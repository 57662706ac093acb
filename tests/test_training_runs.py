"""Claims about retraining: a run with progress and a report, its version put to use, rolled back, and forgetting."""

import uuid
from dataclasses import replace
from typing import Any

import pytest

from chat.account.actions import accounts
from chat.app import open_services
from chat.core.errors import NotNow
from chat.core.settings import Settings
from chat.erasure.actions import erasure
from chat.spam_filter.actions import runs, training, versions
from chat.spam_filter.actions.views import TrainingRunReport
from chat.spam_filter.store import runs as rows
from chat.tickets.actions import tickets
from spam.filter import SHIPPED
from tests.inside import Guest, House, Served, problem_of

HAM = ("where is my parcel", "can I change my address", "do you open on sunday", "the invoice has the wrong name")
SPAM = ("claim your prize now at http://win.example", "cheap pills best price", "casino bonus for you, click here")


async def labelled(house: House, text: str, *, spam: bool) -> Guest:
    """A contact with one message that an agent has marked."""
    guest = await house.visit("Zoe", f"{uuid.uuid4().hex}@x.example", training=True)
    number = (await guest.say(text)).number
    await tickets.hold(house.services, house.actor, number, held=spam)
    return guest


async def filled(house: House, many: int = 6) -> list[Guest]:
    """Some contacts of each kind."""
    made = [await labelled(house, f"{HAM[each % 4]} {each}", spam=False) for each in range(many)]
    return made + [await labelled(house, f"{SPAM[each % 3]} {each}", spam=True) for each in range(many)]


async def trained(house: House) -> TrainingRunReport:
    """A run carried out, as it is shown."""
    started = await runs.start(house.services, house.actor)
    await runs.sweep(house.services)
    return await runs.one(house.services, house.actor, started.id)


async def test_without_labels_a_run_is_refused_and_the_filter_goes_on(house: House) -> None:
    with pytest.raises(NotNow, match="no labels yet"):
        await runs.start(house.services, house.actor)
    assert house.services.filters.of(house.made.account_id).to_bytes() == SHIPPED.read_bytes()
    assert await runs.page(house.services, house.actor, None, 10) == ([], None)


async def test_a_run_ends_with_a_version_and_a_report(house: House) -> None:
    await filled(house)
    run = await trained(house)
    assert (run.state, run.progress, run.version, run.labels) == ("done", 100, 1, 12)
    report = run.report or {}
    assert report["labels"] == {"ham": 6, "spam": 6, "contacts": 12}
    assert set(report) >= {"candidate", "in_use", "curves", "histogram", "calibration", "learning", "cost"}
    confusion = report["candidate"]["confusion"]
    assert sum(confusion.values()) == 12
    assert sum(each["ham"] + each["spam"] for each in report["histogram"]) == 12
    assert house.services.filters.version_path(run.id).exists()
    assert "parcel" not in repr(run)


async def test_a_run_started_twice_is_the_same(house: House) -> None:
    await labelled(house, HAM[0], spam=False)
    first, second = await runs.start(house.services, house.actor), await runs.start(house.services, house.actor)
    assert (first.id, first.state) == (second.id, "queued")
    await runs.sweep(house.services)
    assert (await runs.start(house.services, house.actor)).id != first.id


async def test_a_run_killed_half_way_begins_again(house: House) -> None:
    await filled(house, 2)
    started = await runs.start(house.services, house.actor)
    run = await house.services.store.read(lambda tx: rows.one(tx, house.made.account_id, started.id))
    assert await house.services.store.write(lambda tx: rows.take(tx, run, house.services.clock() - 2 * rows.STALE))
    assert not await house.services.store.write(lambda tx: rows.take(tx, run, house.services.clock()))  # it is taken
    await runs.sweep(house.services)
    assert (await runs.one(house.services, house.actor, started.id)).state == "done"


async def test_a_run_that_somebody_carries_out_is_left_to_them(house: House) -> None:
    await filled(house, 2)
    started = await runs.start(house.services, house.actor)
    run = await house.services.store.read(lambda tx: rows.one(tx, house.made.account_id, started.id))
    await house.services.store.write(lambda tx: rows.take(tx, run, house.services.clock()))
    await runs.sweep(house.services)
    assert (await runs.one(house.services, house.actor, started.id)).state == "running"


async def test_a_version_is_put_to_use_and_rolled_back_in_every_process(house: House, settings: Settings) -> None:
    await filled(house)
    first = await trained(house)
    async with open_services(settings) as other:
        await runs.promote(house.services, house.actor, first.id)
        served = house.services.filters.of(house.made.account_id)
        assert served.to_bytes() == house.services.filters.version_path(first.id).read_bytes()
        await versions.use_version(other, house.made.account_id)
        assert other.filters.of(house.made.account_id).to_bytes() == served.to_bytes()
    await labelled(house, "a late question about chairs", spam=False)
    second = await trained(house)
    await runs.promote(house.services, house.actor, second.id)
    assert (await runs.use(house.services, house.actor, 1)).version == 1
    assert (await runs.use(house.services, house.actor, 0)).version == 0
    assert [each.version for each in await runs.history(house.services, house.actor)] == [0, 1, 2, 1]


async def test_the_version_in_use_is_not_discarded_and_another_may_be(house: House) -> None:
    await filled(house, 3)
    first, second = await trained(house), await trained(house)
    await runs.promote(house.services, house.actor, first.id)
    with pytest.raises(NotNow):
        await runs.discard(house.services, house.actor, first.id)
    assert (await runs.discard(house.services, house.actor, second.id)).discarded
    assert not (await runs.promote(house.services, house.actor, second.id)).discarded


async def test_an_erasure_makes_every_version_as_if_the_contact_had_never_written(house: House) -> None:
    services = house.services
    await filled(house)
    before = await trained(house)
    bare = services.filters.version_path(before.id).read_bytes()
    gone = await labelled(house, "buy my zanzibar sundial", spam=True)
    with_them = await trained(house)
    await runs.promote(services, house.actor, with_them.id)
    assert services.filters.version_path(with_them.id).read_bytes() != bare
    await erasure.by_agent(services, house.actor, gone.contact.uid)
    assert await erasure.sweep(services) == 1
    assert services.filters.version_path(with_them.id).read_bytes() == bare
    assert services.filters.version_path(before.id).read_bytes() == bare
    assert services.filters.of(house.made.account_id).to_bytes() == bare
    assert services.filters.path(house.made.account_id).read_bytes() == bare
    dropped = await runs.one(services, house.actor, with_them.id)
    assert (dropped.report, dropped.mistakes, dropped.labels) == (None, [], 12)
    await runs.sweep(services)
    again = await runs.one(services, house.actor, with_them.id)
    assert (again.report or {})["candidate"] == (before.report or {})["candidate"]


async def test_with_everybody_erased_no_version_has_a_file_and_the_shipped_filter_serves(house: House) -> None:
    guests = await filled(house, 3)
    run = await trained(house)
    await runs.promote(house.services, house.actor, run.id)
    for each in guests:
        await erasure.by_agent(house.services, house.actor, each.contact.uid)
    assert await erasure.sweep(house.services) == 6
    assert not house.services.filters.version_path(run.id).exists()
    assert house.services.filters.of(house.made.account_id).to_bytes() == SHIPPED.read_bytes()
    with pytest.raises(NotNow):
        await runs.promote(house.services, house.actor, run.id)


async def test_a_version_that_is_not_made_anew_is_noticed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await filled(house, 2)
    gone = await labelled(house, "zanzibar", spam=True)
    run = await trained(house)
    path = house.services.filters.version_path(run.id)
    counted = path.read_bytes()

    async def skipped(*_: Any, **__: Any) -> int:
        return 0

    monkeypatch.setattr(versions, "refit_stale", skipped)
    await erasure.by_agent(house.services, house.actor, gone.contact.uid)
    assert await erasure.sweep(house.services) == 0  # it looks again, and does not certify
    assert path.read_bytes() == counted
    monkeypatch.undo()
    assert await erasure.sweep(house.services) == 1
    assert path.read_bytes() != counted


@pytest.mark.parametrize("follows", [True, False])
async def test_the_target_draws_another_line_at_once(house: House, *, follows: bool) -> None:
    """The control: where the filter does not hear of settings, its line stays."""
    await filled(house, 3)
    run = await trained(house)
    await runs.promote(house.services, house.actor, run.id)
    heard = house.services.gathered.account_changed if follows else ()
    services = replace(house.services, gathered=replace(house.services.gathered, account_changed=heard))
    await accounts.change_account(services, house.actor, ham_held=0.01)
    model = await training.model(house.services, house.actor)
    assert (model.ham_held, model.head["held"], model.version) == (0.01, 0.01 if follows else 0.002, 1)


async def test_runs_over_rest(app: Served) -> None:
    problem_of(await app.rest("POST", "/spam/training-runs"), 409, "not_now")
    await filled(app.house, 3)
    started = await app.rest("POST", "/spam/training-runs")
    assert started.status_code == 202
    await runs.sweep(app.services)
    answer = (await app.rest("GET", f"/spam/training-runs/{started.json()['id']}")).json()
    assert answer["report"]["labels"]["contacts"] == 6
    assert (await app.rest("PUT", "/spam/model", {"version": 1})).json()["version"] == 1
    listed = (await app.rest("GET", "/spam/training-runs?limit=1")).json()
    assert [each["in_use"] for each in listed["items"]] == [True]
    problem_of(await app.rest("DELETE", f"/spam/training-runs/{answer['id']}"), 409, "not_now")
    problem_of(await app.rest("PUT", "/spam/model", {"version": 9}), 404, "not_found")
