"""Plots as points on a canvas, for `plot.html` to draw in SVG: axes with their units, lines, bars, and their table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

Point = tuple[float, float]
GAP = 0.25
"""Of a bar's step, so much is left free."""


@dataclass(frozen=True)
class Canvas:
    """What is drawn on: its size, and where on it the axes run, in units of the drawing."""

    width: int
    height: int
    left: int
    end: int
    top: int
    ground: int


LARGE = Canvas(380, 250, left=46, end=368, top=12, ground=208)
SMALL = Canvas(360, 190, left=48, end=344, top=34, ground=150)
"""With room above for a title."""


@dataclass(frozen=True)
class Axis:
    """
    An axis: from `low` to `high`, with a mark at each of `ticks`. `unit` is "%" where shares are shown times 100.
    Where there are `names`, steps have names instead of numbers: the first of them from 0 to 1, and so on.
    """

    label: str
    low: float
    high: float
    ticks: Sequence[float]
    unit: str = ""
    names: Sequence[str] = ()

    def said(self, value: float) -> str:
        """Return a value as the axis writes it."""
        return self.names[int(value)] if self.names else shown(value, self.unit)


@dataclass(frozen=True)
class Line:
    """A line of a kind (a class of the style sheet), `name` is a key of words. `path` is SVG's list of points."""

    kind: str
    path: str
    name: str
    dots: Sequence[Point]


@dataclass(frozen=True)
class Bar:
    """A bar of a kind, and what it says to the pointer."""

    kind: str
    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass
class Plot:
    """What is drawn, and the same numbers as a table: `head` has keys of words, `rows` what stands in its cells."""

    key: str
    across: Axis
    up: Axis
    canvas: Canvas = LARGE
    head: Sequence[str] = ()
    rows: list[list[str]] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)

    def x(self, value: float) -> float:
        """Return where a value stands across."""
        return round(self.canvas.left + (self.canvas.end - self.canvas.left) * _within(value, self.across), 1)

    def y(self, value: float) -> float:
        """Return where a value stands up."""
        return round(self.canvas.ground - (self.canvas.ground - self.canvas.top) * _within(value, self.up), 1)

    def line(self, kind: str, points: Sequence[Point], name: str = "", *, dots: bool = False) -> None:
        """Add a line of a kind (a class of the style sheet), called `name` (a key of words) beneath the plot."""
        drawn = [(self.x(x), self.y(y)) for x, y in points]
        self.lines.append(Line(kind, " ".join(f"{x},{y}" for x, y in drawn), name, drawn if dots else ()))

    def bar(self, kind: str, start: float, end: float, value: float, title: str = "") -> None:
        """Add a bar from `start` to `end` across."""
        left, top = self.x(start), self.y(value)
        width, height = round(self.x(end) - left, 1), round(self.y(self.up.low) - top, 1)
        self.bars.append(Bar(kind, left, top, width, height, title))


def of_counts(key: str, numbers: Sequence[int], labels: Sequence[str]) -> Plot:
    """Return a small plot of counts, a bar each, from nought to a round number above the highest."""
    most = round_up(max(numbers, default=0))
    named = [at + 0.5 for at, label in enumerate(labels) if label]
    ticks = [0, most // 2, most] if most > 1 else [0, most]
    plot = Plot(key, Axis("", 0, len(numbers), named, names=labels), Axis("", 0, most, ticks), SMALL)
    for at, number in enumerate(numbers):
        plot.bar("", at + GAP / 2, at + 1 - GAP / 2, number, str(number))
    return plot


def shown(value: float | None, unit: str = "") -> str:
    """Return a number for people: shares in percent where the unit is that, and a dash for none."""
    if value is None:
        return "–"
    if unit == "%":
        return f"{100 * value:.2f}".rstrip("0").rstrip(".") + " %"
    return f"{value:.3f}".rstrip("0").rstrip(".")


def whole(most: int) -> list[int]:
    """Return at most six marks from 0 up, whole numbers a round step apart."""
    steps = (factor * 10**power for power in range(9) for factor in (1, 2, 5))
    step = next(step for step in steps if most <= 5 * step)
    return list(range(0, most + 1, step))


def round_up(number: int) -> int:
    """Return the next round number: 1, 2, 4, 10, 20, 40, 100 and so on."""
    power = 1
    while True:
        for step in (1, 2, 4):
            if step * power >= number:
                return step * power
        power *= 10


def _within(value: float, axis: Axis) -> float:
    share = (value - axis.low) / (axis.high - axis.low or 1)
    return max(0.0, min(1.0, share))
