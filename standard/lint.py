"""Whether the parts of the standard fit each other, and whether a stranger could decide every criterion.

Works on a loaded catalogue and on the suite's index of cases, which is passed in. Reports everything at once;
changes nothing.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import measure
from .criterion import ChecklistMeasure, DifferenceMeasure, EveryMeasure, RateMeasure, TimeMeasure
from .errors import Problem
from .words import Evidence, MeasureKind, Method, Module, Obligation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .catalogue import Catalogue
    from .clause import Clause
    from .criterion import Criterion

_UNSURE = re.compile(
    r"(?<![-\w])(adequate|adequately|appropriate|appropriately|reasonable|reasonably|sufficient|sufficiently"
    r"|suitable|suitably|user-friendly|promptly|timely|soon|quickly|normally|usually|generally"
    r"|where possible|as far as possible|where practicable|best effort|state of the art|and/or|etc\.)"
    r"(?![-\w])",
    re.IGNORECASE,
)
_NUMERIC = (RateMeasure, DifferenceMeasure, TimeMeasure, EveryMeasure)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What lint needs to know of a case of the suite: its id, its criterion, and where it is written."""

    id: str
    criterion: str
    place: str


def check(catalogue: Catalogue, cases: Iterable[Case] | None = None) -> list[Problem]:
    """Everything that does not fit, in the order of clauses.

    Args:
        catalogue: the loaded standard.
        cases: the suite's index; None leaves coverage unasked.
    """
    problems = [*_numbers(catalogue), *_editions(catalogue), *_same_words(catalogue)]
    for clause in catalogue.clauses.values():
        problems.extend(_clause(clause, catalogue))
        for criterion in clause.criteria:
            problems.extend(_criterion(criterion, clause, catalogue))
    problems.extend(_unused(catalogue))
    if cases is not None:
        problems.extend(_coverage(catalogue, list(cases)))
    return problems


def _clause(clause: Clause, catalogue: Catalogue) -> Iterator[Problem]:
    words = re.findall(rf"\b{clause.obligation}\b", clause.text)
    if len(words) != 1:
        yield _problem(
            "obligation-word",
            clause.place,
            f"The text of {clause.id} must say {clause.obligation.value!r} exactly once; "
            f"it says it {len(words)} times.",
            "Write one sentence; move a second requirement into a clause of its own.",
        )
    for other in Obligation:
        if other is not clause.obligation and re.search(rf"\b{other}\b", clause.text):
            yield _problem(
                "obligation-word",
                clause.place,
                f"The text of {clause.id} says {other.value!r}, but its obligation is "
                f"{clause.obligation.value!r}.",
                "Use one of the two words.",
            )
    if not any(isinstance(criterion.measure, _NUMERIC) for criterion in clause.criteria):
        yield from _unsure(clause.text, clause.place, f"The text of {clause.id}")
    capability = clause.applies_when.capability
    if capability is not None and capability not in catalogue.capabilities:
        yield _dead(clause.place, "capability", capability, catalogue.capabilities)
    if capability is None and clause.applies_when.offered != "required":
        yield _problem(
            "offered-without-capability",
            clause.place,
            f"{clause.id} applies only where something is {clause.applies_when.offered}, "
            "and does not say what.",
            "Name the capability, or write `offered: required`.",
        )
    if not clause.applies_when.stands and clause.module is not Module.SOCIAL_NETWORKING:
        yield _problem(
            "no-stand", clause.place, f"{clause.id} names no stand, so it reaches nobody.", "Name the stands."
        )
    editions = {clause.since, *(change.edition for change in clause.history)}
    for edition in sorted(editions - set(catalogue.editions)):
        yield _dead(clause.place, "edition", edition, catalogue.editions)


