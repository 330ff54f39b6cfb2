"""The records of one criterion, put together into units that count.

A unit is what the measure counts: a drawn domain, a member of a set, a measurement. Two things are settled
here and nowhere else: which record speaks for a unit when several do, and which units count. Whatever order
records come in, the same units result.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from . import domain
from .criterion import (
    AmountMeasure,
    AttestationMeasure,
    ChecklistMeasure,
    DifferenceMeasure,
    EveryMeasure,
    RateMeasure,
    TimeMeasure,
)
from .words import Outcome, Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .criterion import Criterion, Measure
    from .record import Result

_UNDECIDED = (Outcome.ERROR, Outcome.CANNOT_TELL, Outcome.UNTESTED, Outcome.INAPPLICABLE)
# A repeated probe: one that was decided replaces one that was not, and a failure stands for good.
_AMONG_REPEATS = {o: i for i, o in enumerate((Outcome.FAILED, Outcome.PASSED, *_UNDECIDED))}
# Different cases or addresses behind one unit: all must pass, so whatever is not a pass comes first.
_AMONG_PARTS = {o: i for i, o in enumerate((Outcome.FAILED, *_UNDECIDED, Outcome.PASSED))}
# The public side of a comparison: there a pass is what tells against the product.
_AGAINST = {o: i for i, o in enumerate((Outcome.PASSED, *_UNDECIDED, Outcome.FAILED))}
# One of these in a second, in whole units of the measure they are compared with.
_SECONDS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}


# A probe's position, case and item: the first three of its key.
_PLANNED_ORDER = itemgetter(0, 1, 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """One thing that counts.

    Attributes:
        outcome: what it comes to.
        record: a record that says so: the one to print; None where there is no record.
        weight: how many measurements it stands for.
        number: the measured number in the measure's unit, or None.
    """

    outcome: Outcome
    record: Result | None
    weight: int = 1
    number: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """What the records of one criterion come to.

    Attributes:
        units: those planned, in planned order.
        other: those of a second draw (the sealed side), in planned order.
        extra: records beyond the plan, never counted.
        same_domain: records merged into an earlier unit of the same registrable domain.
        cases: records and failures of each case, with its worst outcome and hash.
        records: all of them.
    """

    units: tuple[Unit, ...]
    other: tuple[Unit, ...]
    extra: tuple[Result, ...]
    same_domain: int
    cases: Mapping[str, CaseTally]
    records: int


@dataclass(slots=True)
class CaseTally:
    """One case's records: how many, how many failed, the worst outcome, and the hash of its file."""

    records: int
    failed: int
    outcome: Outcome
    sha256: str


def put_together(criterion: Criterion, records: Iterable[Result]) -> Tally:
    """The units of `criterion` that `records` fill.

    Args:
        criterion: decides what a unit is and how many are planned.
        records: all that bear on it, in any order.
    """
    cases: dict[str, CaseTally] = {}
    probes: dict[tuple[int, str, str, Side | None], Result] = {}
    for record in records:
        _count_case(cases, record)
        draw = record.draw
        position, side = (record.position, None) if draw is None else (draw.position, draw.side)
        key = (position, record.case, record.item, side)
        kept = probes.setdefault(key, record)
        if kept is not record and _is_before(record, kept):
            probes[key] = record
    total = sum(case.records for case in cases.values())
    ordered = [probes[key] for key in sorted(probes, key=_PLANNED_ORDER)]
    match criterion.measure:
        case RateMeasure(draw=planned):
            units, extra, merged = _drawn(ordered, planned, _AMONG_PARTS)
            return Tally(units=units, other=(), extra=extra, same_domain=merged, cases=cases, records=total)
        case DifferenceMeasure(draw=planned):
            public = [one for one in ordered if one.draw is not None and one.draw.side is Side.PUBLIC]
            sealed = [one for one in ordered if one.draw is not None and one.draw.side is Side.SEALED]
            units, extra_public, merged = _drawn(public, planned, _AGAINST)
            other, extra_sealed, merged_sealed = _drawn(sealed, planned, _AMONG_PARTS)
            return Tally(
                units=units,
                other=other,
                extra=(*extra_public, *extra_sealed),
                same_domain=merged + merged_sealed,
                cases=cases,
                records=total,
            )
        case TimeMeasure(draw=planned) | AmountMeasure(of=planned):
            units, extra = _measured(ordered, planned, criterion.measure)
        case EveryMeasure(members=members):
            units, extra = _enumerated(ordered, members)
        case ChecklistMeasure(items=items):
            units, extra = _enumerated(ordered, [item.id for item in items])
        case AttestationMeasure(statements=statements):
            units, extra = _enumerated(ordered, [str(index + 1) for index in range(len(statements))])
    return Tally(units=units, other=(), extra=extra, same_domain=0, cases=cases, records=total)


