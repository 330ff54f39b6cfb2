"""The standard's YAML as values: one function for each kind of file.

Each takes a document that its schema has already accepted, so it looks up keys without asking again. Dead
references are left for `standard.lint`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .clause import AppliesWhen, Change, Clause, Edition, EnumeratedSet, Item, Reference, Section, Term
from .criterion import (
    AmountMeasure,
    AttestationMeasure,
    ChecklistMeasure,
    Criterion,
    DifferenceMeasure,
    EveryMeasure,
    Question,
    RateMeasure,
    TimeMeasure,
)
from .words import Evidence, Level, MeasureKind, Method, Module, Obligation, Offered, Stand, Statistic

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .criterion import Measure
    from .strict_yaml import Document


def clause(document: Document, sets: Mapping[str, EnumeratedSet]) -> Clause:
    """One clause; `sets` fills in the members its criteria enumerate."""
    data = document.data
    when = data["applies_when"]
    return Clause(
        id=data["id"],
        number=data["number"],
        title=data["title"],
        obligation=Obligation(data["obligation"]),
        since=data["since"],
        module=Module(data["module"]),
        critical=data["critical"],
        text=_folded(data["text"]),
        rationale=_folded(data["rationale"]),
        applies_when=AppliesWhen(
            stands=tuple(Stand(stand) for stand in when["stands"]),
            capability=when["capability"],
            offered=Offered(when["offered"]),
        ),
        assumptions=tuple(_folded(text) for text in data["assumptions"]),
        criteria=tuple(
            _criterion(entry, document.place("criteria", index), sets)
            for index, entry in enumerate(data["criteria"])
        ),
        interpretation=_folded(data.get("interpretation", "")),
        references=tuple(Reference(**entry) for entry in data["references"]),
        history=tuple(Change(**entry) for entry in data["history"]),
        place=document.place(),
    )


def enumerated_set(document: Document) -> EnumeratedSet:
    """One enumerated set."""
    data = document.data
    return EnumeratedSet(
        id=data["id"],
        title=data["title"],
        about=_folded(data.get("about", "")),
        items=tuple(
            Item(
                id=entry["id"],
                text=_folded(entry["text"]),
                stands=tuple(Stand(stand) for stand in entry.get("stands", ())),
                where_offered=entry.get("where_offered", ""),
            )
            for entry in data["items"]
        ),
        place=document.place(),
    )


def terms(document: Document, key: str) -> dict[str, Term]:
    """The populations or capabilities listed under `key`, by id."""
    return {
        entry["id"]: Term(
            id=entry["id"],
            title=entry["title"],
            definition=_folded(entry["definition"]),
            place=document.place(key, index),
        )
        for index, entry in enumerate(document.data[key])
    }


def edition(document: Document, sha256: str) -> Edition:
    """One edition; `sha256` is over all it selects."""
    data = document.data
    return Edition(
        id=data["id"],
        title=data["title"],
        status=data["status"],
        date=data["date"],
        summary=_folded(data["summary"]),
        stands={Stand(entry["id"]): _folded(entry["text"]) for entry in data["stands"]},
        settings={entry["id"]: _folded(entry["text"]) for entry in data["settings"]},
        sections=tuple(
            Section(number=entry["number"], title=entry["title"], module=Module(entry["module"]))
            for entry in data["sections"]
        ),
        clauses=tuple(data["clauses"]),
        sha256=sha256,
        place=document.place(),
    )


def _criterion(data: Mapping[str, Any], place: str, sets: Mapping[str, EnumeratedSet]) -> Criterion:
    return Criterion(
        id=data["id"],
        text=_folded(data["text"]),
        method=Method(data["method"]),
        level=Level(data["level"]),
        evidence=Evidence(data["evidence"]),
        measure=_measure(data["measure"], sets),
        place=place,
    )


def _measure(data: Mapping[str, Any], sets: Mapping[str, EnumeratedSet]) -> Measure:
    match MeasureKind(data["kind"]):
        case (MeasureKind.RATE_AT_LEAST | MeasureKind.RATE_AT_MOST) as kind:
            return RateMeasure(
                kind=kind,
                population=data["population"],
                threshold=data["at_least" if kind is MeasureKind.RATE_AT_LEAST else "at_most"],
                confidence=data["confidence"],
                draw=data["draw"],
                misses=data["misses"],
            )
        case (MeasureKind.EVERY | MeasureKind.AT_MOST_FAILING) as kind:
            return _every(data, kind, sets)
        case MeasureKind.DIFFERENCE_AT_MOST:
            return DifferenceMeasure(**_without_kind(data))
        case MeasureKind.TIME_AT_MOST:
            return TimeMeasure(
                statistic=Statistic(data["statistic"]),
                q=data.get("q", 0.5),
                at_most=data["at_most"],
                unit=data["unit"],
                draw=data["draw"],
                confidence=data["confidence"],
            )
        case MeasureKind.AMOUNT_AT_MOST:
            return AmountMeasure(**_without_kind(data))
        case MeasureKind.CHECKLIST:
            items = (Question(id=item["id"], question=_folded(item["question"])) for item in data["items"])
            return ChecklistMeasure(items=tuple(items))
        case MeasureKind.ATTESTATION:
            statements = tuple(_folded(text) for text in data["statements"])
            return AttestationMeasure(statements=statements, max_age_days=data["max_age_days"])


def _every(data: Mapping[str, Any], kind: MeasureKind, sets: Mapping[str, EnumeratedSet]) -> EveryMeasure:
    set_id = data.get("set", "")
    found = sets.get(set_id)
    members = tuple(item.id for item in found.items) if found else tuple(data.get("of", ()))
    return EveryMeasure(kind=kind, members=members, set_id=set_id, failing=data.get("failing", 0))


def _without_kind(data: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in data.items() if key != "kind"}


def _folded(text: str) -> str:
    """Text with its line breaks and runs of blanks as single blanks, paragraphs kept."""
    return "\n\n".join(" ".join(part.split()) for part in text.strip().split("\n\n"))
