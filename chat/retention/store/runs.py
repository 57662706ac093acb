"""Retention runs and rehearsals as rows: when, for whom asked, and what each rule found, purged and left."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from chat.account.schema import account
from chat.core.errors import NotFound
from chat.infra.store.newest import newest_first, older
from chat.infra.store.tx import Tx
from chat.infra.store.upsert import once
from chat.retention.schema import retention_count, retention_run


@dataclass(frozen=True, slots=True)
class RetentionRun:
    """A run of an account, or a rehearsal of one (`dry_run`); times in ms."""

    id: str
    account_id: str
    dry_run: bool
    source: str
    state: str
    started_at: int
    done_at: int | None
    scrubbed_at: int | None


@dataclass(frozen=True, slots=True)
class RuleCount:
    """
    What a run met under a rule of so many `days`: `found` due, `purged`, `held` back; on a second look `left`, and
    from when the `oldest` counts that stays (ms).
    """

    rule: str
    days: int
    found: int
    purged: int
    held: int
    left: int | None
    oldest: int | None
    took_ms: int


_runs = tuple(retention_run.c[field.name] for field in fields(RetentionRun))
_order = retention_run.c.started_at, retention_run.c.id
_counts = tuple(retention_count.c[field.name] for field in fields(RuleCount))


def known(tx: Tx, account_id: str, run_id: str) -> RetentionRun | None:
    """
    Return the run of the account that has this id, if there is one, and keep others from beginning one meanwhile.
    Raises NotFound where the id is another account's.
    """
    _lock(tx, account_id)
    is_taken = tx.execute(select(retention_run.c.id).where(retention_run.c.id == run_id)).first() is not None
    return one(tx, account_id, run_id) if is_taken else None


def _lock(tx: Tx, account_id: str) -> None:
    # The account's row, as there may be no run yet to lock. The unique index alone would make the second one fail.
    tx.execute(select(account.c.id).where(account.c.id == account_id).with_for_update())


def begin(tx: Tx, made: Mapping[str, Any]) -> RetentionRun:
    """Enter a run, or return the one of the account that is under way: two at once are one."""
    _lock(tx, made["account_id"])
    mine = (retention_run.c.account_id == made["account_id"]) & (retention_run.c.state == "running")
    row = tx.execute(select(*_runs).where(mine)).first()
    if row is not None:
        return RetentionRun(*row)
    tx.execute(insert(retention_run).values(dry_run=False, state="running", **made))
    return by_id(tx, made["id"])


def record_rehearsal(tx: Tx, made: Mapping[str, Any], counts: Sequence[RuleCount]) -> RetentionRun:
    """Enter a rehearsal, which is done when it is entered."""
    tx.execute(insert(retention_run).values(dry_run=True, state="done", **made))
    reach(tx, made["id"], counts)
    return by_id(tx, made["id"])


def by_id(tx: Tx, run_id: str) -> RetentionRun:
    """Return a run of any account."""
    return RetentionRun(*tx.execute(select(*_runs).where(retention_run.c.id == run_id)).one())


def one(tx: Tx, account_id: str, run_id: str) -> RetentionRun:
    """Return a run of an account. Raises NotFound where there is none."""
    mine = (retention_run.c.id == run_id) & (retention_run.c.account_id == account_id)
    row = tx.execute(select(*_runs).where(mine)).first()
    if row is None:
        raise NotFound("No such run")
    return RetentionRun(*row)


def page(tx: Tx, account_id: str, before: str | None, limit: int) -> list[RetentionRun]:
    """Return runs of an account, newest first, those before an id where one is given."""
    query = select(*_runs).where(retention_run.c.account_id == account_id)
    if before:
        query = query.where(older(tx, *_order, before))
    return [RetentionRun(*row) for row in tx.execute(query.order_by(*newest_first(*_order)).limit(limit))]


def running(tx: Tx) -> list[RetentionRun]:
    """Return the runs of all accounts that are under way, or were when their process was killed."""
    return [RetentionRun(*row) for row in tx.execute(select(*_runs).where(retention_run.c.state == "running"))]


def last(tx: Tx, account_id: str) -> RetentionRun | None:
    """Return the account's last run that is done and was no rehearsal."""
    mine = (retention_run.c.account_id == account_id) & retention_run.c.done_at.is_not(None)
    query = select(*_runs).where(mine, ~retention_run.c.dry_run).order_by(retention_run.c.started_at.desc())
    row = tx.execute(query.limit(1)).first()
    return None if row is None else RetentionRun(*row)


def list_commanded(tx: Tx, since: int) -> list[str]:
    """Return the accounts of which a command has finished a run since a time (ms)."""
    mine = (retention_run.c.source == "command") & (retention_run.c.done_at >= since) & ~retention_run.c.dry_run
    return list(tx.execute(select(retention_run.c.account_id).where(mine).distinct()).scalars())


def unrun(tx: Tx, before: int) -> list[str]:
    """Return the accounts that are older than a time (ms) and whose last run began before it."""
    real = (retention_run.c.account_id == account.c.id) & ~retention_run.c.dry_run
    begun = select(func.max(retention_run.c.started_at)).where(real).scalar_subquery()
    return list(tx.execute(select(account.c.id).where(func.coalesce(begun, account.c.created_at) < before)).scalars())


def counts(tx: Tx, ids: Sequence[str]) -> dict[str, list[RuleCount]]:
    """Return what each of some runs met, rule by rule."""
    query = select(retention_count.c.run_id, *_counts).where(retention_count.c.run_id.in_(ids))
    made: dict[str, list[RuleCount]] = defaultdict(list)
    for row in tx.execute(query.order_by(retention_count.c.position)):
        made[row.run_id].append(RuleCount(*row[1:]))
    return made


def reach(tx: Tx, run_id: str, counts: Sequence[RuleCount]) -> None:
    """Note what the rules met before anything was purged. What was noted first stays."""
    for position, each in enumerate(counts):
        values = {field.name: getattr(each, field.name) for field in fields(RuleCount)}
        once(tx, retention_count, {"run_id": run_id, "position": position, **values})


def count_purged(tx: Tx, run_id: str, rule: str, number: int) -> None:
    """Count what was purged, in the transaction that did."""
    _set(tx, run_id, rule, purged=retention_count.c.purged + number)


def leave(tx: Tx, run_id: str, rule: str, left: int, oldest: int | None, took_ms: int) -> None:
    """Note what a second look found, and how long the rule took since the process began with it."""
    _set(tx, run_id, rule, left=left, oldest=oldest, took_ms=retention_count.c.took_ms + took_ms)


def close(tx: Tx, run_id: str, at: int, scrubbed_at: int | None) -> bool:
    """Note that a run is done, and return whether it was this call that did, the first one counts."""
    open_still = (retention_run.c.id == run_id) & (retention_run.c.state == "running")
    values = {"state": "done", "done_at": at, "scrubbed_at": scrubbed_at}
    return tx.execute(update(retention_run).where(open_still).values(**values)).rowcount > 0


def forget(tx: Tx, account_id: str, before: int) -> int:
    """Delete the reports of an account's runs and rehearsals that were done before a time (ms), and return how many."""
    old = (retention_run.c.account_id == account_id) & (retention_run.c.done_at < before)
    return tx.execute(delete(retention_run).where(old)).rowcount


def _set(tx: Tx, run_id: str, rule: str, **values: Any) -> None:
    mine = (retention_count.c.run_id == run_id) & (retention_count.c.rule == rule)
    tx.execute(update(retention_count).where(mine).values(**values))
