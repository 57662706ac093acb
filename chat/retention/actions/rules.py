"""
The rules of retention in one table: what each takes, from when its time counts, how long by default and at most.

Another kind of thing joins by a `Rule` here; `kept` in the schema names the rule that ends a table's rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chat.account import store as accounts
from chat.core.errors import InvalidField, UnknownParameter
from chat.infra.store.tx import Tx
from chat.retention.actions import purging
from chat.retention.actions.purging import Take
from chat.retention.store import ageing, departments
from chat.retention.store.ageing import Kind, Policy

YEAR, TEN_YEARS = 365, 3650
DAYS = "_days"


@dataclass(frozen=True)
class Rule:
    """
    Things of one kind go so many days (`default`, `least` to `most`) after what `since` names; `take` purges some that
    are due. `units` is what the counts count.
    """

    name: str
    units: str
    since: str
    default: int
    kind: Kind
    take: Take
    least: int = 1
    most: int = TEN_YEARS

    @property
    def by_department(self) -> bool:
        """Whether a department may have days of its own."""
        return self.kind.department is not None


@dataclass(frozen=True)
class Thought:
    """Days that are thought of and not saved: by rule, and whole departments' own by id."""

    days: dict[str, int] = field(default_factory=dict)
    departments: dict[str, dict[str, int]] = field(default_factory=dict)


RULES = (
    Rule(
        "transcripts", "tickets", "the last thing that was said or changed in the ticket", YEAR,
        ageing.TRANSCRIPTS, purging.tickets,
    ),
    Rule("attachments", "files", "it was sent", YEAR, ageing.ATTACHMENTS, purging.files),
    Rule("training", "labels", "an agent marked the message", YEAR, ageing.TRAINING, purging.labels),
    Rule("contacts", "contacts", "the contact's last ticket was deleted", 30, ageing.CONTACTS, purging.contacts),
    Rule("sessions", "contacts", "agreeing, where nothing was ever written", 7, ageing.SESSIONS, purging.contacts),
    Rule("exports", "exports", "it was asked for", 7, ageing.EXPORTS, purging.exports, most=90),
    Rule("audit", "entries", "the action", 2 * YEAR, ageing.AUDIT, purging.entries),
)  # fmt: skip


def policy_of(tx: Tx, account_id: str, now: int, thought: Thought | None = None) -> Policy:
    """Return what an account keeps for how long, with the days that are thought of changing."""
    thought = thought or Thought()
    own = accounts.days_of(tx, account_id) | thought.days
    days = {rule.name: own.get(rule.name, rule.default) for rule in RULES}
    parts = {each.id: each.retention for each in departments.all_of(tx, account_id)} | thought.departments
    return Policy(account_id, now, days, parts)


def sooner(before: Policy, after: Policy) -> bool:
    """Tell whether anything goes sooner under the second policy."""
    if any(after.days[name] < days for name, days in before.days.items()):
        return True
    return any(
        after.departments.get(uid, {}).get(name, after.days[name]) < own.get(name, before.days[name])
        for uid, own in before.departments.items()
        for name in before.days
    )


def checked(values: Mapping[str, Any], *, by_department: bool = False) -> dict[str, int]:
    """Read days by rule, as `{"transcripts_days":365}`. Raises InvalidField, naming the field."""
    known = {rule.name + DAYS: rule for rule in RULES if rule.by_department or not by_department}
    for name, value in values.items():
        if name not in known:
            raise UnknownParameter(f"There is no such rule; give any of {', '.join(known)}", field=name)
        least, most = known[name].least, known[name].most
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise InvalidField(f"Give a whole number of days from {least} to {most}", field=name)
    return {known[name].name: value for name, value in values.items()}


def own_days(values: Mapping[str, Any]) -> dict[str, int]:
    """Read a department's days by rule; null leaves a rule to the account. Raises InvalidField."""
    return checked({name: value for name, value in values.items() if value is not None}, by_department=True)


def named(days: Mapping[str, int]) -> dict[str, int]:
    """Return days by rule as they are given out: `{"transcripts_days":365}`."""
    return {name + DAYS: value for name, value in days.items()}


def said(policy: Policy, kept: str) -> str:
    """Return in words how long something is kept: what a rule says that `kept` names, or `kept` itself."""
    rule = next((each for each in RULES if each.name == kept), None)
    return kept if rule is None else f"{policy.days[kept]} days after {rule.since}"
