"""Keeping nothing longer than an account says: its days, rehearsals, what falls due when, and the reports of runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from chat.account import store as accounts
from chat.core.access import require_manager
from chat.core.clock import DAY, stamp
from chat.core.errors import InvalidField
from chat.core.events import WorkDue
from chat.core.ids import uuid7
from chat.core.model import Actor, Department
from chat.infra.audit import audit
from chat.infra.gathered import Rule
from chat.infra.services import Services
from chat.infra.store.ageing import Policy
from chat.infra.store.tx import Tx
from chat.retention.actions import rules, sweeping
from chat.retention.actions.rules import Thought
from chat.retention.store import ageing, runs
from chat.retention.store.runs import RetentionRun, RuleCount

SAMPLES, MONTHS = 10, 13
Days = Mapping[str, Any]


async def settings(services: Services, actor: Actor) -> dict[str, Any]:
    """Return the account's days by rule, the rules with their limits, and the departments with days of their own."""
    require_manager(actor)
    policy = await services.store.read(lambda tx: rules.policy_of(services, tx, actor.account_id))
    found = await services.store.read(lambda tx: accounts.departments_of(tx, actor.account_id))
    own = [department(each) for each in found]
    return rules.with_names(policy.days) | {
        "rules": [_rule(each, policy) for each in services.gathered.rules],
        "departments": own,
    }


async def change(services: Services, actor: Actor, values: Days) -> dict[str, Any]:
    """Set the account's days, as `{"transcripts_days":365}`; all or nothing. Raises InvalidField, naming the field."""
    require_manager(actor)
    days = rules.read_days(services, values)
    if not days:
        raise InvalidField("Give the days of at least one rule", field=services.gathered.rules[0].name + rules.DAYS)

    def work(tx: Tx) -> None:
        kept = accounts.days_of(tx, actor.account_id, lock=True) | days
        accounts.change(tx, actor.account_id, {"retention": kept})
        audit.record(services, tx, actor.account_id, actor.agent_id, "retention.changed")

    await services.store.write(work)
    return await settings(services, actor)


async def shortens(services: Services, actor: Actor, thought: Thought) -> bool:
    """Tell whether something would go sooner with other days than it does now."""
    require_manager(actor)

    def work(tx: Tx) -> bool:
        before, after = (rules.policy_of(services, tx, actor.account_id, each) for each in (None, thought))
        return rules.sooner(before, after)

    return await services.store.read(work)


async def look(services: Services, actor: Actor, thought: Thought | None = None) -> list[dict[str, Any]]:
    """Return what each rule would purge now, or with other days, with samples by number; nothing is stored."""
    require_manager(actor)
    met = await _looked(services, actor.account_id, thought)
    return [_count(services, count) | {"samples": some} for count, some in met]


async def rehearse(services: Services, actor: Actor, values: Days | None = None) -> dict[str, Any]:
    """The same as a report that is kept; the samples are in the answer only."""
    require_manager(actor)
    thought = Thought(rules.read_days(services, values or {}))
    return await _rehearse(services, actor.account_id, _source(actor), actor.agent_id, thought)


async def start(services: Services, actor: Actor) -> dict[str, Any]:
    """Start a run, which the sweep carries out; return its report so far. One that is under way is joined."""
    require_manager(actor)
    run = await sweeping.begin(services, actor.account_id, _source(actor), actor.agent_id)
    services.bus.publish(WorkDue())
    return await report(services, actor, run.id)


async def now(services: Services, *, dry_run: bool) -> list[dict[str, Any]]:
    """Run the rules in every account now, or rehearse that; return the reports."""
    known = await services.store.read(accounts.all_of)
    if dry_run:
        return [
            {"account": each.name} | await _rehearse(services, each.id, "command", "command", None) for each in known
        ]
    made = [await sweeping.begin(services, each.id, "command", "command") for each in known]
    for run in made:
        await sweeping.carry_out(services, run)
    return [{"account": each.name} | await _report(services, run.id) for each, run in zip(known, made, strict=True)]


async def report(services: Services, actor: Actor, run_id: str) -> dict[str, Any]:
    """Return the report of a run of the account; NotFound where there is none."""
    require_manager(actor)
    await services.store.read(lambda tx: runs.one(tx, actor.account_id, run_id))
    return await _report(services, run_id)


