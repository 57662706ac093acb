"""
The days of an account by rule: what each rule keeps for how long, read, compared and said in words.

The rules are the features' own (`RetentionRule` in `chat/infra/gathered.py`). `kept` in the schema names the one that
ends a table's rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chat.account import store as accounts
from chat.core.errors import InvalidField, UnknownParameter
from chat.infra.services import Services
from chat.infra.store.ageing import Policy
from chat.infra.store.tx import Tx

DAYS = "_days"
Days = Mapping[str, object]
"""Days by rule as somebody gives them, before they are read."""


@dataclass(frozen=True)
class Thought:
    """Days that are thought of and not saved: by rule, and those of whole parts of the account by id."""

    days: dict[str, int] = field(default_factory=dict)
    scopes: dict[str, dict[str, int]] = field(default_factory=dict)


def policy_of(services: Services, tx: Tx, account_id: str, thought: Thought | None = None) -> Policy:
    """Return what an account keeps for how long, with the days that are thought of changing."""
    thought = thought or Thought()
    own = accounts.days_of(tx, account_id) | thought.days
    days = {rule.name: own.get(rule.name, rule.default) for rule in services.gathered.retention_rules}
    scopes = {each.id: each.days for kind in services.gathered.retention_scopes for each in kind.of(tx, account_id)}
    return Policy(account_id, services.clock(), days, scopes | thought.scopes)


def sooner(before: Policy, after: Policy) -> bool:
    """Tell whether anything goes sooner under the second policy."""
    if any(after.days[name] < days for name, days in before.days.items()):
        return True
    return any(
        after.scopes.get(uid, {}).get(name, after.days[name]) < own.get(name, before.days[name])
        for uid, own in before.scopes.items()
        for name in before.days
    )


def read_days(services: Services, values: Days, *, by_scope: bool = False) -> dict[str, int]:
    """Read days by rule, as `{"transcripts_days":365}`. Raises InvalidField, naming the field."""
    rules = services.gathered.retention_rules
    known = {rule.name + DAYS: rule for rule in rules if rule.by_scope or not by_scope}
    made = {}
    for name, value in values.items():
        if name not in known:
            raise UnknownParameter(f"There is no such rule; give any of {', '.join(known)}", field=name)
        least, most = known[name].least, known[name].most
        # In Python True is a number, and would be a day.
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise InvalidField(f"Give a whole number of days from {least} to {most}", field=name)
        made[known[name].name] = value
    return made


def own_days(services: Services, values: Days) -> dict[str, int]:
    """Read the days by rule of a part of an account. Null leaves a rule to the account. Raises InvalidField."""
    return read_days(services, {name: value for name, value in values.items() if value is not None}, by_scope=True)


def with_names(days: Mapping[str, int]) -> dict[str, int]:
    """Return days by rule as they are given out: `{"transcripts_days":365}`."""
    return {name + DAYS: value for name, value in days.items()}


def in_words(services: Services, policy: Policy, kept: str) -> str:
    """Return in words how long something is kept: what a rule says that `kept` names, or `kept` itself."""
    rule = next((each for each in services.gathered.retention_rules if each.name == kept), None)
    return kept if rule is None else f"{policy.days[kept]} days after {rule.since}"