def _count_case(cases: dict[str, CaseTally], record: Result) -> None:
    failed = record.outcome is Outcome.FAILED
    case = cases.get(record.case)
    if case is None:
        cases[record.case] = CaseTally(1, int(failed), record.outcome, record.case_sha256)
        return
    case.records += 1
    case.failed += failed
    if _AMONG_PARTS[record.outcome] < _AMONG_PARTS[case.outcome]:
        case.outcome = record.outcome


def _is_before(one: Result, other: Result) -> bool:
    """Whether `one` speaks for a probe rather than `other`: a total order, whatever the file's."""
    return _repeat_order(one) < _repeat_order(other)


def _repeat_order(record: Result) -> tuple[int, float, str, str]:
    number = -record.value.number if record.value is not None else 0.0
    return _AMONG_REPEATS[record.outcome], number, record.started, record.because


def _drawn(
    ordered: list[Result], planned: int, order: Mapping[Outcome, int]
) -> tuple[tuple[Unit, ...], tuple[Result, ...], int]:
    """The first `planned` domains in planned order; a position without a record takes a place, as untested.

    Only a second address of a domain that already counts takes no place: it is merged into the first, so that
    neither leaving it in nor leaving it out can help.
    """
    units: list[Unit] = []
    domains: dict[str, int] = {}
    extra: list[Result] = []
    merged = last = place = 0
    for record in ordered:
        draw = record.draw
        is_new = draw is not None and draw.position != last
        if draw is not None and is_new:
            missing = draw.position - last - 1
            units += [Unit(outcome=Outcome.UNTESTED, record=None)] * min(missing, planned - len(units))
            last = draw.position
            place = _place(domains, domain.host(draw.address), len(units), planned)
        if draw is None or place >= planned:
            extra.append(record)
        elif is_new and place == len(units):
            units.append(Unit(outcome=record.outcome, record=record))
        elif len(units) >= planned and is_new:
            extra.append(record)
        else:
            merged += 1
            if order[record.outcome] < order[units[place].outcome]:
                units[place] = Unit(outcome=record.outcome, record=record)
    units += [Unit(outcome=Outcome.UNTESTED, record=None)] * (planned - len(units))
    return tuple(units), tuple(extra), merged


def _place(domains: dict[str, int], host: str, free: int, planned: int) -> int:
    """Which unit the draw of `host` belongs to: its domain's, or else the next free one.

    The domain is worked out from the address asked for; what a record says of it is for readers only.
    """
    if free >= planned and domains.keys().isdisjoint(domain.parents(host)):
        return free  # beyond the plan, and of no domain that counts: a million times faster than asking which
    return domains.setdefault(domain.registrable(host), free)


def _enumerated(ordered: list[Result], members: Iterable[str]) -> tuple[tuple[Unit, ...], tuple[Result, ...]]:
    """One unit a member, named by a record's item or else its case; a stray counts unless it passed."""
    units = {member: Unit(outcome=Outcome.UNTESTED, record=None) for member in members}
    strays: list[Unit] = []
    extra: list[Result] = []
    for record in ordered:
        item = record.item or record.case.rpartition("/")[2]
        unit = units.get(item)
        if unit is None:
            if record.outcome in {Outcome.PASSED, Outcome.INAPPLICABLE}:
                extra.append(record)
            else:
                strays.append(Unit(outcome=record.outcome, record=record))
        elif unit.record is None or _AMONG_PARTS[record.outcome] < _AMONG_PARTS[unit.outcome]:
            units[item] = Unit(outcome=record.outcome, record=record, number=_number(record, "d"))
    return (*units.values(), *strays), tuple(extra)


def _measured(
    ordered: list[Result], planned: int, measure: Measure
) -> tuple[tuple[Unit, ...], tuple[Result, ...]]:
    """The first `planned` measurements; what passed with too large a number is a failure."""
    assert isinstance(measure, TimeMeasure | AmountMeasure)  # noqa: S101 - narrows the type for the caller
    units: list[Unit] = []
    extra: list[Result] = []
    for record in ordered:
        if record.position > planned:
            extra.append(record)
            continue
        number = _number(record, measure.unit)
        outcome = record.outcome
        if outcome is Outcome.PASSED:
            if number is None:
                outcome = Outcome.ERROR
            elif number > measure.at_most:
                outcome = Outcome.FAILED
        weight = record.value.of if record.value is not None else 1
        units.append(Unit(outcome=outcome, record=record, weight=weight, number=number))
    return tuple(units), tuple(extra)


def _number(record: Result, unit: str) -> float | None:
    """The record's number in `unit`; None where it has none, or one of another kind."""
    value = record.value
    if value is None:
        return None
    if value.unit == unit:
        return value.number
    if value.unit in _SECONDS and unit in _SECONDS:
        return value.number * _SECONDS[value.unit] / _SECONDS[unit]
    return None
