"""A criterion: what must be shown, and the measure by which it is.

Values only. The arithmetic of the measures is in `standard.measure`; what becomes of records under them is in
`standard.grade`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .words import MeasureKind, Method, Statistic

if TYPE_CHECKING:
    from .words import Evidence, Level


@dataclass(frozen=True, slots=True, kw_only=True)
class RateMeasure:
    """A rate over a random draw, held against a threshold by a one-sided Clopper-Pearson bound.

    Attributes:
        kind: RATE_AT_LEAST (a share of passes) or RATE_AT_MOST (a share of misses).
        population: what is drawn from: an id of `annexes/populations.yaml`.
        threshold: the share, 0 to 1, that the bound must reach.
        confidence: of the bound: 0.95.
        draw: how many are drawn; fixed before the run.
        misses: most misses that still show it. Follows from the three above; lint recomputes it.
    """

    kind: MeasureKind
    population: str
    threshold: float
    confidence: float
    draw: int
    misses: int

    @property
    def is_floor(self) -> bool:
        """Whether the rate must be at least the threshold, rather than at most."""
        return self.kind is MeasureKind.RATE_AT_LEAST

    @property
    def miss_rate(self) -> float:
        """The largest true rate of misses that the criterion tolerates."""
        return 1 - self.threshold if self.is_floor else self.threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class EveryMeasure:
    """Each member of an enumerated set, with at most `failing` exceptions.

    Attributes:
        kind: EVERY (`failing` is 0) or AT_MOST_FAILING.
        members: ids of the set's members.
        set_id: the set's id in `annexes/sets/`, or "" where the criterion lists the members itself.
        failing: most members that may fail.
    """

    kind: MeasureKind
    members: tuple[str, ...]
    set_id: str
    failing: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceMeasure:
    """Public rate minus sealed rate, both drawn; points are percentage points.

    Attributes:
        population: what both sides are drawn from.
        points: most points of difference seen.
        upper_points: most points of the one-sided upper bound (Newcombe).
        confidence: of the bound.
        draw: how many are drawn on each side.
    """

    population: str
    points: float
    upper_points: float
    confidence: float
    draw: int
    kind: MeasureKind = MeasureKind.DIFFERENCE_AT_MOST


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeMeasure:
    """A median or quantile of times, whose order-statistic upper bound must not pass a limit.

    Attributes:
        statistic: median or quantile.
        q: the quantile, 0 to 1; 0.5 for a median.
        at_most: the limit.
        unit: of the limit and of every recorded value.
        draw: how many times are taken.
        confidence: of the bound.
    """

    statistic: Statistic
    q: float
    at_most: float
    unit: str
    draw: int
    confidence: float
    kind: MeasureKind = MeasureKind.TIME_AT_MOST


@dataclass(frozen=True, slots=True, kw_only=True)
class AmountMeasure:
    """The largest of `of` measured amounts must not pass a limit.

    Attributes:
        quantity: what is measured: `bytes after the first flagged phrase`.
        unit: of the limit and of every recorded value.
        at_most: the limit.
        of: how many measurements are asked for; a record may stand for several (`value.of`).
    """

    quantity: str
    unit: str
    at_most: float
    of: int
    kind: MeasureKind = MeasureKind.AMOUNT_AT_MOST


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One yes/no question of an inspection. `yes` is good."""

    id: str
    question: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChecklistMeasure:
    """Questions a person answers; every one must be yes."""

    items: tuple[Question, ...]
    kind: MeasureKind = MeasureKind.CHECKLIST


@dataclass(frozen=True, slots=True, kw_only=True)
class AttestationMeasure:
    """Statements a supplier signs, no older than `max_age_days` at the assessment."""

    statements: tuple[str, ...]
    max_age_days: int
    kind: MeasureKind = MeasureKind.ATTESTATION


type Measure = (
    RateMeasure
    | EveryMeasure
    | DifferenceMeasure
    | TimeMeasure
    | AmountMeasure
    | ChecklistMeasure
    | AttestationMeasure
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One thing that must be shown for a clause.

    Attributes:
        id: `content.gambling/known-sites`: permanent.
        text: one sentence a stranger can decide.
        method: who finds out.
        level: whether only a plus assessment needs it.
        evidence: drawn, written or none.
        measure: how it is decided.
        place: `file:line` it was read from, for complaints.
    """

    id: str
    text: str
    method: Method
    level: Level
    evidence: Evidence
    measure: Measure
    place: str = ""

    @property
    def is_automated(self) -> bool:
        """Whether the examiner can decide it without a person."""
        return self.method is Method.AUTOMATED


def share(value: float) -> str:
    """A share as a percentage without needless digits: 0.95 is `95 %`, 0.003 is `0.3 %`."""
    return f"{round(value * 100, 6):g} %"


def phrase(measure: Measure) -> str:
    """What `measure` asks, in words: `at least 95 %, 500 drawn, at most 16 misses (95 % confidence)`."""
    match measure:
        case RateMeasure():
            side = "at least" if measure.is_floor else "at most"
            return (
                f"{side} {share(measure.threshold)}, {measure.draw} drawn, at most {_misses(measure.misses)} "
                f"({share(measure.confidence)} confidence)"
            )
        case EveryMeasure(kind=MeasureKind.EVERY):
            return f"every one of {len(measure.members)}"
        case EveryMeasure():
            return f"at most {measure.failing} of {len(measure.members)} failing"
        case DifferenceMeasure():
            return (
                f"at most {measure.points:g} points lower on the sealed side, upper bound at most "
                f"{measure.upper_points:g} points, {measure.draw} drawn on each side "
                f"({share(measure.confidence)} confidence)"
            )
        case TimeMeasure():
            of_what = "median" if measure.statistic is Statistic.MEDIAN else f"{share(measure.q)} quantile"
            return (
                f"{of_what} at most {measure.at_most:g} {measure.unit}, {measure.draw} measured "
                f"({share(measure.confidence)} confidence)"
            )
        case AmountMeasure():
            return f"{measure.quantity} at most {measure.at_most:g} {measure.unit} in each of {measure.of}"
        case ChecklistMeasure():
            return f"yes to each of {len(measure.items)} questions"
        case AttestationMeasure():
            return f"{len(measure.statements)} signed statements, at most {measure.max_age_days} days old"


def _misses(count: int) -> str:
    return "1 miss" if count == 1 else f"{count} misses"
