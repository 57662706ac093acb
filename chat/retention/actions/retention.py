"""Keeping nothing longer than an account says: its days, rehearsals, what falls due when, and the reports of runs."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import structs

from chat.account import store as accounts
from chat.core import access
from chat.core.errors import InvalidField
from chat.core.events import WorkDue
from chat.core.ids import uuid7
from chat.core.model import Actor
from chat.core.versions import ANY, Precondition
from chat.infra.audit import audit
from chat.infra.services import Services
from chat.infra.store.tx import Tx
from chat.retention.actions import rules, sweeping
from chat.retention.actions.rules import Days, Thought
from chat.retention.actions.views import (
    MonthDue,
    RetentionRunView,
    RetentionSettings,
    RuleReport,
    Samples,
    rule_report,
    rule_view,
    run_view,
    scope_view,
)
from chat.retention.store import ageing, runs
from chat.retention.store.runs import RetentionRun, RuleCount

SAMPLES, MONTHS = 10, 13


async def settings(services: Services, actor: Actor) -> RetentionSettings:
    """Return the account's days by rule, the rules with their limits, and the parts of the account that may differ."""
    access.require(actor, "retention.read")
    return await services.store.read(lambda tx: _settings(services, tx, actor.account_id))


def _settings(services: Services, tx: Tx, account_id: str) -> RetentionSettings:
    policy = rules.policy_of(services, tx, account_id)
    return RetentionSettings(
        days=rules.with_names(policy.days),
        rules=[rule_view(each, policy) for each in services.gathered.retention_rules],
        scopes={
            kind.name: [scope_view(each) for each in kind.of(tx, account_id)]
            for kind in services.gathered.retention_scopes
        },
    )


async def change(services: Services, actor: Actor, values: Days, expected: Precondition = ANY) -> RetentionSettings:
    """
    Set the account's days, as `{"transcripts_days":365}`; all or nothing. Raises InvalidField, naming the field, and
    ChangedMeanwhile where they are not as `expected`.
    """
    access.require(actor, "retention.change")
    days = rules.read_days(services, values)
    if not days:
        first = services.gathered.retention_rules[0].name
        raise InvalidField("Give the days of at least one rule", field=first + rules.DAYS)

    def work(tx: Tx) -> None:
        # Locked, since all days are in one column: of two who save at once the second would undo the first.
        kept = accounts.days_of(tx, actor.account_id, lock=True) | days
        expected.require(_settings(services, tx, actor.account_id).shown)
        accounts.change(tx, actor.account_id, {"retention": kept})
        audit.record(services, tx, actor.account_id, actor.agent_id, "retention.changed")

    await services.store.write(work)
    return await settings(services, actor)


async def shortens(services: Services, actor: Actor, thought: Thought) -> bool:
    """Tell whether something would go sooner with other days than it does now."""
    access.require(actor, "retention.read")

    def work(tx: Tx) -> bool:
        before, after = (rules.policy_of(services, tx, actor.account_id, each) for each in (None, thought))
        return rules.sooner(before, after)

    return await services.store.read(work)


async def look(services: Services, actor: Actor, thought: Thought | None = None) -> list[RuleReport]:
    """Return what each rule would purge now, or with other days, with samples by number. Nothing is stored."""
    access.require(actor, "retention.read")
    met = await _looked(services, actor.account_id, thought)
    return [rule_report(services, count, some) for count, some in met]


async def rehearse(services: Services, actor: Actor, values: Days | None = None) -> RetentionRunView:
    """The same as a report that is kept. The samples are in the answer only."""
    return (await rehearse_once(services, actor, values))[0]


async def rehearse_once(
    services: Services, actor: Actor, values: Days | None = None, made_id: str = ""
) -> tuple[RetentionRunView, bool]:
    """
    Rehearse once by its id, and return the report, and whether a run had the id: then it is that one's, without
    samples. Raises NotFound where the id is another account's.
    """
    access.require(actor, "retention.run")
    thought = Thought(rules.read_days(services, values or {}))
    return await _rehearse(services, actor.account_id, _source(actor), actor.agent_id, thought, made_id or uuid7())


async def start(services: Services, actor: Actor, made_id: str = "") -> tuple[RetentionRunView, bool]:
    """
    Start a run, which the sweep carries out, once by its id, and return its report so far, and whether a run had the
    id. One that is under way is joined. Raises NotFound where the id is another account's.
    """
    access.require(actor, "retention.run")
    run, again = await sweeping.begin_once(services, actor.account_id, _source(actor), actor.agent_id, made_id)
    services.bus.publish(WorkDue())
    return await report(services, actor, run.id), again


