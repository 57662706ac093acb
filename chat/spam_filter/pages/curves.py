"""The plots of a training run's report, and of what each target would cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from chat.web.plots import Axis, Plot, Point, shown, whole

FIFTHS = [at / 5 for at in range(6)]


def of_report(report: dict[str, Any]) -> list[Plot]:
    """Return the plots of a training run's report. Those there are no numbers for are left out."""
    drawn: tuple[Plot | None, ...] = (
        _roc(report),
        _precision(report),
        _histogram(report),
        _calibration(report),
        _learning(report),
    )
    return [plot for plot in drawn if plot is not None]


def of_cost(cost: Sequence[dict[str, float]], target: float) -> Plot | None:
    """Return what each target would let through, with a mark at the account's own."""
    if not cost:
        return None
    plot = Plot("cost", _steps([each["target"] for each in cost]), _percent("filter.axis.spam_through"))
    points = [(float(at), each["spam_through"]) for at, each in enumerate(cost)]
    plot.line("is-new", points, "filter.line.through", dots=True)
    here = _between([each["target"] for each in cost], target)
    plot.line("is-here", [(here, 0), (here, 1)], "filter.line.target")
    plot.head = ("filter.target", "filter.axis.ham_held", "filter.axis.spam_through")
    plot.rows = [[shown(each[name], "%") for name in ("target", "ham_held", "spam_through")] for each in cost]
    return plot


def _roc(report: dict[str, Any]) -> Plot | None:
    plot = Plot("roc", _percent("filter.axis.ham_held"), _percent("filter.axis.caught"))
    plot.head = ("filter.axis.ham_held", "filter.axis.caught")
    return _compared(plot, report, lambda point: (point[0], point[1]))


def _precision(report: dict[str, Any]) -> Plot | None:
    plot = Plot("pr", _percent("filter.axis.caught"), _percent("filter.axis.precision"))
    plot.head = ("filter.axis.caught", "filter.axis.precision")
    return _compared(plot, report, lambda point: (point[1], point[2]))


def _compared(plot: Plot, report: dict[str, Any], taken: Callable[[Sequence[float]], Point]) -> Plot | None:
    """Draw the curve of the version over that of what is in use."""
    curves = report["curves"]
    if not curves["candidate"]:
        return None
    plot.line("is-old", [taken(each) for each in curves["in_use"]], "filter.line.in_use")
    points = [taken(each) for each in curves["candidate"]]
    plot.line("is-new", points, "filter.line.version")
    plot.rows = [[shown(x, "%"), shown(y, "%")] for x, y in points]
    return plot


def _histogram(report: dict[str, Any]) -> Plot | None:
    tenths = report["histogram"]
    most = max(max(each["ham"], each["spam"]) for each in tenths) or 1
    up = Axis("filter.axis.texts", 0, most, whole(most))
    plot = Plot("histogram", Axis("filter.axis.score", 0, 1, FIFTHS), up)
    for each in tenths:
        start = each["from"]
        plot.bar("is-ham", start + 0.01, start + 0.05, each["ham"])
        plot.bar("is-spam", start + 0.05, start + 0.09, each["spam"])
    plot.head = ("filter.axis.score", "filter.ham", "filter.spam")
    plot.rows = [
        [f"{each['from']:.1f}–{each['from'] + 0.1:.1f}", str(each["ham"]), str(each["spam"])] for each in tenths
    ]
    return plot


def _calibration(report: dict[str, Any]) -> Plot | None:
    found = report["calibration"]
    if not found:
        return None
    plot = Plot("calibration", Axis("filter.axis.said", 0, 1, FIFTHS), Axis("filter.axis.seen", 0, 1, FIFTHS))
    plot.line("is-old", [(0, 0), (1, 1)], "filter.line.perfect")
    plot.line("is-new", [(each["said"], each["seen"]) for each in found], "filter.line.version", dots=True)
    plot.head = ("filter.axis.said", "filter.axis.seen", "filter.axis.texts")
    plot.rows = [[shown(each["said"]), shown(each["seen"]), str(each["texts"])] for each in found]
    return plot


def _learning(report: dict[str, Any]) -> Plot | None:
    found = report["learning"]
    most = max((each["labels"] for each in found), default=0)
    if not most:
        return None
    plot = Plot("learning", Axis("filter.axis.labels", 0, most, whole(most)), _percent("filter.axis.share"))
    for kind, name, key in (("is-new", "recall", "caught"), ("is-bad", "ham_held", "ham_held")):
        points = [(each["labels"], each[name]) for each in found if each[name] is not None]
        plot.line(kind, points, f"filter.axis.{key}", dots=True)
    plot.head = ("filter.axis.labels", "filter.axis.caught", "filter.axis.ham_held", "filter.mcc")
    plot.rows = [
        [str(each["labels"]), shown(each["recall"], "%"), shown(each["ham_held"], "%"), shown(each["mcc"])]
        for each in found
    ]
    return plot


def _percent(label: str) -> Axis:
    return Axis(label, 0, 1, FIFTHS, "%")


def _steps(values: Sequence[float]) -> Axis:
    names = tuple(shown(each, "%").removesuffix(" %") for each in values)
    return Axis("filter.axis.target", 0, len(values) - 1, range(len(values)), "%", names)


def _between(values: Sequence[float], value: float) -> float:
    """Return where a value stands among steps."""
    if value <= values[0]:
        return 0.0
    for at, (low, high) in enumerate(pairwise(values)):
        if value <= high:
            return at + (value - low) / (high - low)
    return float(len(values) - 1)