async def page(
    services: Services, actor: Actor, before: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """Return the account's reports, newest first, and where the next page begins."""
    require_manager(actor)

    def work(tx: Tx) -> tuple[list[RetentionRun], dict[str, list[RuleCount]]]:
        found = runs.page(tx, actor.account_id, before, limit + 1)
        return found, runs.counts(tx, [each.id for each in found])

    found, counts = await services.store.read(work)
    items = [run_view(services, each, counts.get(each.id, [])) for each in found[:limit]]
    return items, found[limit - 1].id if len(found) > limit else None


async def last(services: Services, actor: Actor) -> dict[str, Any] | None:
    """Return the report of the account's last run that was no rehearsal."""
    require_manager(actor)
    run = await services.store.read(lambda tx: runs.last(tx, actor.account_id))
    return None if run is None else await _report(services, run.id)


async def coming(services: Services, actor: Actor) -> list[dict[str, Any]]:
    """Return how many things fall due in each of the next months, this one first, with all that is due already."""
    require_manager(actor)
    months = _months(services.clock())

    def work(tx: Tx) -> dict[str, list[int]]:
        policy, ends = rules.policy_of(services, tx, actor.account_id), [end for _, end in months]
        return {rule.name: ageing.coming(tx, rule.kind, policy, ends) for rule in services.gathered.rules}

    found = await services.store.read(work)
    return [
        {"month": month} | {name: counts[at] for name, counts in found.items()} for at, (month, _) in enumerate(months)
    ]


async def kept_days(services: Services, account_id: str) -> int:
    """Return for how many days after its last message a ticket is kept."""
    policy = await services.store.read(lambda tx: rules.policy_of(services, tx, account_id))
    return policy.days["transcripts"]


def run_view(services: Services, run: RetentionRun, counts: list[RuleCount]) -> dict[str, Any]:
    """Return a report as it is given out."""
    done = run.done_at is not None and not run.dry_run
    due = stamp(run.done_at + DAY) if done and run.done_at is not None else None
    return {
        "id": run.id,
        "dry_run": run.dry_run,
        "source": run.source,
        "state": run.state,
        "started_at": stamp(run.started_at),
        "done_at": None if run.done_at is None else stamp(run.done_at),
        "scrub": {"done_at": None if run.scrubbed_at is None else stamp(run.scrubbed_at), "due_at": due},
        "rules": [_count(services, each) for each in counts],
    }


def as_lines(made: dict[str, Any]) -> list[str]:
    """Return a report as lines for people."""
    verb = "would purge" if made["dry_run"] else "purged"
    lines = [f"{made['account']} ({made['id']}): {'rehearsal' if made['dry_run'] else made['state']}"]
    for each in made["rules"]:
        number = each["found"] if made["dry_run"] else each["purged"]
        held = f", {each['held']} kept because held" if each["held"] else ""
        some = f" ({', '.join(map(str, each['samples']))} …)" if each.get("samples") else ""
        lines.append(f"  {each['rule']}: {verb} {number} {each['units']} after {each['days']} days{held}{some}")
    return lines


async def _rehearse(
    services: Services, account_id: str, source: str, who: str, thought: Thought | None
) -> dict[str, Any]:
    met, at = await _looked(services, account_id, thought), services.clock()
    made = {"id": uuid7(), "account_id": account_id, "source": source, "started_at": at, "done_at": at}

    def work(tx: Tx) -> RetentionRun:
        run = runs.record_rehearsal(tx, made, [count for count, _ in met])
        audit.record(services, tx, account_id, who, "retention.rehearsed", run.id)
        return run

    run = await services.store.write(work)
    return run_view(services, run, []) | {"rules": [_count(services, count) | {"samples": some} for count, some in met]}


async def _looked(services: Services, account_id: str, thought: Thought | None) -> list[tuple[RuleCount, list[Any]]]:
    def work(tx: Tx) -> list[tuple[RuleCount, list[Any]]]:
        policy = rules.policy_of(services, tx, account_id, thought)
        some = [ageing.samples(tx, rule.kind, policy, SAMPLES) for rule in services.gathered.rules]
        return list(zip(sweeping.met(services, tx, policy), some, strict=True))

    return await services.store.read(work)


async def _report(services: Services, run_id: str) -> dict[str, Any]:
    def work(tx: Tx) -> dict[str, Any]:
        return run_view(services, runs.by_id(tx, run_id), runs.counts(tx, [run_id]).get(run_id, []))

    return await services.store.read(work)


def _source(actor: Actor) -> str:
    return "agent" if actor.session_id else "api"


def _rule(rule: Rule, policy: Policy) -> dict[str, Any]:
    limits = {"default": rule.default, "least": rule.least, "most": rule.most, "by_department": rule.by_department}
    return {"rule": rule.name, "units": rule.units, "since": rule.since, "days": policy.days[rule.name]} | limits


def _count(services: Services, met: RuleCount) -> dict[str, Any]:
    units = next((rule.units for rule in services.gathered.rules if rule.name == met.rule), "things")
    return {
        "rule": met.rule,
        "units": units,
        "days": met.days,
        "found": met.found,
        "purged": met.purged,
        "held": met.held,
        "left": met.left,
        "oldest": None if met.oldest is None else stamp(met.oldest),
        "took_ms": met.took_ms,
    }


def _months(now: int) -> list[tuple[str, int]]:
    """Return the next months as `2026-11`, this one first, each with its end in ms (UTC)."""
    first = datetime.fromtimestamp(now / 1000, UTC)
    made = []
    for number in range(first.year * 12 + first.month - 1, first.year * 12 + first.month - 1 + MONTHS):
        end = datetime((number + 1) // 12, (number + 1) % 12 + 1, 1, tzinfo=UTC)
        made.append((f"{number // 12}-{number % 12 + 1:02}", int(end.timestamp() * 1000) - 1))
    return made


def department(found: Department) -> dict[str, Any]:
    """Return a department as it is given out."""
    return {"id": found.id, "name": found.name, "retention": rules.with_names(found.retention)}
