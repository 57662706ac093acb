"""Plots as points on a canvas, for `plot.html` to draw in SVG: axes with their units, lines, bars; and their table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

WIDTH, HEIGHT = 380, 250
LEFT, RIGHT, TOP, BOTTOM = 46, 12, 12, 42
TENTHS = [at / 10 for at in range(11)]
FIFTHS = [at / 5 for at in range(6)]
Point = tuple[float, float]


@dataclass(frozen=True)
class Axis:
    """An axis: from `low` to `high`, with a mark at each of `ticks`; `unit` is "%" where shares are shown times 100."""

    label: str
    low: float
    high: float
    ticks: Sequence[float]
    unit: str = ""

    def said(self, value: float) -> str:
        """Return a value as the axis writes it."""
        return shown(value, self.unit)


@dataclass
class Plot:
    """What is drawn, and the same numbers as a table: `head` has keys of words, `rows` what stands in its cells."""

    key: str
    across: Axis
    up: Axis
    head: Sequence[str] = ()
    rows: list[list[str]] = field(default_factory=list)
    lines: list[dict[str, Any]] = field(default_factory=list)
    bars: list[dict[str, Any]] = field(default_factory=list)

    def x(self, value: float) -> float:
        """Return where a value stands across."""
        return round(LEFT + (WIDTH - LEFT - RIGHT) * _within(value, self.across), 1)

    def y(self, value: float) -> float:
        """Return where a value stands up."""
        return round(HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * _within(value, self.up), 1)

    def line(self, kind: str, points: Sequence[Point], name: str = "", *, dots: bool = False) -> None:
        """Add a line of a kind (a class of the style sheet), called `name` (a key of words) beneath the plot."""
        places = [(self.x(x), self.y(y)) for x, y in points]
        path = " ".join(f"{x},{y}" for x, y in places)
        self.lines.append({"kind": kind, "path": path, "name": name, "dots": places if dots else []})

    def bar(self, kind: str, start: float, end: float, value: float) -> None:
        """Add a bar from `start` to `end` across."""
        left, top = self.x(start), self.y(value)
        width, height = round(self.x(end) - left, 1), round(self.y(self.up.low) - top, 1)
        self.bars.append({"kind": kind, "x": left, "y": top, "width": width, "height": height})


def of_report(report: dict[str, Any]) -> list[Plot]:
    """Return the plots of a training run's report; those there are no numbers for are left out."""
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


def shown(value: float | None, unit: str = "") -> str:
    """Return a number for people: shares in percent where the unit is that; a dash for none."""
    if value is None:
        return "–"
    if unit == "%":
        return f"{100 * value:.2f}".rstrip("0").rstrip(".") + " %"
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _roc(report: dict[str, Any]) -> Plot | None:
    plot = Plot("roc", _percent("filter.axis.ham_held"), _percent("filter.axis.caught"))
    plot.head = ("filter.axis.ham_held", "filter.axis.caught")
    return _compared(plot, report, lambda point: (point[0], point[1]))


def _precision(report: dict[str, Any]) -> Plot | None:
    plot = Plot("pr", _percent("filter.axis.caught"), _percent("filter.axis.precision"))
    plot.head = ("filter.axis.caught", "filter.axis.precision")
    return _compared(plot, report, lambda point: (point[1], point[2]))


def _compared(plot: Plot, report: dict[str, Any], taken: Any) -> Plot | None:
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
    up = Axis("filter.axis.texts", 0, most, _whole(most))
    plot = Plot("histogram", Axis("filter.axis.score", 0, 1, FIFTHS), up)
    for each in tenths:
        start = each["from"]
        plot.bar("is-ham", start + 0.01, start + 0.05, each["ham"])
        plot.bar("is-spam", start + 0.05, start + 0.09, each["spam"])
    plot.head = ("filter.axis.score", "filter.ham", "filter.spam")
    plot.rows = [[f"{each['from']:.1f}–{each['from'] + 0.1:.1f}", each["ham"], each["spam"]] for each in tenths]
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
    plot = Plot("learning", Axis("filter.axis.labels", 0, most, _whole(most)), _percent("filter.axis.share"))
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


@dataclass(frozen=True)
class _Named(Axis):
    """An axis whose marks are one step apart, whatever they say."""

    names: Sequence[str] = ()

    def said(self, value: float) -> str:
        return self.names[int(value)]


def _steps(values: Sequence[float]) -> Axis:
    names = tuple(shown(each, "%").removesuffix(" %") for each in values)
    return _Named("filter.axis.target", 0, len(values) - 1, range(len(values)), "%", names)


def _between(values: Sequence[float], value: float) -> float:
    """Return where a value stands among steps."""
    if value <= values[0]:
        return 0.0
    for at, (low, high) in enumerate(pairwise(values)):
        if value <= high:
            return at + (value - low) / (high - low)
    return float(len(values) - 1)


def _whole(most: int) -> list[int]:
    """Return at most six marks from 0 up, whole numbers a round step apart."""
    steps = (factor * 10**power for power in range(9) for factor in (1, 2, 5))
    step = next(step for step in steps if most <= 5 * step)
    return list(range(0, most + 1, step))


def _within(value: float, axis: Axis) -> float:
    share = (value - axis.low) / (axis.high - axis.low or 1)
    return max(0.0, min(1.0, share))
