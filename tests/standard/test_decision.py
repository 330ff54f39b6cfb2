"""What the records of one criterion come to, measure by measure."""

from __future__ import annotations

import pytest

from standard.criterion import AttestationMeasure
from standard.decision import decide
from standard.record import Result, Value
from standard.tally import put_together
from standard.words import Outcome, Verdict
from tests.standard.records import (
    AMOUNT,
    EVERY,
    GAP,
    MEDIAN,
    RATE,
    SOME,
    C,
    E,
    F,
    P,
    U,
    criterion,
    draws,
    record,
    sides,
    times,
    verdict,
)


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([P] * 22, Verdict.SATISFIED),
        ([P] * 21 + [F], Verdict.SATISFIED),
        ([P] * 20 + [F] * 2, Verdict.NOT_SATISFIED),
        ([F] * 2, Verdict.NOT_SATISFIED),
        ([F], Verdict.NOT_SHOWN),
        ([P] * 21, Verdict.NOT_SHOWN),
        ([P] * 21 + [E], Verdict.NOT_SHOWN),
        ([P] * 21 + [C], Verdict.NOT_SHOWN),
        ([P] * 21 + [U], Verdict.NOT_SHOWN),
        ([P] * 21 + [Outcome.INAPPLICABLE], Verdict.NOT_SHOWN),
        ([C] * 20 + [F] * 2, Verdict.NOT_SATISFIED),
        ([], Verdict.NOT_SHOWN),
        ([P] * 22 + [F] * 9, Verdict.SATISFIED),
        ([F] * 2 + [P] * 500, Verdict.NOT_SATISFIED),
        ([P] * 21 + [E] + [P] * 99, Verdict.NOT_SHOWN),
    ],
)
def test_a_rate_is_decided_by_the_draws_planned_and_no_others(
    records: list[Outcome], expected: Verdict
) -> None:
    """22 are drawn and one may be missed; what comes after the 22nd counts neither way."""
    assert verdict(RATE, draws(*records)) is expected


def test_full_draw_with_too_many_misses_says_what_the_draw_supports() -> None:
    """The point estimate lies above the threshold, and the sentence says why that is not enough."""
    one = criterion(RATE)
    because = decide(one, put_together(one, draws(*[P] * 20, F, F))).because
    assert because == "2 misses; 22 drawn allow 1. 90.91 % was seen, but the draw supports only 74.05 %."


def test_a_rate_says_its_bound_its_interval_and_its_operating_curve() -> None:
    one = criterion(RATE)
    rate = decide(one, put_together(one, draws(*[P] * 21, F))).rate
    assert rate is not None
    assert rate.seen == pytest.approx(21 / 22)
    assert rate.bound is not None
    assert rate.bound >= 0.8
    assert rate.wilson_low is not None
    assert rate.wilson_low < rate.seen
    assert [rate.curve[0].true_rate, rate.curve[-1].true_rate] == [pytest.approx(0.6), 1.0]
    assert rate.curve[-1].chance == 1.0
    at_threshold = next(point for point in rate.curve if point.true_rate == pytest.approx(0.8))
    assert at_threshold.chance <= 0.05


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ({"a": P, "b": P, "c": P}, Verdict.SATISFIED),
        ({"a": P, "b": P, "c": F}, Verdict.NOT_SATISFIED),
        ({"a": F}, Verdict.NOT_SATISFIED),
        ({"a": P, "b": P}, Verdict.NOT_SHOWN),
        ({"a": P, "b": P, "c": C}, Verdict.NOT_SHOWN),
        ({"a": P, "b": P, "c": P, "stray": P}, Verdict.SATISFIED),
        ({"a": P, "b": P, "c": P, "stray": F}, Verdict.NOT_SATISFIED),
        ({"a": P, "b": P, "c": P, "stray": E}, Verdict.NOT_SHOWN),
    ],
)
def test_every_needs_each_member_of_its_set(items: dict[str, Outcome], expected: Verdict) -> None:
    assert verdict(EVERY, [record(outcome, item=item) for item, outcome in items.items()]) is expected


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [((P, P, F), Verdict.SATISFIED), ((P, F, F), Verdict.NOT_SATISFIED), ((P, P, C), Verdict.NOT_SHOWN)],
)
def test_at_most_failing_lets_so_many_fail(outcomes: tuple[Outcome, ...], expected: Verdict) -> None:
    records = [record(outcome, item=item) for item, outcome in zip("abc", outcomes, strict=True)]
    assert verdict(SOME, records) is expected


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        (times(*[40] * 20), Verdict.SATISFIED),
        (times(*[40] * 15, *[60] * 5), Verdict.SATISFIED),
        (times(*[40] * 14, *[60] * 6), Verdict.NOT_SATISFIED),
        (times(*[60] * 6), Verdict.NOT_SATISFIED),
        (times(*[40] * 19), Verdict.NOT_SHOWN),
        (times(*[0.04] * 20, unit="s"), Verdict.SATISFIED),
        (times(*[40] * 20, unit="bytes"), Verdict.NOT_SHOWN),
        ([*times(*[40] * 14), *(record(F, position=15 + i) for i in range(6))], Verdict.NOT_SATISFIED),
    ],
)
def test_a_median_is_bounded_by_order_statistics(records: list[Result], expected: Verdict) -> None:
    """Of 20 times the 15th smallest bounds the median with 95 %: five may exceed the limit, no more."""
    assert verdict(MEDIAN, records) is expected


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        ([record(P, position=1, value=Value(number=1024, unit="bytes", of=4))], Verdict.SATISFIED),
        ([record(P, position=1, value=Value(number=1025, unit="bytes", of=4))], Verdict.NOT_SATISFIED),
        ([record(P, position=1, value=Value(number=0, unit="bytes"))], Verdict.NOT_SHOWN),
        ([record(P, position=1)], Verdict.NOT_SHOWN),
    ],
)
def test_the_largest_amount_keeps_the_limit(records: list[Result], expected: Verdict) -> None:
    assert verdict(AMOUNT, records) is expected


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        (sides(190, 190), Verdict.SATISFIED),
        (sides(180, 200), Verdict.SATISFIED),
        (sides(190, 180), Verdict.SATISFIED),
        (sides(190, 179), Verdict.NOT_SATISFIED),
        (sides(190, 189)[:-1], Verdict.NOT_SHOWN),
        (sides(150, 50, 150), Verdict.NOT_SATISFIED),
    ],
)
def test_the_gap_between_public_and_sealed_is_held_to_points_and_bound(
    records: list[Result], expected: Verdict
) -> None:
    assert verdict(GAP, records) is expected


def test_an_attested_statement_may_be_too_old() -> None:
    measure = AttestationMeasure(statements=("We do.",), max_age_days=92)
    fresh = record(P, item="1", value=Value(number=92, unit="d"))
    stale = record(P, item="1", value=Value(number=93, unit="d"))
    assert verdict(measure, [fresh]) is Verdict.SATISFIED
    assert verdict(measure, [stale]) is Verdict.NOT_SATISFIED
