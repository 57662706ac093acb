"""Retraining by an admin: asking for it, the sweep that carries it out, and putting what it made to use."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import structlog
from msgspec import structs

from chat.account import store as accounts
from chat.core import access
from chat.core.clock import stamp
from chat.core.errors import LetheError, NotNow, Unavailable
from chat.core.events import WorkDue
from chat.core.ids import uuid7
from chat.core.model import Actor
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.spam_filter.actions import fitting, training, versions
from chat.spam_filter.actions.views import (
    FilterFigures,
    FilterModel,
    MistakeView,
    TrainingRunReport,
    TrainingRunView,
    VersionUse,
)
from chat.spam_filter.store import runs
from chat.spam_filter.store.runs import TrainingRun

log = structlog.get_logger("chat.filter")
STEP = 5  # percent between two signs of life
TRIES = 3


async def start(services: Services, actor: Actor) -> TrainingRunView:
    """
    Ask for a retraining. While one is waiting or under way it is that. Raises NotNow where there are no labels yet.
    """
    access.require(actor, "filter.train")

    def work(tx: Tx) -> TrainingRun:
        run_id = _ask(services, tx, actor.account_id, actor.agent_id)
        if run_id is None:
            raise NotNow("There are no labels yet: mark messages as spam or not; the filter in use goes on")
        return runs.one(tx, actor.account_id, run_id)

    run = await services.store.write(work)
    services.bus.publish(WorkDue())
    return training_run_view(run, None)


async def page(
    services: Services, actor: Actor, before: int | None, limit: int
) -> tuple[list[TrainingRunView], int | None]:
    """Return the account's runs, newest first, and where the next page begins."""
    access.require(actor, "filter.train")

    def work(tx: Tx) -> tuple[list[TrainingRun], TrainingRun | None]:
        return runs.of_account(tx, actor.account_id, before, limit + 1), runs.in_use(tx, actor.account_id)

    found, used = await services.store.read(work)
    return [training_run_view(each, used) for each in found[:limit]], found[limit - 1].version if len(
        found
    ) > limit else None


async def one(services: Services, actor: Actor, run_id: str) -> TrainingRunReport:
    """Return a run of the account with its report and the worst mistakes."""
    access.require(actor, "filter.train")

    def work(tx: Tx) -> tuple[TrainingRun, TrainingRun | None, list[MistakeView]]:
        found = runs.one(tx, actor.account_id, run_id)
        return found, runs.in_use(tx, actor.account_id), _mistakes(services, tx, found)

    run, used, mistakes = await services.store.read(work)
    shown = structs.asdict(training_run_view(run, used))
    return TrainingRunReport(**shown, report=run.report, mistakes=mistakes if run.report else [])


async def promote(services: Services, actor: Actor, run_id: str) -> TrainingRunReport:
    """Put a version to use, in every process at once. Raises NotNow where it is not done, or nothing is left in it."""
    access.require(actor, "filter.train")

    def work(tx: Tx) -> None:
        run = runs.one(tx, actor.account_id, run_id)
        if run.state != "done" or not run.labels:
            raise NotNow("This version is not there to be used")
        runs.put_to_use(tx, actor.account_id, run.id, services.clock(), actor.agent_id)
        runs.change(tx, run.id, discarded_at=None, discarded_by=None)
        audit.record(services, tx, actor.account_id, actor.agent_id, "filter.promoted", run.id)

    await services.store.write(work)
    await versions.follow(services, actor.account_id)
    return await one(services, actor, run_id)


async def use(services: Services, actor: Actor, version: int) -> FilterModel:
    """
    Put a version to use by its number, 0 for the shipped head, and return what serves. NotFound where there is none.
    """
    if version:
        run = await services.store.read(lambda tx: runs.version(tx, actor.account_id, version))
        await promote(services, actor, run.id)
    else:
        await ship(services, actor)
    return await training.model(services, actor)


async def ship(services: Services, actor: Actor) -> None:
    """Go back to the head that Lethe is shipped with. The agents' marks stay learnt."""
    access.require(actor, "filter.train")

    def work(tx: Tx) -> None:
        if runs.in_use(tx, actor.account_id) is not None:
            runs.put_to_use(tx, actor.account_id, None, services.clock(), actor.agent_id)
            audit.record(services, tx, actor.account_id, actor.agent_id, "filter.promoted", "0")

    await services.store.write(work)
    await versions.follow(services, actor.account_id)


async def discard(services: Services, actor: Actor, run_id: str) -> TrainingRunReport:
    """Say that a version is not wanted. It is kept, and may be put to use all the same. NotNow for the one in use."""
    access.require(actor, "filter.train")

    def work(tx: Tx) -> None:
        run, used = runs.one(tx, actor.account_id, run_id), runs.in_use(tx, actor.account_id)
        if run.state != "done" or (used is not None and used.id == run.id):
            raise NotNow("Only a version that is done and not in use can be discarded")
        if run.discarded_at is None:
            runs.change(tx, run.id, discarded_at=services.clock(), discarded_by=actor.agent_id)
            audit.record(services, tx, actor.account_id, actor.agent_id, "filter.discarded", run.id)

    await services.store.write(work)
    return await one(services, actor, run_id)


async def history(services: Services, actor: Actor) -> list[VersionUse]:
    """Return which version was put to use when and by whom, last first."""
    access.require(actor, "filter.train")

    def work(tx: Tx) -> tuple[list[runs.Put], dict[str, int]]:
        known = {each.id: each.version for each in runs.of_account(tx, actor.account_id)}
        return runs.puts(tx, actor.account_id), known

    found, known = await services.store.read(work)
    return [VersionUse(known.get(each.run_id or "", 0), stamp(each.at), each.agent_id) for each in found]


