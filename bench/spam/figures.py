"""What a bench says of scores: rates in percent, means with their spread, tables."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import mean, stdev
from typing import Any, Final

from spam.evaluation import Scored, figures

Row = dict[str, Any]
_BINS: Final = 10
HEADS: Final = {
    "caught": "caught %",
    "held": "ham held %",
    "mcc": "MCC",
    "missed_auc": "1-AUC %",
    "at_0.1": "caught % at 0.1 % held",
    "at_0.2": "at 0.2 %",
    "at_0.5": "at 0.5 %",
}


def row(scored: Sequence[Scored], spam: Sequence[bool]) -> Row:
    """Return one run's figures; rates in percent."""
    found = figures(scored, spam)
    at = found["caught_at_fpr"]
    return {
        "caught": _percent(found["spam_caught"]),
        "held": _percent(found["ham_blocked"]),
        "mcc": found["mcc"],
        "missed_auc": None if found["auc"] is None else 100 * (1 - found["auc"]),
        "at_0.1": _percent(at["0.001"]),
        "at_0.2": _percent(at["0.002"]),
        "at_0.5": _percent(at["0.005"]),
    }


def calibration_error(scored: Sequence[Scored], spam: Sequence[bool]) -> float:
    """Return how far log-odds are from what happened: the mean over ten equal steps of probability, by their texts."""
    bins: list[list[tuple[float, bool]]] = [[] for _ in range(_BINS)]
    for (margin, _), is_spam in zip(scored, spam, strict=True):
        likely = 1 / (1 + math.exp(-max(-500.0, min(500.0, margin))))
        bins[min(_BINS - 1, int(likely * _BINS))].append((likely, is_spam))
    gaps = [abs(sum(likely - is_spam for likely, is_spam in each)) for each in bins]
    return sum(gaps) / len(spam)


def spread(values: Sequence[float | None], digits: int = 2) -> str:
    """Return the mean, and the standard deviation behind it where there is one."""
    known = [value for value in values if value is not None]
    if not known:
        return ""
    said = f"{mean(known):.{digits}f}"
    return f"{said} ± {stdev(known):.{digits}f}" if len(known) > 1 else said


def table(runs: Mapping[str, Sequence[Row]], first: str = "filter") -> str:
    """Return a table of runs: a row for each name, means with their spread."""
    lines = [[first, "runs", *HEADS.values()]]
    for name, rows in runs.items():
        cells = [spread([each[key] for each in rows], 3 if key in {"mcc", "held"} else 2) for key in HEADS]
        lines.append([name, str(len(rows)), *cells])
    return markdown(lines)


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """Return lines of cells as a table, the first its head."""
    rule = ["---"] + ["---:"] * (len(lines[0]) - 1)
    return "\n".join("| " + " | ".join(line) + " |" for line in (lines[0], rule, *lines[1:]))


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share
