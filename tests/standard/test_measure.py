"""The arithmetic recomputed: every figure of the decision rule's tables, and the algebra behind it."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standard import measure

CONFIDENCE = 0.95

# Fewest draws that show "true miss rate at most q" with c misses: a row for each q, a column for each c.
LEAST_DRAWS = {
    0.20: [14, 22, 30, 37, 50, 82],
    0.10: [29, 46, 61, 76, 103, 167],
    0.05: [59, 93, 124, 153, 208, 336],
    0.02: [149, 236, 313, 386, 523, 845],
    0.01: [299, 473, 628, 773, 1049, 1693],
    0.001: [2995, 4742, 6294, 7752, 10511, 16959],
}
COLUMNS = [0, 1, 2, 3, 5, 10]


@pytest.mark.parametrize(
    ("rate", "misses", "draws"),
    [(rate, misses, row[i]) for rate, row in LEAST_DRAWS.items() for i, misses in enumerate(COLUMNS)],
)
def test_the_table_of_sample_sizes_comes_out_to_the_last_figure(rate: float, misses: int, draws: int) -> None:
    assert measure.least_draws(misses, rate, CONFIDENCE) == draws


@pytest.mark.parametrize(
    ("draws", "at_least", "misses"),
    [
        (200, 0.80, 30),
        (200, 0.90, 12),
        (200, 0.95, 4),
        (500, 0.80, 84),
        (500, 0.90, 38),
        (500, 0.95, 16),
        (500, 0.98, 4),
        (1000, 0.95, 38),
        (1000, 0.98, 12),
        (1000, 0.99, 4),
        (150, 0.80, 21),
        (100, 0.80, 13),
        (300, 0.99, 0),
        (1000, 0.997, 0),
    ],
)
def test_the_most_misses_of_each_draw_come_out(draws: int, at_least: float, misses: int) -> None:
    assert measure.most_misses(draws, 1 - at_least, CONFIDENCE) == misses


@pytest.mark.parametrize(
    ("draws", "misses", "true_rate", "percent", "digits"),
    [
        (500, 16, 0.95, 3.4, 1),
        (500, 16, 0.97, 67, 0),
        (500, 16, 0.98, 97, 0),
        (1000, 12, 0.98, 3.8, 1),
        (1000, 12, 0.99, 79, 0),
        (1000, 12, 0.995, 99.8, 1),
        (200, 12, 0.94, 58, 0),
        (200, 12, 0.96, 94, 0),
        (1000, 4, 0.995, 44, 0),
        (1000, 4, 0.998, 95, 0),
    ],
)
def test_the_chances_to_pass_come_out(
    draws: int, misses: int, true_rate: float, percent: float, digits: int
) -> None:
    assert round(100 * measure.chance_to_pass(draws, misses, 1 - true_rate), digits) == percent


@pytest.mark.parametrize(
    ("successes", "draws", "low", "high"),
    [(98, 100, 93.0, 99.4), (982, 1000, 97.2, 98.9), (0, 100, 0, 3.7)],
)
def test_the_wilson_intervals_come_out(successes: int, draws: int, low: float, high: float) -> None:
    seen = measure.wilson(successes, draws)
    assert [round(100 * end, 1) for end in seen] == [low, high]


def test_982_of_1000_does_not_show_98_percent() -> None:
    """The headline of a press release, and what it can bear."""
    assert measure.lower_bound(982, 1000, CONFIDENCE) < 0.98


@pytest.mark.parametrize(("misses", "draws", "bound"), [(0, 300, 0.00993), (0, 100, 0.02951)])
def test_without_a_miss_the_bound_has_a_closed_form(misses: int, draws: int, bound: float) -> None:
    """No miss in n: the bound is 1 - 0.05 ** (1 / n)."""
    assert measure.upper_bound(misses, draws, CONFIDENCE) == pytest.approx(1 - 0.05 ** (1 / draws))
    assert measure.upper_bound(misses, draws, CONFIDENCE) == pytest.approx(bound, abs=1e-5)


def test_newcombes_published_example_comes_out() -> None:
    """56 of 70 against 48 of 80: the two-sided 95 % interval ends at 0.3339."""
    difference, bound = measure.difference_upper_bound((56, 70), (48, 80), 0.975)
    assert difference == pytest.approx(0.2)
    assert round(bound, 4) == 0.3339


def test_equal_rates_still_leave_room_for_a_difference() -> None:
    difference, bound = measure.difference_upper_bound((190, 200), (190, 200), CONFIDENCE)
    assert difference == 0
    assert 0.03 < bound < 0.05


@pytest.mark.parametrize(
    ("draws", "q", "rank"), [(5, 0.5, 5), (4, 0.5, None), (59, 0.95, 59), (58, 0.95, None), (1000, 0.95, 962)]
)
def test_the_rank_that_bounds_a_quantile(draws: int, q: float, rank: int | None) -> None:
    """Five values bound a median (1 - 0.5 ** 5 is 96.9 %), four do not; 59 bound a 95 % quantile."""
    assert measure.upper_rank(draws, q, CONFIDENCE) == rank


def test_a_quantile_is_a_value_of_the_sample() -> None:
    values = [float(value) for value in range(1, 1001)]
    assert measure.quantile(values, 0.95) == 950
    assert measure.quantile(values, 0.5) == 500
    assert measure.quantile_upper_bound(values, 0.95, CONFIDENCE) == 962


counts = st.integers(1, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts)
def test_the_rule_by_counts_and_the_rule_by_bounds_agree(pair: tuple[int, int]) -> None:
    """Misses within the most allowed, exactly when the bound reaches the threshold."""
    misses, draws = pair
    for threshold in (0.01, 0.05, 0.1, 0.2):
        by_count = misses <= measure.most_misses(draws, threshold, CONFIDENCE)
        by_bound = measure.upper_bound(misses, draws, CONFIDENCE) <= threshold + 1e-9
        assert by_count == by_bound


@given(st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))))
def test_the_bound_is_where_the_exact_tail_equals_the_risk(pair: tuple[int, int]) -> None:
    """In whole-number arithmetic: at the bound, so few misses have a chance of five in a hundred."""
    misses, draws = pair
    rate = Fraction(measure.upper_bound(misses, draws, CONFIDENCE)).limit_denominator(10**12)
    tail = sum(math.comb(draws, k) * rate**k * (1 - rate) ** (draws - k) for k in range(misses + 1))
    assert float(tail) == pytest.approx(0.05, abs=1e-6)


@given(counts)
def test_one_more_miss_never_lowers_the_bound(pair: tuple[int, int]) -> None:
    misses, draws = pair
    if misses < draws:
        assert measure.upper_bound(misses, draws, CONFIDENCE) <= measure.upper_bound(
            misses + 1, draws, CONFIDENCE
        )


@given(counts)
def test_a_wilson_interval_holds_the_rate_and_stays_between_0_and_1(pair: tuple[int, int]) -> None:
    successes, draws = pair
    low, high = measure.wilson(successes, draws)
    assert 0 <= low <= successes / draws <= high <= 1


def test_a_better_product_has_the_better_chance() -> None:
    curve = measure.operating_curve(500, 16, [0.01, 0.02, 0.03, 0.04, 0.05])
    assert all(first[1] > second[1] for first, second in itertools.pairwise(curve))


@pytest.mark.parametrize(("misses", "draws"), [(3, 2), (-1, 5), (0, 0)])
def test_counts_that_cannot_be_are_refused(misses: int, draws: int) -> None:
    with pytest.raises(ValueError, match="not possible"):
        measure.upper_bound(misses, draws, CONFIDENCE)