async def sweep(services: Services) -> int:
    """
    Make anew what counts labels that are gone, carry out the runs that wait, write the reports that are missing, and
    bring the files to what is learnt, and return how much was done. Killed anywhere and begun again, it goes on.
    """
    found = 0
    for account_id in await services.store.read(runs.accounts):
        await versions.use_version(services, account_id)  # a command in another process may have put another to use
        found += await versions.refit_stale(services, account_id)
    for run in await services.store.read(lambda tx: runs.due(tx, services.clock())):
        found += await _carry_out(services, run)
    for account_id in await services.store.read(runs.accounts):
        found += await _write_missing_report(services, account_id)
    return found + await training.sweep(services)


async def retrain_every_account(services: Services, texts: Sequence[tuple[str, bool]] = ()) -> list[TrainingRunView]:
    """
    Retrain every account that has labels now, after teaching it labelled texts, and return each run with its account.
    """
    made = []
    for account in await services.store.read(accounts.all_of):
        if texts:
            await training.give(services, account.id, texts)
            await versions.follow(services, account.id)
        run_id = await services.store.write(partial(_ask, services, account_id=account.id, who="command"))
        if run_id is not None:
            made.append((account.id, run_id))
    await sweep(services)
    found = [await services.store.read(partial(runs.one, account_id=each, run_id=run_id)) for each, run_id in made]
    return [structs.replace(training_run_view(each, None), account=each.account_id) for each in found]


def _ask(services: Services, tx: Tx, account_id: str, who: str) -> str | None:
    """File a run that `who` asks for, or return the one that waits. Return None where there are no labels."""
    # A run counts the labels made before it: one of this very millisecond is to be among them.
    at = services.clock() + 1
    if not runs.counted(tx, account_id, at)[0]:
        return None
    run_id, new = runs.ask(tx, {"id": uuid7(), "account_id": account_id, "asked_by": who}, at)
    if new:
        audit.record(services, tx, account_id, who, "filter.trained", run_id)
    return run_id


def training_run_view(run: TrainingRun, used: TrainingRun | None) -> TrainingRunView:
    """Return a run as lists show it."""
    figures = (run.report or {}).get("candidate") or {}
    labels = (run.report or {}).get("labels") or {"ham": 0, "spam": 0}
    return TrainingRunView(
        id=run.id,
        version=run.version,
        state=run.state,
        progress=run.progress,
        in_use=used is not None and used.id == run.id,
        discarded=run.discarded_at is not None,
        labels=run.labels,
        measured=min(labels["ham"], labels["spam"]),
        asked_at=stamp(run.asked_at),
        asked_by=run.asked_by,
        done_at=None if run.done_at is None else stamp(run.done_at),
        sha256=run.sha256,
        figures=FilterFigures(*(figures.get(name) for name in FilterFigures.__struct_fields__)),
    )


def _mistakes(services: Services, tx: Tx, run: TrainingRun) -> list[MistakeView]:
    """Return a version's worst mistakes: ham scored highest first, then spam scored lowest first."""
    worst = runs.mistakes(tx, run.account_id, run.id)
    numbers = services.gathered.conversations.numbers(tx, run.account_id, {each.ticket_id for each in worst})
    found = [(each, numbers[each.ticket_id]) for each in worst if each.ticket_id in numbers]
    found.sort(key=lambda each: (each[0].spam, -abs(each[0].margin), each[1], each[0].seq))
    return [MistakeView(number, each.seq, each.spam, round(each.margin, 2)) for each, number in found]


async def _carry_out(services: Services, run: TrainingRun) -> int:
    if not await services.store.write(lambda tx: runs.take(tx, run, services.clock())):
        return 0
    try:
        await _fit_version(services, run)
    except Unavailable:
        await services.store.write(lambda tx: runs.change(tx, run.id, state="queued"))
        raise
    except LetheError as error:
        log.error("retraining failed", run=run.id, code=error.code)  # noqa: TRY400 - the detail may name a path
        await services.store.write(lambda tx: runs.change(tx, run.id, state="failed"))
    return 1


async def _write_missing_report(services: Services, account_id: str) -> int:
    """
    Write the report of the newest version that has none. There is one in a sweep, so that runs need not wait for many.
    """
    for run in await services.store.read(lambda tx: runs.of_account(tx, account_id)):
        if run.state == "done" and run.labels and run.report is None:
            await _fit_version(services, run)
            return 1
    return 0


async def _fit_version(services: Services, run: TrainingRun) -> None:
    """Make a run's version with its report, and again where labels went meanwhile."""
    for _ in range(TRIES):
        job, counted = await versions.job_of(services, run.account_id, [run], report=True)
        made = await fitting.fit(job, _teller(services, run))
        if await versions.keep(services, run, job, made[0], counted[run.id]):
            return
    raise Unavailable("Labels went while this was made; it is done again")


def _teller(services: Services, run: TrainingRun) -> fitting.TellProgress:
    """Return what writes down how far a run is. A report made again has no progress."""
    last = 0

    async def tell(done: float) -> None:
        nonlocal last
        percent = min(99, int(100 * done))
        if percent >= last + STEP and run.state != "done":
            last = percent
            await services.store.write(lambda tx: runs.change(tx, run.id, progress=percent, seen_at=services.clock()))

    return tell
