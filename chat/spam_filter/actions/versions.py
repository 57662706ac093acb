"""
The versions of an account's filter: each a function of the prior, and of the labels made before its run was asked for
that are still there. Where some of those are gone, head, file and report are made as if they had never been.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import structlog

from chat.account import store as accounts
from chat.core.crypt import unseal_text
from chat.core.deliveries import Delivery
from chat.core.errors import NotFound
from chat.core.events import FilterVersionChanged
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.spam_filter.actions import fitting, training
from chat.spam_filter.domain import HAM_HELD
from chat.spam_filter.store import given, labels, runs
from chat.spam_filter.store.labels import Labelled
from chat.spam_filter.store.runs import TrainingRun
from spam import Taught
from spam.fitting import Fitted, Job, WantedVersion
from spam.head import ScoringHead
from spam.report import Example, marks_of

log = structlog.get_logger("chat.filter")


async def use_version(services: Services, account_id: str) -> None:
    """Let the version in use serve here, and none where there is none: the head then follows the labels."""
    await training.take(services, account_id)

    def work(tx: Tx) -> tuple[TrainingRun | None, float]:
        return runs.in_use(tx, account_id), accounts.one(tx, account_id)[HAM_HELD]

    run, held = await services.store.read(work)
    services.filters.lead(account_id, _head(run, held) if run else None, held)


async def follow(services: Services, account_id: str) -> None:
    """Let the version in use serve here and in every other process."""
    await use_version(services, account_id)
    services.bus.publish(Delivery(FilterVersionChanged(account_id), source=services.filters))


async def lead_all(services: Services) -> None:
    """Let every account's version in use serve: what a process does when it starts."""
    for each in await services.store.read(accounts.all_of):
        await use_version(services, each.id)


async def resync(services: Services) -> None:
    """Read every account's labels and version again: another process may have said something that was not heard."""
    for each in await services.store.read(accounts.all_of):
        await training.learn_anew(services, each.id)
        await use_version(services, each.id)


async def stale(services: Services, account_id: str) -> list[TrainingRun]:
    """Return the account's versions that count labels which are gone, or stand on another prior or target."""

    def work(tx: Tx) -> list[TrainingRun]:
        found = [each for each in runs.of_account(tx, account_id) if each.state == "done"]
        return [each for each in found if each.counted != _counted(services, tx, each)]

    return await services.store.read(work)


async def follow_target(services: Services, account_id: str, changed: Collection[str]) -> None:
    """Have the line of the account's filter drawn anew where another share of ham may be held."""
    if HAM_HELD.name in changed:
        await set_target(services, account_id)


async def set_target(services: Services, account_id: str) -> None:
    """Draw the line of what serves for the account's target, here and everywhere."""
    run = await services.store.read(lambda tx: runs.in_use(tx, account_id))
    if run is None or not await refit_stale(services, account_id, only=run.id):
        await follow(services, account_id)


async def refit_stale(services: Services, account_id: str, only: str = "") -> int:
    """Make every stale version of an account anew, and return how many. Reports are dropped, and made by the sweep."""
    found = [each for each in await stale(services, account_id) if only in {"", each.id}]
    if not found:
        return 0
    job, counted = await job_of(services, account_id, found, report=False)
    for run, made in zip(found, await fitting.fit(job), strict=True):
        await keep(services, run, job, made, counted[run.id])
    await follow(services, account_id)
    return len(found)


async def job_of(
    services: Services, account_id: str, wanted: Sequence[TrainingRun], *, report: bool
) -> tuple[Job, dict[str, str]]:
    """Return what fitting some runs needs, and for each by what its labels are told from fewer or others."""
    until = max(each.asked_at for each in wanted)

    def work(tx: Tx) -> tuple[list[Example], dict[str, str], ScoringHead, float]:
        found = _all(services, tx, account_id, until)
        counted = {each.id: _counted(services, tx, each) for each in wanted}
        held = accounts.one(tx, account_id)[HAM_HELD]
        return found, counted, _head(runs.against(tx, wanted[0]), held), held

    examples, counted, in_use, held = await services.store.read(work)
    key = services.filters.key(account_id)
    asked = [WantedVersion(each.asked_at, report) for each in wanted]
    return Job(services.filters.prior, key, held, in_use, examples, asked), counted


async def keep(services: Services, run: TrainingRun, job: Job, made: Fitted, counted: str) -> bool:
    """Store what was made of a run. Return False where its labels are others by now: then it is to be made again."""
    mine = [each for each in job.examples if each.at < run.asked_at]
    known = Taught(services.filters.prior, job.key, marks_of(mine), made.head)
    now = services.clock()
    where = {each.ref: each for each in mine}

    def work(tx: Tx) -> bool:
        runs.lock(tx, run.id)
        if _counted(services, tx, run) != counted:
            return False
        values: dict[str, Any] = {"counted": counted, "labels": len(mine), "head": made.head.plain(), "seen_at": now}
        # Written before the commit: a file of fewer labels than its row says is made again, one of more must not be.
        values |= {"sha256": services.filters.write_version(run.id, known), "report": made.report}
        runs.change(tx, run.id, **values, state="done", progress=100, done_at=run.done_at or now)
        contacts_of = labels.contacts(tx, [ref for ref, _ in made.mistakes])
        rows = [
            {"ticket_id": t, "seq": s, "contact_id": contacts_of[t, s], "spam": where[t, s].spam, "margin": margin}
            for (t, s), margin in made.mistakes
        ]
        runs.put_mistakes(tx, run.id, rows)
        return True

    return await services.store.write(work)


def _head(run: TrainingRun | None, held: float) -> ScoringHead:
    return ScoringHead(held=held) if run is None or run.head is None else ScoringHead.of(run.head)


def _counted(services: Services, tx: Tx, run: TrainingRun) -> str:
    """Return by what a version is told from another one of its number: prior, target, labels."""
    held = accounts.one(tx, run.account_id)[HAM_HELD]
    return f"{services.filters.sign}/{held:g}/{runs.counted(tx, run.account_id, run.asked_at)[1]}"


def examples(services: Services, tx: Tx, run: TrainingRun) -> list[Example]:
    """Return the labels that a run's version is made of."""
    return _all(services, tx, run.account_id, run.asked_at)


def _all(services: Services, tx: Tx, account_id: str, until: int) -> list[Example]:
    texts = enumerate(given.of_account(tx, account_id, until))
    made = [Example(f"given {n}", (0, n), each.at, None, training.features_of(each), each.spam) for n, each in texts]
    found = labels.of_account(tx, account_id, until)
    said = services.gathered.conversations.texts(tx, account_id, [(row.ticket_id, row.seq) for row, *_ in found])
    return made + _opened(services, found, said)


def _opened(
    services: Services,
    found: Sequence[tuple[Labelled, str, int]],
    said: Mapping[tuple[int, int], tuple[bytes, bytes]],
) -> list[Example]:
    """Open labels and their messages. A contact whose key is gone has none, nor has a ticket that is being deleted."""
    made = []
    for row, uid, slot in found:
        if (row.ticket_id, row.seq) not in said:
            continue
        cid, body = said[row.ticket_id, row.seq]
        try:
            key = services.keys.get(slot, uid)
            numbers = training.features_of_label(services, slot, uid, row)
        except NotFound:
            continue
        text = unseal_text(key, "visitor", cid, body)
        made.append(Example(uid, (row.ticket_id, row.seq), row.at, text, numbers, row.spam))
    return made
