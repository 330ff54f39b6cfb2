"""From the tally of one criterion to its verdict, with the figures and the sentence that go with it.

The rule, for every measure: the number asked for is fixed beforehand. More misses than the full number
allows is not satisfied, however little was done; the full number with few enough misses is satisfied;
everything else is not shown. So nothing that is missing can help, and no completion can repair what is lost.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from . import measure as arithmetic
from .criterion import (
    AmountMeasure,
    AttestationMeasure,
    ChecklistMeasure,
    DifferenceMeasure,
    EveryMeasure,
    RateMeasure,
    TimeMeasure,
    share,
)
from .figures import Counts, CurvePoint, Difference, Quantity, Rate
from .words import Outcome, Statistic, Verdict

if TYPE_CHECKING:
    from .criterion import Criterion
    from .tally import Tally, Unit

_CURVE_STEPS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A criterion's verdict and what it rests on."""

    verdict: Verdict
    because: str
    counts: Counts
    rate: Rate | None = None
    difference: Difference | None = None
    quantity: Quantity | None = None


def decide(criterion: Criterion, tally: Tally) -> Decision:
    """The verdict on `criterion` that `tally` leads to."""
    match criterion.measure:
        case RateMeasure() as measure:
            counts = _counts(tally, planned=measure.draw, allowed=measure.misses)
            return _rate(measure, counts)
        case DifferenceMeasure() as measure:
            return _difference(measure, tally)
        case TimeMeasure() as measure:
            return _time(measure, tally)
        case AmountMeasure() as measure:
            return _amount(measure, tally)
        case EveryMeasure(members=members, failing=failing):
            planned, allowed, what = len(members), failing, "members of the set"
        case ChecklistMeasure(items=items):
            planned, allowed, what = len(items), 0, "questions"
        case AttestationMeasure() as measure:
            planned, allowed, what = len(measure.statements), 0, "statements"
            tally = _aged(measure, tally)
    counts = _counts(tally, planned=planned, allowed=allowed)
    verdict, because = _by_count(counts, what)
    return Decision(verdict=verdict, because=because, counts=counts)


def _by_count(counts: Counts, what: str) -> tuple[Verdict, str]:
    """The rule on counts alone."""
    allowed = f", of which {counts.allowed} may fail" if counts.allowed else ""
    if counts.failed > counts.allowed:
        return (
            Verdict.NOT_SATISFIED,
            f"{counts.failed} of {counts.planned} {what} failed{allowed or '; none may'}.",
        )
    undecided = counts.cannot_tell + counts.error + counts.untested
    if counts.counted < counts.planned or undecided:
        return Verdict.NOT_SHOWN, f"{counts.counted} of {counts.planned} {what} were decided{_why(counts)}."
    passed = f"{counts.passed} of {counts.planned} {what} passed"
    return Verdict.SATISFIED, f"{passed}{allowed}."


def _rate(measure: RateMeasure, counts: Counts) -> Decision:
    seen = low = high = bound = None
    if counts.counted:
        hits = counts.passed if measure.is_floor else counts.failed
        seen = hits / counts.counted
        low, high = arithmetic.wilson(hits, counts.counted)
        upper = arithmetic.upper_bound(counts.failed, counts.counted, measure.confidence)
        bound = 1 - upper if measure.is_floor else upper
    rate = Rate(
        seen=seen,
        bound=bound,
        asked=measure.threshold,
        is_floor=measure.is_floor,
        confidence=measure.confidence,
        wilson_low=low,
        wilson_high=high,
        curve=curve(measure),
    )
    if counts.failed > measure.misses:
        verdict = Verdict.NOT_SATISFIED
        because = f"{_misses(counts.failed)}; {measure.draw} drawn allow {measure.misses}."
        if counts.counted < measure.draw:
            because += f" Only {counts.counted} were decided, and no completion can mend it."
        elif seen is not None and bound is not None and (seen >= measure.threshold) is measure.is_floor:
            because += (
                f" {share(round(seen, 4))} was seen, but the draw supports only {_cautious(measure, bound)}."
            )
    elif counts.counted < measure.draw:
        verdict = Verdict.NOT_SHOWN
        because = f"{counts.counted} of {measure.draw} draws were decided{_why(counts)}."
    else:
        verdict = Verdict.SATISFIED
        side = "at least" if measure.is_floor else "at most"
        because = f"{_misses(counts.failed)} of {measure.draw} drawn"
        if bound is not None:
            because += f" support {side} {_cautious(measure, bound)}"
        because += "."
    return Decision(verdict=verdict, because=because, counts=counts, rate=rate)


