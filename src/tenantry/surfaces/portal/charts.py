"""Charts as numbers: where each bar lies and how high it is, so that a template only draws them."""

from collections.abc import Sequence
from typing import Any

import msgspec

WIDTH, HEIGHT = 600, 140
_ROUND = (1, 2, 5)


class Mark(msgspec.Struct, frozen=True):
    """One day of a chart: its bar, and what it stands for."""

    x: float
    y: float
    width: float
    height: float
    label: str
    number: int


class Chart(msgspec.Struct, frozen=True):
    """A chart of WIDTH by HEIGHT units. `most` is the greatest number, and a rounder one lies at the edge."""

    marks: list[Mark]
    most: int
    total: int

    @property
    def size(self) -> tuple[int, int]:
        return WIDTH, HEIGHT


def chart_of(points: Sequence[tuple[Any, int]]) -> Chart:
    """The chart of some days, given as what to call each and its number."""
    most = max((number for _, number in points), default=0)
    top = round_up(most)
    step = WIDTH / max(1, len(points))
    gap = min(4.0, step * 0.25)
    marks = [
        Mark(
            x=round(at * step + gap / 2, 2),
            y=round(HEIGHT - number / top * HEIGHT, 2),
            width=round(step - gap, 2),
            height=round(number / top * HEIGHT, 2),
            label=str(label),
            number=number,
        )
        for at, (label, number) in enumerate(points)
    ]
    return Chart(marks, most, sum(number for _, number in points))


def round_up(number: int) -> int:
    """The next number that an axis can bear: 1, 2, 5, 10, 20, 50 ... and so on."""
    power = 1
    while True:
        for digit in _ROUND:
            if digit * power >= number:
                return digit * power
        power *= 10
