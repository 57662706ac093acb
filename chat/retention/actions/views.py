"""What retention gives out: an account's days, reports of runs and rehearsals, what falls due, an account's parts."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import UNSET, Struct, UnsetType, field

from chat.core.clock import DAY, stamp
from chat.infra.gathered import RetentionRule, RetentionScope
from chat.infra.services import Services
from chat.infra.store.ageing import Policy
from chat.retention.actions import rules
from chat.retention.store.runs import RetentionRun, RuleCount

Samples = list[int | str]
"""Numbers or ids of some of the things that a rule met."""


class ScopeView(Struct, frozen=True):
    """A part of an account. `retention` has its own days by rule, as `{"transcripts_days":365}`."""

    id: str
    name: str
    retention: dict[str, int]


class RuleView(Struct, frozen=True):
    """A rule with the days in force, its limits in days, and whether parts of an account may differ."""

    rule: str
    units: str
    since: str
    days: int
    default: int
    least: int
    most: int
    by_scope: bool = field(name="by_department")


class RetentionSettings(Struct, frozen=True):
    """An account's days by rule, as `{"transcripts_days":365}`, its rules, and its parts by what they are called."""

    days: dict[str, int]
    rules: list[RuleView]
    scopes: dict[str, list[ScopeView]]

    @property
    def shown(self) -> dict[str, object]:
        """As it is given out: the days beside the rules, each under its own name."""
        return {**self.days, "rules": self.rules, **self.scopes}


class RuleReport(Struct, frozen=True):
    """
    What a run met under a rule, as `RuleCount` has it: `oldest` is RFC 3339. `samples` only where nothing is stored.
    """

    rule: str
    units: str
    days: int
    found: int
    purged: int
    held: int
    left: int | None
    oldest: str | None
    took_ms: int
    samples: Samples | UnsetType = UNSET


class ScrubView(Struct, frozen=True):
    """When the database was written anew after a run, and by when it has to be (RFC 3339)."""

    done_at: str | None
    due_at: str | None


class RetentionRunView(Struct, frozen=True, kw_only=True):
    """The report of a run, or of a rehearsal (`dry_run`). Times are RFC 3339. Commands say of which `account`."""

    account: str | UnsetType = UNSET
    id: str
    dry_run: bool
    source: str
    state: str
    started_at: str
    done_at: str | None
    scrub: ScrubView
    rules: list[RuleReport]


class MonthDue(Struct, frozen=True):
    """How many things fall due in a month, as `2026-11`, by rule."""

    month: str
    counts: dict[str, int]


def scope_view(found: RetentionScope) -> ScopeView:
    """Return a part of an account as it is given out."""
    return ScopeView(found.id, found.name, rules.with_names(found.days))


def rule_view(rule: RetentionRule, policy: Policy) -> RuleView:
    """Return a rule as it is given out."""
    days = policy.days[rule.name]
    return RuleView(
        rule.name, rule.units, rule.since, days, rule.default, rule.least, rule.most, by_scope=rule.by_scope
    )


def rule_report(services: Services, met: RuleCount, samples: Samples | UnsetType = UNSET) -> RuleReport:
    """Return what a run met under a rule as it is given out."""
    return RuleReport(
        rule=met.rule,
        units=next((rule.units for rule in services.gathered.retention_rules if rule.name == met.rule), "things"),
        days=met.days,
        found=met.found,
        purged=met.purged,
        held=met.held,
        left=met.left,
        oldest=None if met.oldest is None else stamp(met.oldest),
        took_ms=met.took_ms,
        samples=samples,
    )


def run_view(run: RetentionRun, found: list[RuleReport]) -> RetentionRunView:
    """Return a report as it is given out."""
    done = run.done_at is not None and not run.dry_run
    due = stamp(run.done_at + DAY) if done and run.done_at is not None else None
    return RetentionRunView(
        id=run.id,
        dry_run=run.dry_run,
        source=run.source,
        state=run.state,
        started_at=stamp(run.started_at),
        done_at=None if run.done_at is None else stamp(run.done_at),
        scrub=ScrubView(None if run.scrubbed_at is None else stamp(run.scrubbed_at), due),
        rules=found,
    )


def run_lines(made: RetentionRunView) -> Iterator[str]:
    """Yield the lines of a report for people."""
    verb = "would purge" if made.dry_run else "purged"
    yield f"{made.account} ({made.id}): {'rehearsal' if made.dry_run else made.state}"
    for each in made.rules:
        number = each.found if made.dry_run else each.purged
        held = f", {each.held} kept because held" if each.held else ""
        some = f" ({', '.join(map(str, each.samples))} …)" if each.samples else ""
        yield f"  {each.rule}: {verb} {number} {each.units} after {each.days} days{held}{some}"
