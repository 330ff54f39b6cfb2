"""Every figure of docs/decision-rule.md, recomputed from the page's own text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from standard import catalogue, measure
from standard.criterion import RateMeasure

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "decision-rule.md").read_text(encoding="utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the rows of the table whose heading begins with `heading`."""
    start = PAGE.index(f"| {heading}")
    lines = PAGE[start : PAGE.index("\n\n", start)].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def number(text: str) -> float:
    found = re.search(r"[\d.,]+", text)
    assert found is not None
    return float(found.group().replace(",", ""))


def test_the_criterion_worked_through_is_the_one_of_the_edition() -> None:
    one = catalogue.load().criteria["content.gambling/known-sites"].measure
    assert isinstance(one, RateMeasure)
    assert (one.draw, one.threshold, one.confidence, one.misses) == (200, 0.9, 0.95, 12)


def test_the_chances_of_12_and_13_misses() -> None:
    for misses, chance, is_enough in rows("c | chance"):
        exact = measure.chance_to_pass(200, int(misses), 0.1)
        assert round(100 * exact, 1) == number(chance)
        assert (exact <= 0.05) is (is_enough == "yes")


def test_the_bounds_of_12_13_and_14_misses() -> None:
    for misses, seen, bound, verdict in rows("misses | seen"):
        passed = 200 - int(misses)
        assert 100 * passed / 200 == number(seen)
        lower = measure.lower_bound(passed, 200, 0.95)
        assert int(lower * 1e4) / 100 == number(bound)
        assert (lower >= 0.9) is (verdict == "satisfied")


def test_the_operating_curve() -> None:
    (chances,) = rows("true rate")
    rates = (0.90, 0.92, 0.94, 0.95, 0.96, 0.98)
    for rate, shown in zip(rates, chances[1:], strict=True):
        digits = len(shown.removesuffix(" %").partition(".")[2])
        assert round(100 * measure.chance_to_pass(200, 12, 1 - rate), digits) == number(shown)


@pytest.mark.parametrize("row", rows("miss rate at most"), ids=lambda row: row[0])
def test_the_sample_sizes(row: list[str]) -> None:
    for misses, draws in zip((0, 1, 2, 3, 5, 10), row[1:], strict=True):
        assert measure.least_draws(misses, number(row[0]) / 100, 0.95) == int(draws)


def test_the_differences() -> None:
    for public, sealed, points, bound, verdict in rows("public | sealed"):
        gap, upper = measure.difference_upper_bound((int(public), 500), (int(sealed), 500), 0.95)
        assert round(100 * gap, 9) == number(points)
        assert round(100 * upper, 2) == number(bound)
        assert (round(100 * gap, 9) <= 5 and 100 * upper <= 10) is (verdict == "satisfied")


def test_the_ranks_of_a_thousand_times() -> None:
    assert "the 527th smallest bounds the median and the 962nd the 95 % quantile" in " ".join(PAGE.split())
    assert (measure.upper_rank(1000, 0.5, 0.95), measure.upper_rank(1000, 0.95, 0.95)) == (527, 962)


def test_the_press_release() -> None:
    assert "982 of 1,000 supports 97.34 %" in PAGE
    assert int(measure.lower_bound(982, 1000, 0.95) * 1e4) == 9734