async def now(services: Services, *, dry_run: bool) -> list[RetentionRunView]:
    """Run the rules in every account now, or rehearse that, and return the reports."""
    known = await services.store.read(accounts.all_of)
    if dry_run:
        found = [(await _rehearse(services, each.id, "command", "command", None, uuid7()))[0] for each in known]
    else:
        made = [await sweeping.begin(services, each.id, "command", "command") for each in known]
        for run in made:
            await sweeping.carry_out(services, run)
        found = [await _report(services, run.id) for run in made]
    return [structs.replace(each, account=of.name) for of, each in zip(known, found, strict=True)]


async def report(services: Services, actor: Actor, run_id: str) -> RetentionRunView:
    """Return the report of a run of the account. Raises NotFound where there is none."""
    access.require(actor, "retention.read")
    await services.store.read(lambda tx: runs.one(tx, actor.account_id, run_id))
    return await _report(services, run_id)


async def page(
    services: Services, actor: Actor, before: str | None, limit: int
) -> tuple[list[RetentionRunView], str | None]:
    """Return the account's reports, newest first, and where the next page begins."""
    access.require(actor, "retention.read")

    def work(tx: Tx) -> tuple[list[RetentionRun], dict[str, list[RuleCount]]]:
        found = runs.page(tx, actor.account_id, before, limit + 1)
        return found, runs.counts(tx, [each.id for each in found])

    found, counts = await services.store.read(work)
    items = [run_view(each, _reports(services, counts.get(each.id, []))) for each in found[:limit]]
    return items, found[limit - 1].id if len(found) > limit else None


async def last(services: Services, actor: Actor) -> RetentionRunView | None:
    """Return the report of the account's last run that was no rehearsal."""
    access.require(actor, "retention.read")
    run = await services.store.read(lambda tx: runs.last(tx, actor.account_id))
    return None if run is None else await _report(services, run.id)


async def coming(services: Services, actor: Actor) -> list[MonthDue]:
    """Return how many things fall due in each of the next months, this one first, with all that is due already."""
    access.require(actor, "retention.read")
    months = _months(services.clock())

    def work(tx: Tx) -> dict[str, list[int]]:
        policy, ends = rules.policy_of(services, tx, actor.account_id), [end for _, end in months]
        return {rule.name: ageing.coming(tx, rule.kind, policy, ends) for rule in services.gathered.retention_rules}

    found = await services.store.read(work)
    return [
        MonthDue(month, {name: counts[at] for name, counts in found.items()}) for at, (month, _) in enumerate(months)
    ]


async def kept_days(services: Services, account_id: str) -> int:
    """Return for how many days after its last message a ticket is kept."""
    policy = await services.store.read(lambda tx: rules.policy_of(services, tx, account_id))
    return policy.days["transcripts"]


async def _rehearse(
    services: Services, account_id: str, source: str, who: str, thought: Thought | None, named: str
) -> tuple[RetentionRunView, bool]:
    met, at = await _looked(services, account_id, thought), services.clock()
    made = {"id": named, "account_id": account_id, "source": source, "started_at": at, "done_at": at}

    def work(tx: Tx) -> RetentionRun | None:
        if runs.known(tx, account_id, named) is not None:
            return None
        run = runs.record_rehearsal(tx, made, [count for count, _ in met])
        audit.record(services, tx, account_id, who, "retention.rehearsed", run.id)
        return run

    run = await services.store.write(work)
    if run is None:
        return await _report(services, named), True
    return run_view(run, [rule_report(services, count, some) for count, some in met]), False


async def _looked(services: Services, account_id: str, thought: Thought | None) -> list[tuple[RuleCount, Samples]]:
    def work(tx: Tx) -> list[tuple[RuleCount, Samples]]:
        policy = rules.policy_of(services, tx, account_id, thought)
        some = [ageing.samples(tx, rule.kind, policy, SAMPLES) for rule in services.gathered.retention_rules]
        return list(zip(sweeping.met(services, tx, policy), some, strict=True))

    return await services.store.read(work)


async def _report(services: Services, run_id: str) -> RetentionRunView:
    def work(tx: Tx) -> RetentionRunView:
        return run_view(runs.by_id(tx, run_id), _reports(services, runs.counts(tx, [run_id]).get(run_id, [])))

    return await services.store.read(work)


def _reports(services: Services, counts: list[RuleCount]) -> list[RuleReport]:
    return [rule_report(services, each) for each in counts]


def _source(actor: Actor) -> str:
    return "agent" if actor.session_id else "api"


def _months(now: int) -> list[tuple[str, int]]:
    """Return the next months as `2026-11`, this one first, each with its end in ms (UTC)."""
    first = datetime.fromtimestamp(now / 1000, UTC)
    made = []
    for number in range(first.year * 12 + first.month - 1, first.year * 12 + first.month - 1 + MONTHS):
        end = datetime((number + 1) // 12, (number + 1) % 12 + 1, 1, tzinfo=UTC)
        made.append((f"{number // 12}-{number % 12 + 1:02}", int(end.timestamp() * 1000) - 1))
    return made
