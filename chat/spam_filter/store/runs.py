"""Retrainings as rows: asking for one, carrying it out, what it made, and which version serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, delete, exists, func, insert, select, update

from chat.contacts.schema import contact
from chat.core.errors import NotFound
from chat.infra.store.tx import Tx
from chat.spam_filter.schema import given, label, mistake, promotion, training_run

STALE = 60_000  # ms without a sign of life, after which another may take a run over


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """
    A retraining and the version it made; times in ms, `progress` in percent.

    `counted` tells which labels head, file and report were made of. `against` is the version that was in use, which the
    report compares with; `head` as JSON, None until there is one.
    """

    id: str
    account_id: str
    version: int
    state: str
    progress: int
    asked_at: int
    asked_by: str
    seen_at: int
    done_at: int | None
    discarded_at: int | None
    discarded_by: str | None
    against: int
    labels: int
    counted: str
    head: dict[str, Any] | None
    sha256: str | None
    report: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Put:
    """That a version was put to use, None for the shipped head; by whom, when."""

    id: int
    run_id: str | None
    at: int
    agent_id: str


@dataclass(frozen=True, slots=True)
class Mistake:
    """A label that was got wrong: of which ticket (its key), which message, what the log-odds said."""

    ticket_id: int
    seq: int
    spam: bool
    margin: float


_columns = tuple(training_run.c[field.name] for field in fields(TrainingRun))
_put = tuple(promotion.c[field.name] for field in fields(Put))
_mistake = tuple(mistake.c[field.name] for field in fields(Mistake))


def ask(tx: Tx, made: Mapping[str, Any], at: int) -> tuple[str, bool]:
    """File a run under the account's next version. While one is waiting or under way it is that. Tell if it is new."""
    mine = training_run.c.account_id == made["account_id"]
    open_ = training_run.c.state.in_(("queued", "running"))
    known = tx.execute(select(training_run.c.id).where(mine, open_)).scalar()
    if known is not None:
        return str(known), False
    last = tx.execute(select(func.max(training_run.c.version)).where(mine)).scalar() or 0
    used = in_use(tx, made["account_id"])
    # Fixed now: a version that is compared with later would have learnt labels that this one must not know.
    numbers = {"version": last + 1, "against": 0 if used is None else used.version}
    tx.execute(insert(training_run).values(**made, **numbers, state="queued", asked_at=at, seen_at=at))
    return str(made["id"]), True


def one(tx: Tx, account_id: str, run_id: str) -> TrainingRun:
    """Return a run of an account. Raises NotFound where it has none such."""
    mine = (training_run.c.id == run_id) & (training_run.c.account_id == account_id)
    return _one(tx, mine)


def version(tx: Tx, account_id: str, number: int) -> TrainingRun:
    """Return an account's run by the number of its version. Raises NotFound where there is none."""
    return _one(tx, (training_run.c.account_id == account_id) & (training_run.c.version == number))


def of_account(tx: Tx, account_id: str, before: int | None = None, limit: int | None = None) -> list[TrainingRun]:
    """Return an account's runs, newest first, from behind the version `before`."""
    query = select(*_columns).where(training_run.c.account_id == account_id)
    if before is not None:
        query = query.where(training_run.c.version < before)
    return [TrainingRun(*row) for row in tx.execute(query.order_by(training_run.c.version.desc()).limit(limit))]


def accounts(tx: Tx) -> list[str]:
    """Return every account that has a run."""
    return list(tx.execute(select(training_run.c.account_id).distinct().order_by(training_run.c.account_id)).scalars())


def due(tx: Tx, now: int) -> list[TrainingRun]:
    """Return the runs that wait, and those whose process is gone."""
    gone = (training_run.c.state == "running") & (training_run.c.seen_at < now - STALE)
    query = select(*_columns).where((training_run.c.state == "queued") | gone)
    return [TrainingRun(*row) for row in tx.execute(query.order_by(training_run.c.asked_at, training_run.c.id))]