def curve(measure: RateMeasure) -> tuple[CurvePoint, ...]:
    """The operating curve of a rate criterion, from no miss to twice the tolerated rate, rate ascending."""
    worst = min(1.0, 2 * measure.miss_rate)
    points = [
        (
            worst * step / _CURVE_STEPS,
            arithmetic.chance_to_pass(measure.draw, measure.misses, worst * step / _CURVE_STEPS),
        )
        for step in range(_CURVE_STEPS + 1)
    ]
    if measure.is_floor:
        points = [(1 - miss_rate, chance) for miss_rate, chance in reversed(points)]
    return tuple(CurvePoint(true_rate=rate, chance=chance) for rate, chance in points)


def _difference(measure: DifferenceMeasure, tally: Tally) -> Decision:
    draw = measure.draw
    public, sealed = _passed_failed(tally.units), _passed_failed(tally.other)
    counts = _counts(tally, planned=2 * draw, allowed=0)
    seen = bound = None
    if sum(public) and sum(sealed):
        seen, bound = _points((public[0], sum(public)), (sealed[0], sum(sealed)), measure.confidence)
    # The best that completing could still bring: every open public draw fails, every sealed one passes.
    best, best_bound = _points((public[0], draw), (draw - sealed[1], draw), measure.confidence)
    if best > measure.points or best_bound > measure.upper_points:
        verdict = Verdict.NOT_SATISFIED
        because = (
            f"The sealed rate is {best:.1f} points below the public one (at most {measure.points:g}), "
            f"by the bound {best_bound:.1f} (at most {measure.upper_points:g})."
        )
    elif sum(public) < draw or sum(sealed) < draw:
        verdict = Verdict.NOT_SHOWN
        because = (
            f"{sum(public)} public and {sum(sealed)} sealed draws of {draw} each were decided{_why(counts)}."
        )
    else:
        verdict = Verdict.SATISFIED
        because = f"The sealed rate is {best:.1f} points below the public one, by the bound {best_bound:.1f}."
    difference = Difference(
        seen=seen,
        bound=bound,
        asked=measure.points,
        asked_bound=measure.upper_points,
        confidence=measure.confidence,
    )
    return Decision(verdict=verdict, because=because, counts=counts, difference=difference)


def _points(public: tuple[int, int], sealed: tuple[int, int], confidence: float) -> tuple[float, float]:
    difference, bound = arithmetic.difference_upper_bound(public, sealed, confidence)
    # Rounded, so that a gap of exactly five points is not read as more by the last bit.
    return round(100 * difference, 9), round(100 * bound, 9)


