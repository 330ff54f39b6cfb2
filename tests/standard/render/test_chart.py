"""Charts say in words what they draw, and stay drawable."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standard.figures import CurvePoint, Rate
from standard.render.chart import draw_curve, draw_interval, on_paper


def rate(seen: float | None, bound: float | None, asked: float, *, is_floor: bool = True) -> Rate:
    return Rate(
        seen=seen,
        bound=bound,
        asked=asked,
        is_floor=is_floor,
        confidence=0.95,
        wilson_low=None if seen is None else max(0, seen - 0.02),
        wilson_high=None if seen is None else min(1, seen + 0.02),
        curve=tuple(CurvePoint(true_rate=n / 100, chance=n / 100) for n in range(101)),
    )


def test_an_interval_says_what_it_shows() -> None:
    label = ET.fromstring(draw_interval(rate(0.983, 0.941, 0.9))).get("aria-label")  # noqa: S314 - our own text

    assert label == (
        "seen 98.3\u00a0%, 95 % interval 96.3\u00a0% to 100\u00a0%, "
        "supports at least 94.1\u00a0%, asked at least 90\u00a0%"
    )


def test_nothing_counted_draws_nothing() -> None:
    assert draw_interval(rate(None, None, 0.9)) == ""


def test_a_bound_short_of_what_was_asked_is_drawn_in_the_colour_of_bad() -> None:
    drawing = draw_interval(rate(0.96, 0.94, 0.95), on_paper)

    assert "#b42318" in drawing


@given(
    st.floats(min_value=0, max_value=1),
    st.floats(min_value=0, max_value=1),
    st.floats(min_value=0, max_value=1),
    st.booleans(),
)
def test_every_rate_can_be_drawn_within_its_frame(
    seen: float, bound: float, asked: float, is_floor: bool
) -> None:
    value = rate(seen, bound, asked, is_floor=is_floor)
    for drawing in (draw_interval(value), draw_curve(value)):
        root = ET.fromstring(drawing)  # noqa: S314 - our own text
        width = float(root.get("width", "0"))
        places = [float(part.get("x") or part.get("x1") or part.get("cx") or 0) for part in root]

        assert all(0 <= place <= width for place in places)


def test_a_curve_is_cut_to_where_something_happens() -> None:
    points = tuple(CurvePoint(true_rate=n / 1000, chance=float(n > 950)) for n in range(1001))
    steep = Rate(
        seen=None,
        bound=None,
        asked=0.95,
        is_floor=True,
        confidence=0.95,
        wilson_low=None,
        wilson_high=None,
        curve=(
            *points[:940],
            *(CurvePoint(true_rate=0.94 + n / 1000, chance=n / 20) for n in range(21)),
            *points[961:],
        ),
    )

    assert ">0\u00a0%</text>" not in draw_curve(steep).split("</text>", 5)[-1]


@pytest.mark.parametrize("points", [(), (CurvePoint(true_rate=0.5, chance=0.5),)])
def test_no_curve_is_drawn_from_fewer_than_two_points(points: tuple[CurvePoint, ...]) -> None:
    value = rate(0.9, 0.8, 0.7)
    bare = Rate(
        seen=value.seen,
        bound=value.bound,
        asked=value.asked,
        is_floor=True,
        confidence=0.95,
        wilson_low=None,
        wilson_high=None,
        curve=points,
    )

    assert draw_curve(bare) == ""
