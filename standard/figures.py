"""The numbers of a report: counts, rates with their bounds, differences, times.

Values only; `standard.measure` and `standard.grade` work them out.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The records behind one criterion.

    Attributes:
        planned: what the edition asks for: draws, or members of the enumerated set.
        counted: how many of them were decided (`passed` or `failed`) and count.
        passed: of those counted.
        failed: of those counted: the misses.
        cannot_tell: planned ones without a decision because a control failed.
        error: planned ones without a decision because our machinery broke.
        untested: planned ones not done.
        inapplicable: records that say so.
        extra: records beyond the plan; printed, never counted.
        same_domain: draws left out because an earlier one has the same registrable domain.
        allowed: most misses with which the criterion can still be satisfied.
    """

    planned: int
    counted: int
    passed: int
    failed: int
    cannot_tell: int = 0
    error: int = 0
    untested: int = 0
    inapplicable: int = 0
    extra: int = 0
    same_domain: int = 0
    allowed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePoint:
    """One point of an operating curve: a product with `true_rate` passes with probability `chance`."""

    true_rate: float
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What a draw says about a rate. All figures are shares from 0 to 1.

    Attributes:
        seen: the point estimate; None where nothing was counted.
        bound: one-sided Clopper-Pearson bound at `confidence`, on the side that `is_floor` names.
        asked: the threshold the bound must reach.
        is_floor: True: the rate must be at least `asked` (the bound is a lower one); False: at most.
        confidence: of the bound: 0.95.
        wilson_low: lower end of the two-sided 95 % Wilson interval, printed beside the bound.
        wilson_high: its upper end.
        curve: the chance to pass for true rates around `asked`, in ascending order of rate.
    """

    seen: float | None
    bound: float | None
    asked: float
    is_floor: bool
    confidence: float
    wilson_low: float | None
    wilson_high: float | None
    curve: tuple[CurvePoint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Public rate minus sealed rate, in percentage points.

    Attributes:
        seen: the difference; None where either side has nothing.
        bound: its one-sided upper bound by Newcombe's method.
        asked: most points the difference may have.
        asked_bound: most points the bound may have.
        confidence: of the bound.
    """

    seen: float | None
    bound: float | None
    asked: float
    asked_bound: float
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """A time or an amount held against a limit.

    Attributes:
        statistic: `median`, `quantile 0.95`, or `largest`.
        seen: the sample's figure; None where nothing was counted.
        bound: one-sided upper bound of it from order statistics; None for amounts, or where the sample is
            too small for one.
        asked: the limit.
        unit: `ms`, `s`, `bytes`…
        confidence: of the bound; None for amounts.
    """

    statistic: str
    seen: float | None
    bound: float | None
    asked: float
    unit: str
    confidence: float | None = None
