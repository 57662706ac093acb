"""Claims about plots: marks are round and few, lines stay on the canvas, the table has the same numbers."""

import pytest

from chat.web import plots


@pytest.mark.parametrize(("most", "marks"), [(1, [0, 1]), (5, [0, 1, 2, 3, 4, 5]), (762, [0, 200, 400, 600])])
def test_marks_are_round_and_at_most_six(most: int, marks: list[int]) -> None:
    assert plots._whole(most) == marks
    assert all(len(plots._whole(each)) in range(2, 7) for each in range(1, 3000))


def test_a_line_stays_on_the_canvas_and_its_numbers_are_in_the_table() -> None:
    cost = [{"target": each, "ham_held": each / 2, "spam_through": 1 - each} for each in (0.001, 0.002, 0.05)]
    plot = plots.of_cost(cost, 0.0015)
    assert plot is not None
    for x, y in plot.lines[0]["dots"]:
        assert plots.LEFT <= x <= plots.WIDTH - plots.RIGHT
        assert plots.TOP <= y <= plots.HEIGHT - plots.BOTTOM
    here = float(plot.lines[1]["path"].split(",")[0])
    assert plot.lines[0]["dots"][0][0] < here < plot.lines[0]["dots"][1][0]
    assert plot.rows[1] == ["0.2 %", "0.1 %", "99.8 %"]
    assert plots.of_cost([], 0.002) is None


def test_a_number_that_is_not_there_is_a_dash() -> None:
    assert (plots.shown(None, "%"), plots.shown(0.5, "%"), plots.shown(0.25), plots.shown(10)) == (
        "–",
        "50 %",
        "0.25",
        "10",
    )
