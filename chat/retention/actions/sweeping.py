"""The sweep of retention: begins a run of each account once a day, carries it out rule by rule, and reports."""

from __future__ import annotations

from time import perf_counter

import structlog

from chat.core.clock import DAY
from chat.core.errors import LetheError, Unavailable
from chat.core.ids import uuid7
from chat.infra.audit import audit
from chat.infra.gathered import RetentionRule
from chat.infra.pauses import Pacer
from chat.infra.services import Services
from chat.infra.store.ageing import Found, Policy
from chat.infra.store.tx import Tx
from chat.retention.actions import rules
from chat.retention.actions.purging import RunBatch
from chat.retention.store import ageing, runs
from chat.retention.store.runs import RetentionRun, RuleCount

log = structlog.get_logger("chat.retention")
# Each batch is asked again and taken in transactions of its own: larger ones would keep writers waiting for longer.
BATCH = 25
# More than two rounds of the sweep, so that none misses what a command did.
ECHO = 150_000


async def sweep(services: Services) -> int:
    """Begin the runs that are due, go on with those that were cut short, and return how many were finished."""
    for account_id in await services.store.read(lambda tx: runs.list_commanded(tx, services.clock() - ECHO)):
        for rule in services.gathered.retention_rules:
            if rule.catch_up is not None:  # without Redis nobody told this process
                await rule.catch_up(services, account_id)
    for account_id in await services.store.read(lambda tx: runs.unrun(tx, services.clock() - DAY)):
        await begin(services, account_id, "clock", "system")
    return sum([await _try_to_carry_out(services, each) for each in await services.store.read(runs.running)])


async def begin(services: Services, account_id: str, source: str, who: str) -> RetentionRun:
    """Enter a run of an account for `who` (as in the audit log), or return the one that is under way."""
    return (await begin_once(services, account_id, source, who))[0]


async def begin_once(
    services: Services, account_id: str, source: str, who: str, made_id: str = ""
) -> tuple[RetentionRun, bool]:
    """Like `begin`, once by its id; return also whether a run had it. Raises NotFound where it is another account's."""
    named = made_id or uuid7()
    made = {"id": named, "account_id": account_id, "source": source, "started_at": services.clock()}

    def work(tx: Tx) -> tuple[RetentionRun, bool]:
        before = runs.known(tx, account_id, named)
        if before is not None:
            return before, True
        run = runs.begin(tx, made)
        if run.id == named:
            audit.record(services, tx, account_id, who, "retention.run", run.id)
        return run, False

    return await services.store.write(work)


async def carry_out(services: Services, run: RetentionRun) -> bool:
    """
    Purge what is due under every rule, and reports that are older than the audit log; killed anywhere and begun again,
    it goes on. Return whether it was this call that finished the run: two processes may be at it.
    """
    # Read once: days that are changed meanwhile are for the next run, as the report has one number of days for a rule.
    policy = await services.store.read(lambda tx: rules.policy_of(services, tx, run.account_id))
    found = await services.store.read(lambda tx: met(services, tx, policy))
    await services.store.write(lambda tx: runs.reach(tx, run.id, found))
    for rule in services.gathered.retention_rules:
        await _purge(services, run, rule, policy)
    for rule in services.gathered.retention_rules:  # what was counted and hidden before a kill, and not deleted yet
        while rule.resume is not None and await rule.resume(services):
            pass
    purged = any(each.found for each in found)
    scrubbed = services.clock() if purged and await services.store.scrub(small=True) else None
    old = services.clock() - policy.days["audit"] * DAY
    await services.store.write(lambda tx: runs.forget(tx, run.account_id, old))
    return await services.store.write(lambda tx: runs.close(tx, run.id, services.clock(), scrubbed))


def met(services: Services, tx: Tx, policy: Policy) -> list[RuleCount]:
    """Return what is due under each rule, and what of it is held."""
    made = []
    for rule in services.gathered.retention_rules:
        begun = perf_counter()
        found, held = ageing.count(tx, rule.kind, policy)
        took = round((perf_counter() - begun) * 1000)
        made.append(RuleCount(rule.name, policy.days[rule.name], found, 0, held, None, None, took))
    return made


async def _try_to_carry_out(services: Services, run: RetentionRun) -> bool:
    """One account's run that fails does not stop the others'."""
    try:
        return await carry_out(services, run)
    except Unavailable:
        log.warning("retention put off", run=run.id)
    except LetheError as error:
        log.error("retention failed", run=run.id, code=error.code)  # noqa: TRY400 - the detail may name a path
    return False


async def _purge(services: Services, run: RetentionRun, rule: RetentionRule, policy: Policy) -> None:
    """Go through what is due once, oldest first. The report says what its rule left."""
    begun, turns, last = perf_counter(), Pacer(), None
    while found := await _next(services, rule, policy, last):
        await rule.take(RunBatch(services, rule.kind, policy, found, turns.pause, run))
        # Behind the last one seen, taken or not: what its rule left would be found again without an end.
        last = found[-1]

    def look(tx: Tx) -> tuple[int, int | None]:
        return ageing.count(tx, rule.kind, policy)[0], ageing.oldest(tx, rule.kind, policy)

    left, oldest = await services.store.read(look)
    took = round((perf_counter() - begun) * 1000)
    await services.store.write(lambda tx: runs.leave(tx, run.id, rule.name, left, oldest, took))


async def _next(services: Services, rule: RetentionRule, policy: Policy, last: Found | None) -> list[Found]:
    return await services.store.read(lambda tx: ageing.over(tx, rule.kind, policy, last, BATCH))
