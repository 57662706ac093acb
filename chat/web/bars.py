"""Bars for a plot, as numbers for a template: what is drawn, and nothing of how it looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 360, 190
LEFT, RIGHT, TOP, BOTTOM = 48, 16, 34, 40
GAP = 0.25


@dataclass(frozen=True)
class Bar:
    """One bar: where it stands, its number and what is written under it."""

    x: float
    y: float
    width: float
    height: float
    number: int
    label: str


@dataclass(frozen=True)
class Plot:
    """Bars over one another's ground line, with the numbers beside it: each a height and what it says."""

    bars: list[Bar]
    ticks: list[tuple[float, int]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    ground: int = HEIGHT - BOTTOM
    top: int = TOP


def bars(numbers: Sequence[int], labels: Sequence[str]) -> Plot:
    """Return a plot of counts, from nought to a round number above the highest."""
    most = round_up(max(numbers, default=0))
    deep, step = HEIGHT - BOTTOM - TOP, (WIDTH - LEFT - RIGHT) / max(1, len(numbers))
    made = []
    for at, (number, label) in enumerate(zip(numbers, labels, strict=True)):
        high = deep * number / most
        made.append(
            Bar(*_short(LEFT + step * (at + GAP / 2), TOP + deep - high, step * (1 - GAP), high), number, label)
        )
    middle = [most // 2] if most > 1 else []
    return Plot(made, [(TOP + deep - deep * each / most, each) for each in (0, *middle, most)])


def round_up(number: int) -> int:
    """Return the next round number: 1, 2, 4, 10, 20, 40, 100 and so on."""
    power = 1
    while True:
        for step in (1, 2, 4):
            if step * power >= number:
                return step * power
        power *= 10


def _short(*numbers: float) -> tuple[float, float, float, float]:
    x, y, width, height = (round(each, 2) for each in numbers)
    return x, y, width, height
