"""Puts an edition together as a document: front matter, clauses by section, annexes."""

from __future__ import annotations

from itertools import groupby
from string import ascii_lowercase
from typing import TYPE_CHECKING, Any

from standard.criterion import (
    AttestationMeasure,
    ChecklistMeasure,
    DifferenceMeasure,
    EveryMeasure,
    RateMeasure,
    phrase,
)
from standard.schema import FileKind
from standard.words import Level, Method, Module, Obligation

from .annexes import annexes
from .blocks import Block, Chapter, ClauseBlock, CriterionBlock, Document, Heading, Paragraph, Table, folded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from standard.catalogue import Catalogue
    from standard.clause import Clause, Edition
    from standard.criterion import Criterion


def compose(known: Catalogue, edition: Edition) -> Document:
    """The whole document of `edition`, out of the standard that holds it."""
    clauses = known.selected(edition)
    return Document(
        edition=edition.id,
        title=edition.title,
        status=edition.status,
        date=edition.date,
        summary=folded(edition.summary),
        sha256=edition.sha256,
        counts=_counts(clauses),
        chapters=(
            *_front(known.matter.get(FileKind.FRONT), edition, clauses),
            *_body(clauses, edition),
            *annexes(known),
        ),
    )


def _counts(clauses: tuple[Clause, ...]) -> tuple[tuple[str, str], ...]:
    criteria = [criterion for clause in clauses for criterion in clause.criteria]
    automated = sum(criterion.is_automated for criterion in criteria)
    shall = sum(clause.obligation is Obligation.SHALL for clause in clauses)
    return (
        (str(len(clauses)), "clauses"),
        (str(shall), "of them shall"),
        (str(len(criteria)), "criteria"),
        (str(automated), "of them automated"),
    )


def _front(
    front: Mapping[str, Any] | None, edition: Edition, clauses: tuple[Clause, ...]
) -> Iterator[Chapter]:
    """The chapters before the clauses; none where the standard has no front matter."""
    if front is None:
        return
    foreword = _paragraphs(front["foreword"])
    yield Chapter(number="", title="Foreword", anchor="foreword", blocks=foreword, nature="informative")
    places = {**{stand.value: text for stand, text in edition.stands.items()}, **edition.settings}
    stands = Table(
        caption="The stands, and the settings in which products are used.",
        head=("Name", "Meaning"),
        rows=tuple((name, folded(text)) for name, text in places.items()),
        widths=(1, 3),
    )
    yield Chapter(number="1", title="Scope", anchor="scope", blocks=(*_paragraphs(front["scope"]), stands))
    yield Chapter(
        number="2",
        title="How to read a clause; texts referred to",
        anchor="reading",
        blocks=(*_paragraphs(front["reading"]), _references(clauses)),
    )
    terms = Table(
        caption="",
        head=("Term", "Meaning"),
        rows=tuple((entry["term"], entry["meaning"]) for entry in front["terms"]),
        widths=(1, 3),
        anchors=tuple(f"term-{entry['term'].replace(' ', '-')}" for entry in front["terms"]),
    )
    yield Chapter(number="3", title="Terms", anchor="terms", blocks=(terms,))


def _paragraphs(texts: Iterable[str]) -> tuple[Paragraph, ...]:
    return tuple(Paragraph(text=folded(text)) for text in texts)


def _references(clauses: tuple[Clause, ...]) -> Table:
    beside: dict[str, list[str]] = {}
    for clause in clauses:
        for one in clause.references:
            beside.setdefault(one.source, []).append(clause.number)
    return Table(
        caption="Texts that clauses stand beside. None of their words are used.",
        head=("Text", "Clauses"),
        rows=tuple((source, ", ".join(dict.fromkeys(numbers))) for source, numbers in sorted(beside.items())),
        widths=(1, 1.6),
    )


def _body(clauses: tuple[Clause, ...], edition: Edition) -> Iterator[Chapter]:
    titles = {section.number: section.title for section in edition.sections}
    for number, members in groupby(clauses, key=lambda clause: clause.number.partition(".")[0]):
        held = tuple(members)
        title = titles.get(number) or edition.section_of(held[0]) or f"Section {number}"
        blocks: list[Block] = []
        if held[0].module is not Module.CORE:
            blocks.append(
                Paragraph(text="*This section is an optional module: it binds only those who claim it.*")
            )
        for part, inside in groupby(held, key=lambda clause: clause.number.rpartition(".")[0]):
            if part != number and part in titles:
                blocks.append(Heading(number=part, title=titles[part], anchor=f"section-{part}"))
            blocks += [_clause(clause) for clause in inside]
        yield Chapter(number=number, title=title, anchor=f"section-{number}", blocks=tuple(blocks))


def _clause(clause: Clause) -> ClauseBlock:
    when = clause.applies_when
    reaches = ", ".join(when.stands) or "whoever claims the module"
    if when.capability:
        reaches += f"; capability {when.capability}, {when.offered.replace('-', ' ')}"
    beside = "; ".join(f"{one.source}, {one.place}" for one in clause.references)
    notes = [("Why", clause.rationale), ("Reaches", reaches)]
    notes += [("Assumes", " ".join(clause.assumptions))] if clause.assumptions else []
    notes += [("Read as", clause.interpretation)] if clause.interpretation else []
    notes += [("Beside", beside)] if beside else []
    return ClauseBlock(
        id=clause.id,
        number=clause.number,
        title=clause.title,
        obligation=clause.obligation,
        is_critical=clause.critical,
        text=clause.text,
        notes=tuple((label, folded(text)) for label, text in notes),
        criteria=tuple(
            _criterion(criterion, letter)
            for letter, criterion in zip(ascii_lowercase, clause.criteria, strict=False)
        ),
    )


def _criterion(criterion: Criterion, letter: str) -> CriterionBlock:
    tags = [criterion.method.value]
    tags += [criterion.evidence.value] if criterion.method is Method.AUTOMATED else []
    tags += ["plus"] if criterion.level is Level.PLUS else []
    details: tuple[str, ...] = ()
    see: tuple[str, str] | None = None
    match criterion.measure:
        case RateMeasure() | DifferenceMeasure():
            population = criterion.measure.population
            see = (f"population-{population}", f"Annex B: {population}")
        case EveryMeasure(set_id=set_id) if set_id:
            see = (f"set-{set_id}", f"Annex D: {set_id}")
        case ChecklistMeasure(items=items):
            details = tuple(item.question for item in items)
        case AttestationMeasure(statements=statements):
            details = statements
        case _:
            pass
    return CriterionBlock(
        id=criterion.id,
        letter=letter,
        text=criterion.text,
        asked=phrase(criterion.measure),
        tags=tuple(tags),
        details=details,
        see=see,
    )