def take(tx: Tx, run: TrainingRun, now: int) -> bool:
    """Take a run as it was seen. Return False where another was quicker."""
    same = (training_run.c.id == run.id) & (training_run.c.state == run.state) & (training_run.c.seen_at == run.seen_at)
    return tx.execute(update(training_run).where(same).values(state="running", progress=0, seen_at=now)).rowcount == 1


def change(tx: Tx, run_id: str, **values: Any) -> None:
    """Set columns of a run."""
    tx.execute(update(training_run).where(training_run.c.id == run_id).values(**values))


def lock(tx: Tx, run_id: str) -> None:
    """Keep others from making a version meanwhile."""
    tx.execute(select(training_run.c.id).where(training_run.c.id == run_id).with_for_update())


def counted(tx: Tx, account_id: str, until: int) -> tuple[int, str]:
    """Return how much was learnt from before `until`, and what those labels are told apart by from fewer or others."""
    # Under a time that has passed labels only go: a changed mark is made anew, later. So count and sum say it all.
    numbers = (func.count(), func.coalesce(func.sum(label.c.at), 0))
    query = select(*numbers).join(contact, contact.c.id == label.c.contact_id)
    row = tx.execute(query.where(contact.c.account_id == account_id, label.c.at < until)).one()
    more = select(func.count()).select_from(given).where(given.c.account_id == account_id, given.c.at < until)
    return int(row[0]) + int(tx.execute(more).scalar_one()), f"{int(row[0])}/{int(row[1])}"


def put_to_use(tx: Tx, account_id: str, run_id: str | None, at: int, agent_id: str) -> None:
    """Enter that a version serves from now on."""
    tx.execute(insert(promotion).values(account_id=account_id, run_id=run_id, at=at, agent_id=agent_id))


def puts(tx: Tx, account_id: str) -> list[Put]:
    """Return what was put to use, last first."""
    query = select(*_put).where(promotion.c.account_id == account_id).order_by(promotion.c.id.desc())
    return [Put(*row) for row in tx.execute(query)]


def in_use(tx: Tx, account_id: str) -> TrainingRun | None:
    """Return the run whose version serves, None for the shipped head: as if what has no label left had never been."""
    left = exists().where(training_run.c.id == promotion.c.run_id, training_run.c.labels > 0)
    counts = promotion.c.run_id.is_(None) | left
    query = select(promotion.c.run_id).where(promotion.c.account_id == account_id, counts)
    run_id = tx.execute(query.order_by(promotion.c.id.desc()).limit(1)).scalar()
    return None if run_id is None else _one(tx, training_run.c.id == run_id)


def against(tx: Tx, run: TrainingRun) -> TrainingRun | None:
    """Return the version a run is compared with, None for the shipped head, or where nothing is left of it."""
    same = (training_run.c.account_id == run.account_id) & (training_run.c.version == run.against)
    row = tx.execute(select(*_columns).where(same, training_run.c.labels > 0)).first()
    return None if row is None else TrainingRun(*row)


def put_mistakes(tx: Tx, run_id: str, made: Sequence[Mapping[str, Any]]) -> None:
    """Store a version's worst mistakes in the place of those before."""
    tx.execute(delete(mistake).where(mistake.c.run_id == run_id))
    if made:
        tx.execute(insert(mistake), [{"run_id": run_id, **each} for each in made])


def mistakes(tx: Tx, account_id: str, run_id: str) -> list[Mistake]:
    """Return the worst mistakes of a version of an account."""
    mine = (training_run.c.id == run_id) & (training_run.c.account_id == account_id)
    query = select(*_mistake).join(training_run, training_run.c.id == mistake.c.run_id).where(mine)
    return [Mistake(*row) for row in tx.execute(query)]


def _one(tx: Tx, mine: ColumnElement[bool]) -> TrainingRun:
    row = tx.execute(select(*_columns).where(mine)).first()
    if row is None:
        raise NotFound("No such training run")
    return TrainingRun(*row)
