"""What the filter gives out: its judgement of a text, what it is, and its training runs."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, Struct, UnsetType


class TokenWeight(Struct, frozen=True):
    """What decided in a text, as `Filter.explain` names it, and how much: above nought is spam."""

    token: str
    weight: float


class TextVerdict(Struct, frozen=True):
    """A text's score, 0 to 1, what it means, and what decided, heaviest first."""

    score: float
    verdict: str
    why: list[TokenWeight]


class ClassCounts(Struct, frozen=True):
    """How many texts of each kind."""

    ham: int
    spam: int


class FilterLines(Struct, frozen=True):
    """The scores from which on a message is unsure, and from which on it is held."""

    unsure: float
    hold: float


class FilterView(Struct, frozen=True):
    """What an account's filter is: what it learnt from, its head, where its lines are, the hash of its file."""

    account: str
    prior: ClassCounts
    labels: ClassCounts
    head: dict[str, object]
    lines: FilterLines
    sha256: str


class FilterModel(FilterView, frozen=True):
    """The same with the version that serves, 0 where the head follows labels, and the share of ham it may hold."""

    version: int
    ham_held: float


class FilterFigures(Struct, frozen=True):
    """What a version was measured at, each None where nothing was."""

    precision: float | None
    recall: float | None
    ham_held: float | None
    mcc: float | None
    calibration_error: float | None


class TrainingRunView(Struct, frozen=True, kw_only=True):
    """
    A retraining as lists show it. Times are RFC 3339, `progress` in percent, `measured` how many messages of the rarer
    kind its figures are from. Commands say of which `account`.
    """

    account: str | UnsetType = UNSET
    id: str
    version: int
    state: str
    progress: int
    in_use: bool
    discarded: bool
    labels: int
    measured: int
    asked_at: str
    asked_by: str
    done_at: str | None
    sha256: str | None
    figures: FilterFigures


class MistakeView(Struct, frozen=True):
    """A message that a version judges wrongly, and by how much."""

    ticket: int
    seq: int
    spam: bool
    margin: float


class TrainingRunReport(TrainingRunView, frozen=True, kw_only=True):
    """A retraining with its report, as `spam/fitting.py` made it, and the worst mistakes."""

    report: dict[str, Any] | None
    mistakes: list[MistakeView]


class VersionUse(Struct, frozen=True):
    """Which version was put to use when (RFC 3339) and by whom. Version 0 is the shipped head."""

    version: int
    at: str
    by: str