def _criterion(criterion: Criterion, clause: Clause, catalogue: Catalogue) -> Iterator[Problem]:
    if criterion.id.partition("/")[0] != clause.id:
        yield _problem(
            "foreign-criterion",
            criterion.place,
            f"{criterion.id} stands in {clause.id}, but its id begins with another clause.",
            f"Call it {clause.id}/{criterion.id.partition('/')[2]}.",
        )
    yield from _unsure(criterion.text, criterion.place, f"The criterion {criterion.id}")
    yield from _method(criterion)
    match criterion.measure:
        case RateMeasure() as rate:
            if rate.population not in catalogue.populations:
                yield _dead(criterion.place, "population", rate.population, catalogue.populations)
            yield from _misses(criterion, rate)
        case DifferenceMeasure() as difference:
            if difference.population not in catalogue.populations:
                yield _dead(criterion.place, "population", difference.population, catalogue.populations)
        case EveryMeasure() as every:
            if every.set_id and every.set_id not in catalogue.sets:
                yield _dead(criterion.place, "set", every.set_id, catalogue.sets)
            elif every.failing >= len(every.members):
                yield _problem(
                    "nothing-asked",
                    criterion.place,
                    f"{criterion.id} lets {every.failing} of {len(every.members)} fail: nothing is asked.",
                    "Lower `failing`.",
                )
        case TimeMeasure() as time:
            if measure.upper_rank(time.draw, time.q, time.confidence) is None:
                yield _problem(
                    "draw-too-small",
                    criterion.place,
                    f"{time.draw} times can't bound the {time.q:g} quantile "
                    f"with confidence {time.confidence:g}.",
                    "Raise `draw`.",
                )
        case ChecklistMeasure() as checklist:
            for item in checklist.items:
                yield from _unsure(item.question, criterion.place, f"The question {item.id!r}")
        case _:
            pass


def _method(criterion: Criterion) -> Iterator[Problem]:
    kind = criterion.measure.kind
    rate_like = kind in {MeasureKind.RATE_AT_LEAST, MeasureKind.RATE_AT_MOST, MeasureKind.DIFFERENCE_AT_MOST}
    match criterion.method:
        case Method.INSPECTION if kind is not MeasureKind.CHECKLIST:
            cause, hint = (
                "is inspected, but has no yes/no checklist.",
                "Write `measure: {kind: checklist, …}`.",
            )
        case Method.ATTESTATION if kind is not MeasureKind.ATTESTATION:
            cause, hint = "is attested, but names no statements.", "Write `measure: {kind: attestation, …}`."
        case Method.AUTOMATED if kind in {MeasureKind.CHECKLIST, MeasureKind.ATTESTATION}:
            cause, hint = f"is automated, but measured by {kind.value}.", "Change the method or the measure."
        case Method.AUTOMATED if criterion.evidence is Evidence.NONE:
            cause, hint = "is automated, but needs no evidence.", "Write `evidence: drawn` or `written`."
        case Method.AUTOMATED if rate_like is not (criterion.evidence is Evidence.DRAWN) and (
            rate_like or kind is not MeasureKind.TIME_AT_MOST
        ):
            cause = f"is measured by {kind.value} over {criterion.evidence.value} cases."
            hint = "Rates are drawn; sets are written; the two are never mixed."
        case _:
            return
    yield _problem("method", criterion.place, f"{criterion.id} {cause}", hint)


def _misses(criterion: Criterion, rate: RateMeasure) -> Iterator[Problem]:
    most = measure.most_misses(rate.draw, rate.miss_rate, rate.confidence)
    if most < 0:
        least = measure.least_draws(0, rate.miss_rate, rate.confidence)
        yield _problem(
            "draw-too-small",
            criterion.place,
            f"{criterion.id} draws {rate.draw}, too few to show {rate.threshold:g} even without a miss.",
            f"Draw at least {least}.",
        )
    elif rate.misses != most:
        yield _problem(
            "misses-arithmetic",
            criterion.place,
            f"{criterion.id} allows {rate.misses} misses of {rate.draw}; the bound allows {most}.",
            f"Write `misses: {most}`, or change draw, threshold or confidence.",
        )


