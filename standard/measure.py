"""The arithmetic of the decision rule: exact binomial bounds, order-statistic bounds, operating curves.

Pure functions of numbers; knows no clause and no record. Sources: C. J. Clopper and E. S. Pearson, Biometrika
26 (1934), for the exact bounds; E. B. Wilson, JASA 22 (1927), for the intervals printed beside them;
R. G. Newcombe, Statistics in Medicine 17 (1998), method 10, for a difference of two rates;
binomial tail of order statistics for quantiles. `docs/decision-rule.md` works every one through.
"""

from __future__ import annotations

import functools
import math
from typing import TYPE_CHECKING

from scipy import stats

if TYPE_CHECKING:
    from collections.abc import Sequence


def _refuse_bad_counts(misses: int, draws: int) -> None:
    if draws < 1 or not 0 <= misses <= draws:
        raise ValueError(f"{misses} misses of {draws} draws is not possible")


@functools.lru_cache(maxsize=4096)
def upper_bound(misses: int, draws: int, confidence: float) -> float:
    """One-sided Clopper-Pearson upper bound of the true miss rate.

    Args:
        misses: seen, 0 to `draws`.
        draws: at least 1.
        confidence: 0 to 1, 0.95 for the decision rule.

    Returns:
        The largest true rate (0 to 1) that is not refuted by so few misses.

    Raises:
        ValueError: counts that can't be.
    """
    _refuse_bad_counts(misses, draws)
    if misses == draws:
        return 1.0
    return float(stats.beta.ppf(confidence, misses + 1, draws - misses))


def lower_bound(passes: int, draws: int, confidence: float) -> float:
    """One-sided Clopper-Pearson lower bound of the true pass rate; arguments as `upper_bound`."""
    return 1.0 - upper_bound(draws - passes, draws, confidence)


@functools.lru_cache(maxsize=4096)
def most_misses(draws: int, miss_rate: float, confidence: float) -> int:
    """The most misses in `draws` with which a true miss rate of at most `miss_rate` is still shown.

    Works on the tail itself, not on the bound: c misses show it when a product exactly at the threshold would
    have c or fewer with a chance of at most 1 - confidence.

    Returns:
        The count, or -1 where even no miss at all would not show it.
    """
    _refuse_bad_counts(0, draws)
    risk = 1.0 - confidence
    low, high = -1, draws
    while high - low > 1:
        middle = (low + high) // 2
        if stats.binom.cdf(middle, draws, miss_rate) <= risk + 1e-12:
            low = middle
        else:
            high = middle
    return low


def least_draws(misses: int, miss_rate: float, confidence: float) -> int:
    """The fewest draws with which `misses` misses show a true miss rate of at most `miss_rate`."""
    low = misses
    high = max(misses + 1, 2)
    while most_misses(high, miss_rate, confidence) < misses:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        if most_misses(middle, miss_rate, confidence) >= misses:
            high = middle
        else:
            low = middle
    return high


@functools.lru_cache(maxsize=8192)
def chance_to_pass(draws: int, misses: int, miss_rate: float) -> float:
    """Operating curve: the chance that a product with a true `miss_rate` has at most `misses` in `draws`."""
    return float(stats.binom.cdf(misses, draws, miss_rate))


def operating_curve(draws: int, misses: int, rates: Sequence[float]) -> tuple[tuple[float, float], ...]:
    """`chance_to_pass` at each true miss rate of `rates`, as (rate, chance) pairs."""
    return tuple((rate, chance_to_pass(draws, misses, rate)) for rate in rates)


def wilson(successes: int, draws: int, confidence: float = 0.95) -> tuple[float, float]:
    """Two-sided Wilson score interval (no continuity correction) of a rate, as (low, high)."""
    _refuse_bad_counts(successes, draws)
    return _score_interval(successes, draws, float(stats.norm.ppf((1 + confidence) / 2)))


def difference_upper_bound(
    first: tuple[int, int], second: tuple[int, int], confidence: float
) -> tuple[float, float]:
    """Difference of two independent rates and its one-sided upper bound by Newcombe's method.

    Args:
        first: (successes, draws) of the rate subtracted from: the public draw.
        second: (successes, draws) of the rate subtracted: the sealed draw.
        confidence: of the one-sided bound.

    Returns:
        (difference, upper bound), both -1 to 1.
    """
    for successes, draws in (first, second):
        _refuse_bad_counts(successes, draws)
    z = float(stats.norm.ppf(confidence))
    rate_one, rate_two = first[0] / first[1], second[0] / second[1]
    _, high_one = _score_interval(*first, z)
    low_two, _ = _score_interval(*second, z)
    difference = rate_one - rate_two
    return difference, difference + math.hypot(high_one - rate_one, rate_two - low_two)


def _score_interval(successes: int, draws: int, z: float) -> tuple[float, float]:
    rate = successes / draws
    centre = rate + z * z / (2 * draws)
    half = z * math.sqrt(rate * (1 - rate) / draws + z * z / (4 * draws * draws))
    scale = 1 + z * z / draws
    # At the ends the square root gives exactly the other term; rounding must not leave the unit interval.
    low = 0.0 if successes == 0 else (centre - half) / scale
    high = 1.0 if successes == draws else (centre + half) / scale
    return low, high


def quantile(values: Sequence[float], q: float) -> float:
    """The q-quantile of a sample: the smallest value with at least a share q of the sample at or below it."""
    if not values:
        raise ValueError("a quantile needs at least one value")
    ordered = sorted(values)
    # The small term keeps 0.95 * 1000, which floating point makes 950.0000000000001 elsewhere, at 950.
    return ordered[max(0, math.ceil(q * len(ordered) - 1e-9) - 1)]


@functools.lru_cache(maxsize=1024)
def upper_rank(draws: int, q: float, confidence: float) -> int | None:
    """Which value of an ordered sample bounds the true q-quantile from above.

    The r-th smallest of n values lies at or above the true quantile with the chance that fewer than r of them
    fall below it: a binomial tail, whatever the distribution of the times.

    Returns:
        The smallest such rank, from 1; None where even the largest value is not sure enough.
    """
    _refuse_bad_counts(0, draws)
    if stats.binom.cdf(draws - 1, draws, q) < confidence:
        return None
    return int(stats.binom.ppf(confidence, draws, q)) + 1


def quantile_upper_bound(values: Sequence[float], q: float, confidence: float) -> float | None:
    """One-sided upper bound of the true q-quantile by order statistics; None for too small a sample."""
    rank = upper_rank(len(values), q, confidence) if values else None
    return None if rank is None else sorted(values)[rank - 1]
