"""Where the bars of a chart lie."""

import pytest

from tenantry.surfaces.portal.charts import HEIGHT, WIDTH, chart_of, round_up


@pytest.mark.parametrize(
    ("number", "edge"), [(0, 1), (1, 1), (2, 2), (3, 5), (6, 10), (11, 20), (199, 200), (4_001, 5_000)]
)
def test_the_upper_edge_is_a_round_number(number: int, edge: int) -> None:
    assert round_up(number) == edge


def test_bars_stand_side_by_side_on_the_ground_and_inside_the_picture() -> None:
    chart = chart_of([("mon", 5), ("tue", 0), ("wed", 10)])
    assert (chart.most, chart.total) == (10, 15)
    assert [mark.height for mark in chart.marks] == [HEIGHT / 2, 0, HEIGHT]
    for mark in chart.marks:
        assert mark.y + mark.height == HEIGHT
        assert 0 <= mark.x < mark.x + mark.width <= WIDTH
    assert chart.marks[0].x + chart.marks[0].width <= chart.marks[1].x


def test_days_without_anything_are_no_division_by_nothing() -> None:
    assert chart_of([("mon", 0)]).marks[0].height == 0
    assert chart_of([]).marks == []