def _time(measure: TimeMeasure, tally: Tally) -> Decision:
    """The bound is the r-th smallest of n times: it keeps the limit while at most n - r exceed it."""
    rank = arithmetic.upper_rank(measure.draw, measure.q, measure.confidence)
    allowed = -1 if rank is None else measure.draw - rank
    counts = _counts(tally, planned=measure.draw, allowed=max(allowed, 0))
    verdict, because = _by_count(counts, "times")
    if rank is None:
        verdict, because = Verdict.NOT_SHOWN, f"{measure.draw} times can't bound this quantile."
    # A request that failed has no time; it counts as longer than any limit.
    times = [
        float("inf") if unit.number is None else unit.number
        for unit in tally.units
        if unit.outcome in {Outcome.PASSED, Outcome.FAILED}
    ]
    seen = _finite(arithmetic.quantile(times, measure.q) if times else None)
    bound = _finite(arithmetic.quantile_upper_bound(times, measure.q, measure.confidence))
    name = "median" if measure.statistic is Statistic.MEDIAN else f"quantile {measure.q:g}"
    if verdict is not Verdict.NOT_SHOWN and seen is not None:
        because = (
            f"The {name} is {seen:g} {measure.unit}; {counts.failed} of {counts.counted} times exceed "
            f"{measure.at_most:g} {measure.unit}, {counts.allowed} of {measure.draw} may."
        )
    quantity = Quantity(
        statistic=name,
        seen=seen,
        bound=bound,
        asked=measure.at_most,
        unit=measure.unit,
        confidence=measure.confidence,
    )
    return Decision(verdict=verdict, because=because, counts=counts, quantity=quantity)


def _amount(measure: AmountMeasure, tally: Tally) -> Decision:
    counts = _counts(tally, planned=measure.of, allowed=0)
    numbers = [unit.number for unit in tally.units if unit.number is not None]
    largest = max(numbers) if numbers else None
    verdict, because = _by_count(counts, "measurements")
    if largest is not None:
        because = f"{because[:-1]}; the largest is {largest:g} {measure.unit}, {measure.at_most:g} may be."
    quantity = Quantity(
        statistic="largest", seen=largest, bound=None, asked=measure.at_most, unit=measure.unit
    )
    return Decision(verdict=verdict, because=because, counts=counts, quantity=quantity)


def _cautious(measure: RateMeasure, bound: float) -> str:
    """A bound as a percentage with two decimals, rounded to the side that claims less."""
    rounded = math.floor(bound * 1e4) if measure.is_floor else math.ceil(bound * 1e4)
    return share(rounded / 1e4)


def _finite(value: float | None) -> float | None:
    return None if value is None or math.isinf(value) else value


def _aged(measure: AttestationMeasure, tally: Tally) -> Tally:
    """The same tally, with every statement that is too old (its number is an age in days) failed."""
    units = tuple(
        replace(unit, outcome=Outcome.FAILED)
        if unit.number is not None and unit.number > measure.max_age_days
        else unit
        for unit in tally.units
    )
    return replace(tally, units=units)


def _passed_failed(units: tuple[Unit, ...]) -> tuple[int, int]:
    outcomes = Counter(unit.outcome for unit in units)
    return outcomes[Outcome.PASSED], outcomes[Outcome.FAILED]


def _counts(tally: Tally, *, planned: int, allowed: int) -> Counts:
    outcomes: Counter[Outcome] = Counter()
    for unit in (*tally.units, *tally.other):
        outcomes[unit.outcome] += unit.weight
    passed, failed = outcomes[Outcome.PASSED], outcomes[Outcome.FAILED]
    return Counts(
        planned=planned,
        counted=passed + failed,
        passed=passed,
        failed=failed,
        cannot_tell=outcomes[Outcome.CANNOT_TELL],
        error=outcomes[Outcome.ERROR],
        # The clause reaches this product, so a record that says it does not has shown nothing.
        untested=outcomes[Outcome.UNTESTED] + outcomes[Outcome.INAPPLICABLE],
        inapplicable=outcomes[Outcome.INAPPLICABLE],
        extra=len(tally.extra),
        same_domain=tally.same_domain,
        allowed=allowed,
    )


def _why(counts: Counts) -> str:
    reasons = [
        f"{count} {word}"
        for count, word in (
            (counts.cannot_tell, "could not be told"),
            (counts.error, "met an error of the examiner"),
            (counts.untested, "was not done" if counts.untested == 1 else "were not done"),
        )
        if count
    ]
    return f": {', '.join(reasons)}" if reasons else ""


def _misses(count: int) -> str:
    return "1 miss" if count == 1 else f"{count} misses"
