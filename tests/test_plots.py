"""Claims about plots: marks are round and few, lines stay on the canvas, the table has the same numbers."""

import re

import pytest

from chat.spam_filter.pages import curves
from chat.spam_filter.pages.curves import Cost
from chat.web import plots, rendering
from chat.web.plots import Axis, Canvas, Plot


@pytest.mark.parametrize(("most", "marks"), [(1, [0, 1]), (5, [0, 1, 2, 3, 4, 5]), (762, [0, 200, 400, 600])])
def test_marks_are_round_and_at_most_six(most: int, marks: list[int]) -> None:
    assert plots.whole(most) == marks
    assert all(len(plots.whole(each)) in range(2, 7) for each in range(1, 3000))


def test_a_line_stays_on_the_canvas_and_its_numbers_are_in_the_table() -> None:
    cost = [Cost(each, each / 2, 1 - each) for each in (0.001, 0.002, 0.05)]
    plot = curves.of_cost(cost, 0.0015)
    assert plot is not None
    for x, y in plot.lines[0].dots:
        assert plot.canvas.left <= x <= plot.canvas.end
        assert plot.canvas.top <= y <= plot.canvas.ground
    here = float(plot.lines[1].path.split(",")[0])
    assert plot.lines[0].dots[0][0] < here < plot.lines[0].dots[1][0]
    assert plot.rows[1] == ["0.2 %", "0.1 %", "99.8 %"]
    assert curves.of_cost([], 0.002) is None


def test_a_number_that_is_not_there_is_a_dash() -> None:
    assert (plots.shown(None, "%"), plots.shown(0.5, "%"), plots.shown(0.25), plots.shown(10)) == (
        "–",
        "50 %",
        "0.25",
        "10",
    )


def test_bars_of_counts_stand_on_the_ground_over_their_names() -> None:
    plot = plots.of_counts("messages", [0, 3, 9], ["Jan", "", "Mar"])
    assert [bar.title for bar in plot.bars] == ["0", "3", "9"]
    assert {bar.y + bar.height for bar in plot.bars} == {plot.canvas.ground}
    assert [plot.across.said(tick) for tick in plot.across.ticks] == ["Jan", "Mar"]
    assert list(plot.up.ticks) == [0, 5, 10]
    assert plot.bars[2].x < plot.x(plot.across.ticks[1]) < plot.bars[2].x + plot.bars[2].width


NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
MOVED = Canvas(10_380, 20_250, left=10_046, end=10_368, top=20_012, ground=20_208)
"""The large canvas with its drawing far to the right and far down."""


def measures(macro: str, canvas: Canvas) -> list[float]:
    """Every measure in the drawing of one plot on a canvas."""
    plot = Plot("roc", Axis("a", 0, 1, [0, 1]), Axis("b", 0, 1, [0, 1]), canvas)
    plot.line("is-new", [(0, 0), (1, 1)], "c", dots=True)
    plot.bar("is-ham", 0.2, 0.4, 0.5)
    arguments = {"plot": (str, plot), "bars": (plot, "title", "along", "up")}[macro]
    drawn = getattr(rendering.environment().get_template("plot.html").module, macro)(*arguments)
    drawn = re.sub(r'class="[^"]*"|id="[^"]*"|<text class="plot-title".*|rotate\(-90\)', "", drawn.split("</svg>")[0])
    placed = re.findall(r'(?:viewBox|[xy][12]?|c[xy]|d|points|transform)="([^"]*)"', drawn)
    return [float(each) for value in placed for each in NUMBER.findall(value)]


@pytest.mark.parametrize("macro", ["plot", "bars"])
def test_a_drawing_has_all_its_measures_from_its_canvas(macro: str) -> None:
    here, there = measures(macro, plots.LARGE), measures(macro, MOVED)
    assert len(here) == len(there) > 10
    still = [one for one, other in zip(here, there, strict=True) if round(other - one) not in {10_000, 20_000}]
    assert still == ([0, 0, 10] if macro == "bars" else [0, 0]), "but for the corner, and the words at the very left"


def test_a_drawing_with_a_measure_of_its_own_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control."""
    monkeypatch.setattr(Plot, "x", lambda _, value: 46 + value)
    with pytest.raises(AssertionError):
        test_a_drawing_has_all_its_measures_from_its_canvas("plot")
