"""Numbers are written so that they can be trusted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standard.figures import Counts
from standard.render import wording


@pytest.mark.parametrize(
    ("share", "written"),
    [
        (0.95, "95"),
        (0.983, "98.3"),
        (0.9995, "99.95"),
        (0.0037, "0.37"),
        (0, "0"),
        (1, "100"),
        (0.00001, "0.001"),
    ],
)
def test_a_share_is_written_with_few_figures(share: float, written: str) -> None:
    assert wording.percent(share) == f"{written}\u00a0%"


@given(st.floats(min_value=1e-6, max_value=1 - 1e-6))
def test_nothing_is_rounded_to_all_or_to_none(share: float) -> None:
    assert float(wording.percent(share).removesuffix("\u00a0%")) not in (0.0, 100.0)


@given(st.floats(min_value=0, max_value=1))
def test_what_is_written_is_within_a_tenth_of_a_point_of_what_is_meant(share: float) -> None:
    assert float(wording.percent(share).removesuffix("\u00a0%")) == pytest.approx(share * 100, abs=0.1)


def test_a_moment_is_written_in_utc_whatever_zone_it_came_in() -> None:
    assert wording.minute("2026-11-21T01:30:00+02:00") == "20 November 2026, 23:30 UTC"


def test_records_that_are_missing_are_said_to_be_missing() -> None:
    counts = Counts(planned=100, counted=90, passed=88, failed=2, cannot_tell=3, error=1)

    assert wording.tallied(counts) == "88 of 90 passed, 3 cannot tell, 1 error, 6 of 100 without a record"
