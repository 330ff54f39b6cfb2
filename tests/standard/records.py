"""Records, criteria and small standards made in a line, for the tests of the grading."""

from __future__ import annotations

from copy import replace
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from standard import catalogue, grade
from standard.clause import AppliesWhen, Clause, Edition
from standard.criterion import (
    AmountMeasure,
    ChecklistMeasure,
    Criterion,
    DifferenceMeasure,
    EveryMeasure,
    Measure,
    Question,
    RateMeasure,
    TimeMeasure,
)
from standard.decision import decide
from standard.facts import Product
from standard.record import Draw, Footer, Header, Result, Value
from standard.tally import put_together
from standard.words import (
    Evidence,
    Level,
    MeasureKind,
    Method,
    Module,
    Obligation,
    Offered,
    Outcome,
    Seal,
    Side,
    Stand,
    Statistic,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from standard.clause import EnumeratedSet
    from standard.report import Report


P, F, E, C, U = Outcome.PASSED, Outcome.FAILED, Outcome.ERROR, Outcome.CANNOT_TELL, Outcome.UNTESTED
RATE = RateMeasure(
    kind=MeasureKind.RATE_AT_LEAST, population="x", threshold=0.8, confidence=0.95, draw=22, misses=1
)
EVERY = EveryMeasure(kind=MeasureKind.EVERY, members=("a", "b", "c"), set_id="s")
SOME = EveryMeasure(kind=MeasureKind.AT_MOST_FAILING, members=("a", "b", "c"), set_id="s", failing=1)
MEDIAN = TimeMeasure(statistic=Statistic.MEDIAN, q=0.5, at_most=50, unit="ms", draw=20, confidence=0.95)
AMOUNT = AmountMeasure(quantity="bytes after it", unit="bytes", at_most=1024, of=4)
GAP = DifferenceMeasure(population="x", points=5, upper_points=10, confidence=0.95, draw=200)


def criterion(measure: Measure, method: Method = Method.AUTOMATED, **changes: object) -> Criterion:
    made = Criterion(
        id="content.thing/it",
        text="It is so.",
        method=method,
        level=Level.BASIC,
        evidence=Evidence.WRITTEN,
        measure=measure,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def record(outcome: Outcome, *, case: str = "content.thing/it/case", **more: object) -> Result:
    made = Result(
        case=case,
        case_sha256="d" * 64,
        criterion="content.thing/it",
        outcome=outcome,
        because="Seen.",
        started="2026-11-21T16:00:01Z",
        milliseconds=1,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def drawn(position: int, outcome: Outcome, domain: str = "", side: Side | None = None) -> Result:
    name = domain or f"d{position}{side or ''}.example"
    return record(
        outcome, draw=Draw(position=position, address=f"http://w{position}.{name}/", domain=name, side=side)
    )


def draws(*outcomes: Outcome) -> list[Result]:
    return [drawn(position + 1, outcome) for position, outcome in enumerate(outcomes)]


def verdict(measure: Measure, records: list[Result]) -> Verdict:
    one = criterion(measure)
    return decide(one, put_together(one, records)).verdict


def times(*numbers: float, unit: str = "ms") -> list[Result]:
    return [
        record(P, position=index + 1, value=Value(number=number, unit=unit))
        for index, number in enumerate(numbers)
    ]


def sides(public: int, sealed: int, done: int = 200) -> list[Result]:
    """`done` draws a side, of which so many passed."""
    return [
        drawn(position + 1, P if position < passed else F, side=side)
        for side, passed in ((Side.PUBLIC, public), (Side.SEALED, sealed))
        for position in range(done)
    ]


def clause(number: str, *criteria: Criterion, **changes: object) -> Clause:
    name = f"content.c{number.replace('.', '-')}"
    made = Clause(
        id=name,
        number=number,
        title="A clause",
        obligation=Obligation.SHALL,
        since="2026.1",
        module=Module.CORE,
        critical=False,
        text="It shall.",
        rationale="So.",
        applies_when=AppliesWhen(stands=(Stand.GATEWAY,), capability="knob", offered=Offered.REQUIRED),
        assumptions=(),
        criteria=tuple(replace(one, id=f"{name}/{i}") for i, one in enumerate(criteria)),
        interpretation="",
        references=(),
        history=(),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


INSPECTED = criterion(ChecklistMeasure(items=(Question(id="q", question="Is it?"),)), Method.INSPECTION)


HEADER = Header(
    run="r",
    edition="2026.1",
    edition_sha256="a" * 64,
    product=Product(id="p", name="P", version="1"),
    stand=Stand.GATEWAY,
    level=Level.BASIC,
    seal=Seal.NAMESPACE,
    how="sealed",
    seed="s",
    cases="c" * 64,
    started="2026-11-21T16:00:00Z",
)
FOOTER = Footer(results=0, finished="2026-11-21T17:00:00Z")


def known(*clauses: Clause, sets: Iterable[EnumeratedSet] = ()) -> catalogue.Catalogue:
    """A standard of these clauses; the one capability in it is `knob`."""
    edition = Edition(
        id="2026.1",
        title="Edition",
        status="draft",
        date="2026-11-21",
        summary="",
        stands={},
        settings={},
        sections=(),
        clauses=tuple(one.id for one in clauses),
        sha256="a" * 64,
    )
    return catalogue.Catalogue(
        clauses={one.id: one for one in clauses},
        sets={found.id: found for found in sets},
        populations={},
        capabilities={"knob": None},  # type: ignore[dict-item]
        editions={"2026.1": edition},
        criteria={one.id: one for each in clauses for one in each.criteria},
        owners={},
    )


def assess(
    *clauses: Clause,
    records: list[Result] | None = None,
    finished: bool = True,
    sets: Iterable[EnumeratedSet] = (),
    statement: dict[str, object] | None = None,
    **changes: object,
) -> Report:
    header = replace(HEADER, statement=statement, **changes)  # type: ignore[arg-type]
    footer = FOOTER if finished else None
    return grade.grade(header, records or [], known(*clauses, sets=sets), footer=footer)


def all_pass(one: Clause, index: int = 0) -> list[Result]:
    return [record(P, item=item, criterion=one.criteria[index].id) for item in "abc"]


def statement(*lacks: str) -> dict[str, object]:
    return {
        "format": 1,
        "product": {"id": "p", "name": "P", "vendor": "V"},
        "audience": "All.",
        "stands": ["gateway"],
        "offers": [],
        "lacks": [{"capability": name, "because": "No."} for name in lacks],
    }


words = st.text(st.characters(codec="utf-8"), max_size=40)
results = st.builds(
    Result,
    case=st.just("a/b"),
    case_sha256=st.just("e" * 64),
    criterion=st.just("content.gambling/known-sites"),
    outcome=st.sampled_from(list(Outcome)),
    because=words,
    started=st.just("2026-11-21T16:00:01.25Z"),
    milliseconds=st.floats(0, 1e6),
    draw=st.none()
    | st.builds(
        Draw,
        position=st.integers(1, 9),
        address=st.just("http://a.example/"),
        domain=st.just("a.example"),
        side=st.none() | st.sampled_from(list(Side)),
    ),
    item=st.sampled_from(["", "meta"]),
    value=st.none() | st.builds(Value, number=st.integers(-9, 9), unit=st.just("ms"), of=st.integers(1, 5)),
    asked=words,
    expected=st.lists(words, max_size=2).map(tuple),
    observed=st.dictionaries(words, st.integers() | words, max_size=3),
    reproduce=words,
)
