"""The plots of a training run's report, and of what each target would cost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

from msgspec import Struct, field
from msgspec.structs import astuple

from chat.web.plots import Axis, Plot, Point, shown, whole

FIFTHS = [at / 5 for at in range(6)]


class Curves(Struct, frozen=True):
    """Points as decreasing lines make them: the share of ham above, of spam above, precision there."""

    candidate: list[tuple[float, float, float]]
    in_use: list[tuple[float, float, float]]


class Tenth(Struct, frozen=True):
    """How many texts of each kind have a probability from `start` on."""

    ham: int
    spam: int
    start: float = field(name="from")


class Calibrated(Struct, frozen=True):
    """Of a tenth's texts, the probability that was said on average, and the share that was spam."""

    said: float
    seen: float
    texts: int


class Stretch(Struct, frozen=True):
    """How a filter did that had learnt from so many `labels`. None stands where that is undefined."""

    labels: int
    recall: float | None
    ham_held: float | None
    mcc: float | None


class Cost(Struct, frozen=True):
    """What share of ham would be held, and of spam let through, were the line drawn for a target."""

    target: float
    ham_held: float
    spam_through: float


class Measured(Struct, frozen=True):
    """Of a training run's report (`spam/report.py`), what is drawn."""

    curves: Curves
    histogram: list[Tenth]
    calibration: list[Calibrated]
    learning: list[Stretch]
    cost: list[Cost]


def of_report(report: Measured) -> list[Plot]:
    """Return the plots of a training run's report. Those there are no numbers for are left out."""
    drawn: tuple[Plot | None, ...] = (
        _roc(report),
        _precision(report),
        _histogram(report),
        _calibration(report),
        _learning(report),
    )
    return [plot for plot in drawn if plot is not None]


def of_cost(cost: Sequence[Cost], target: float) -> Plot | None:
    """Return what each target would let through, with a mark at the account's own."""
    if not cost:
        return None
    plot = Plot("cost", _steps([each.target for each in cost]), _percent("filter.axis.spam_through"))
    points = [(float(at), each.spam_through) for at, each in enumerate(cost)]
    plot.line("is-new", points, "filter.line.through", dots=True)
    here = _between([each.target for each in cost], target)
    plot.line("is-here", [(here, 0), (here, 1)], "filter.line.target")
    plot.head = ("filter.target", "filter.axis.ham_held", "filter.axis.spam_through")
    plot.rows = [[shown(value, "%") for value in astuple(each)] for each in cost]
    return plot


def _roc(report: Measured) -> Plot | None:
    plot = Plot("roc", _percent("filter.axis.ham_held"), _percent("filter.axis.caught"))
    plot.head = ("filter.axis.ham_held", "filter.axis.caught")
    return _compared(plot, report, lambda point: (point[0], point[1]))


def _precision(report: Measured) -> Plot | None:
    plot = Plot("pr", _percent("filter.axis.caught"), _percent("filter.axis.precision"))
    plot.head = ("filter.axis.caught", "filter.axis.precision")
    return _compared(plot, report, lambda point: (point[1], point[2]))


def _compared(plot: Plot, report: Measured, taken: Callable[[Sequence[float]], Point]) -> Plot | None:
    """Draw the curve of the version over that of what is in use."""
    curves = report.curves
    if not curves.candidate:
        return None
    plot.line("is-old", [taken(each) for each in curves.in_use], "filter.line.in_use")
    points = [taken(each) for each in curves.candidate]
    plot.line("is-new", points, "filter.line.version")
    plot.rows = [[shown(x, "%"), shown(y, "%")] for x, y in points]
    return plot


def _histogram(report: Measured) -> Plot | None:
    tenths = report.histogram
    most = max(max(each.ham, each.spam) for each in tenths) or 1
    up = Axis("filter.axis.texts", 0, most, whole(most))
    plot = Plot("histogram", Axis("filter.axis.score", 0, 1, FIFTHS), up)
    for each in tenths:
        start = each.start
        plot.bar("is-ham", start + 0.01, start + 0.05, each.ham)
        plot.bar("is-spam", start + 0.05, start + 0.09, each.spam)
    plot.head = ("filter.axis.score", "filter.ham", "filter.spam")
    plot.rows = [[f"{each.start:.1f}–{each.start + 0.1:.1f}", str(each.ham), str(each.spam)] for each in tenths]
    return plot


def _calibration(report: Measured) -> Plot | None:
    found = report.calibration
    if not found:
        return None
    plot = Plot("calibration", Axis("filter.axis.said", 0, 1, FIFTHS), Axis("filter.axis.seen", 0, 1, FIFTHS))
    plot.line("is-old", [(0, 0), (1, 1)], "filter.line.perfect")
    plot.line("is-new", [(each.said, each.seen) for each in found], "filter.line.version", dots=True)
    plot.head = ("filter.axis.said", "filter.axis.seen", "filter.axis.texts")
    plot.rows = [[shown(each.said), shown(each.seen), str(each.texts)] for each in found]
    return plot


def _learning(report: Measured) -> Plot | None:
    found = report.learning
    most = max((each.labels for each in found), default=0)
    if not most:
        return None
    plot = Plot("learning", Axis("filter.axis.labels", 0, most, whole(most)), _percent("filter.axis.share"))
    caught = [(each.labels, each.recall) for each in found if each.recall is not None]
    plot.line("is-new", caught, "filter.axis.caught", dots=True)
    held = [(each.labels, each.ham_held) for each in found if each.ham_held is not None]
    plot.line("is-bad", held, "filter.axis.ham_held", dots=True)
    plot.head = ("filter.axis.labels", "filter.axis.caught", "filter.axis.ham_held", "filter.mcc")
    plot.rows = [
        [str(each.labels), shown(each.recall, "%"), shown(each.ham_held, "%"), shown(each.mcc)] for each in found
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