def _unsure(text: str, place: str, what: str) -> Iterator[Problem]:
    for found in _UNSURE.finditer(text):
        yield _problem(
            "unsure-wording",
            place,
            f"{what} says {found.group(0)!r}, which two people would read differently.",
            "Say the number, the list or the event instead.",
        )


def _numbers(catalogue: Catalogue) -> Iterator[Problem]:
    taken: dict[str, Clause] = {}
    for clause in catalogue.clauses.values():
        first = taken.setdefault(clause.number, clause)
        if first is not clause:
            cause = f"The number {clause.number} of {clause.id} is already {first.id}'s ({first.place})."
            yield _problem("duplicate-number", clause.place, cause, "Give one of the two another number.")


def _editions(catalogue: Catalogue) -> Iterator[Problem]:
    for edition in catalogue.editions.values():
        for clause_id in edition.clauses:
            clause = catalogue.clauses.get(clause_id)
            if clause is None:
                yield _dead(edition.place, "clause", clause_id, catalogue.clauses)
            elif not edition.section_of(clause):
                cause = f"No section of edition {edition.id} fits the number {clause.number} of {clause_id}."
                yield _problem("no-section", edition.place, cause, "Add the section, or mend the number.")
    held = {clause_id for edition in catalogue.editions.values() for clause_id in edition.clauses}
    for clause in catalogue.clauses.values():
        if clause.id not in held:
            cause = f"No edition selects {clause.id}."
            yield _problem("clause-without-edition", clause.place, cause, "Add it to an edition.")


def _same_words(catalogue: Catalogue) -> Iterator[Problem]:
    said: dict[str, Criterion] = {}
    for criterion in catalogue.criteria.values():
        key = " ".join(re.findall(r"\w+", criterion.text.lower()))
        first = said.setdefault(key, criterion)
        if first is not criterion:
            cause = f"{criterion.id} says the same as {first.id} ({first.place})."
            yield _problem("same-criterion", criterion.place, cause, "Say what is different, or drop one.")


def _unused(catalogue: Catalogue) -> Iterator[Problem]:
    measures = [criterion.measure for criterion in catalogue.criteria.values()]
    sets = {one.set_id for one in measures if isinstance(one, EveryMeasure)}
    populations = {one.population for one in measures if isinstance(one, RateMeasure | DifferenceMeasure)}
    for found in catalogue.sets.values():
        if found.id not in sets:
            cause = f"No criterion asks for the set {found.id}."
            yield _problem("unused-set", found.place, cause, "Use it or take it out.")
        for item in found.items:
            if item.where_offered and item.where_offered not in catalogue.capabilities:
                yield _dead(found.place, "capability", item.where_offered, catalogue.capabilities)
    for term in catalogue.populations.values():
        if term.id not in populations:
            cause = f"No criterion draws from {term.id}."
            yield _problem("unused-population", term.place, cause, "Use it or take it out.")


def _coverage(catalogue: Catalogue, cases: list[Case]) -> Iterator[Problem]:
    by_criterion: defaultdict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by_criterion[case.criterion].append(case)
        if case.criterion not in catalogue.criteria:
            yield _dead(case.place, "criterion", case.criterion, catalogue.criteria)
    for criterion in catalogue.criteria.values():
        if criterion.is_automated and not by_criterion.get(criterion.id):
            cause = f"No case examines {criterion.id}."
            yield _problem("criterion-without-case", criterion.place, cause, "Write a case for it.")


def _dead(place: str, what: str, name: str, known: Iterable[str]) -> Problem:
    close = difflib.get_close_matches(name, list(known), n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"Define the {what}, or mend the name."
    return _problem(f"unknown-{what}", place, f"There is no {what} {name!r}.", hint)


def _problem(code: str, place: str, cause: str, hint: str) -> Problem:
    return Problem(code=code, place=place, cause=cause, hint=hint)
