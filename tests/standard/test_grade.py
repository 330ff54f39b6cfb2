"""Grading: what each combination of records comes to, and the algebra that no combination breaks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standard import catalogue, grade
from standard.clause import AppliesWhen, Clause, Edition, EnumeratedSet, Item
from standard.criterion import (
    AmountMeasure,
    AttestationMeasure,
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
from standard.errors import StairgateError
from standard.facts import Product
from standard.record import Draw, Footer, Header, Result, Value
from standard.tally import put_together
from standard.words import (
    Evidence,
    Grade,
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
    import random
    from collections.abc import Iterable

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


def test_a_skipped_position_is_not_filled_by_a_later_draw() -> None:
    """Else a product's bad answers could be left out and good ones drawn instead."""
    records = [one for one in draws(*[P] * 30) if one.draw and one.draw.position != 7]
    assert verdict(RATE, records) is Verdict.NOT_SHOWN


def test_a_second_address_of_a_domain_does_not_count_and_the_next_draw_does() -> None:
    records = [*draws(*[P] * 21), drawn(22, P, "d1.example"), drawn(23, P)]
    one = criterion(RATE)
    tally = put_together(one, records)
    assert (tally.same_domain, len(tally.units), tally.extra) == (1, 22, ())
    assert verdict(RATE, records) is Verdict.SATISFIED
    assert verdict(RATE, records[:-1]) is Verdict.NOT_SHOWN


def test_a_failure_at_a_second_address_of_a_domain_is_the_domains_failure() -> None:
    records = [*draws(F, *[P] * 20), drawn(22, F, "d2.example"), drawn(23, P)]
    assert verdict(RATE, records) is Verdict.NOT_SATISFIED


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


def test_a_member_with_two_cases_needs_both() -> None:
    records = [record(P, item=item) for item in "abc"]
    assert verdict(EVERY, [*records, record(F, item="a", case="x/other")]) is Verdict.NOT_SATISFIED
    assert verdict(EVERY, [*records, record(C, item="a", case="x/other")]) is Verdict.NOT_SHOWN


def test_a_case_named_after_a_member_needs_no_item() -> None:
    records = [record(P, case=f"content.thing/it/{item}") for item in "abc"]
    assert verdict(EVERY, records) is Verdict.SATISFIED


def test_a_repeated_probe_is_decided_once_and_a_failure_stands() -> None:
    """Repeating what could not be told is fair; repeating a failure until it passes is not."""
    records = [record(P, item=item) for item in "abc"]
    assert verdict(EVERY, [*records, record(C, item="a")]) is Verdict.SATISFIED
    assert verdict(EVERY, [*records, record(F, item="a")]) is Verdict.NOT_SATISFIED


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [((P, P, F), Verdict.SATISFIED), ((P, F, F), Verdict.NOT_SATISFIED), ((P, P, C), Verdict.NOT_SHOWN)],
)
def test_at_most_failing_lets_so_many_fail(outcomes: tuple[Outcome, ...], expected: Verdict) -> None:
    records = [record(outcome, item=item) for item, outcome in zip("abc", outcomes, strict=True)]
    assert verdict(SOME, records) is expected


def times(*numbers: float, unit: str = "ms") -> list[Result]:
    return [
        record(P, position=index + 1, value=Value(number=number, unit=unit))
        for index, number in enumerate(numbers)
    ]


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


def sides(public: int, sealed: int, done: int = 200) -> list[Result]:
    """`done` draws a side, of which so many passed."""
    return [
        drawn(position + 1, P if position < passed else F, side=side)
        for side, passed in ((Side.PUBLIC, public), (Side.SEALED, sealed))
        for position in range(done)
    ]


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


# ---- the algebra ----

RANK = {Verdict.NOT_SATISFIED: 0, Verdict.NOT_SHOWN: 1, Verdict.SATISFIED: 2}
any_outcome = st.sampled_from([P, P, P, P, F, E, C, U])
drawn_records = st.lists(
    st.tuples(any_outcome, st.integers(1, 40), st.integers(1, 30)), max_size=60, unique_by=lambda one: one[1]
).map(lambda rows: [drawn(position, outcome, f"d{domain}.example") for outcome, position, domain in rows])
written_records = st.lists(
    st.tuples(any_outcome, st.sampled_from(["a", "b", "c", "z"]), st.integers(1, 2))
).map(lambda rows: [record(outcome, item=item, case=f"x/{case}") for outcome, item, case in rows])
timed_records = st.lists(st.tuples(any_outcome, st.integers(1, 24), st.integers(30, 70)), max_size=40).map(
    lambda rows: [
        record(outcome, position=position, value=Value(number=number, unit="ms"))
        for outcome, position, number in rows
    ]
)
cases = st.one_of(
    st.tuples(st.just(RATE), drawn_records),
    st.tuples(st.sampled_from([EVERY, SOME]), written_records),
    st.tuples(st.just(MEDIAN), timed_records),
)


@given(cases, st.randoms(use_true_random=False))
def test_order_does_not_matter(case: tuple[Measure, list[Result]], chance: random.Random) -> None:
    measure, records = case
    shuffled = chance.sample(records, len(records))
    one = criterion(measure)
    assert decide(one, put_together(one, records)) == decide(one, put_together(one, shuffled))


@given(cases, st.data())
def test_turning_a_pass_into_a_failure_never_improves(
    case: tuple[Measure, list[Result]], data: st.DataObject
) -> None:
    measure, records = case
    passed = [index for index, one in enumerate(records) if one.outcome is P]
    if passed:
        index = data.draw(st.sampled_from(passed))
        worse = [*records[:index], replace(records[index], outcome=F), *records[index + 1 :]]
        assert RANK[verdict(measure, worse)] <= RANK[verdict(measure, records)]


@given(cases, st.data())
def test_turning_a_pass_into_anything_undecided_never_improves(
    case: tuple[Measure, list[Result]], data: st.DataObject
) -> None:
    """A pass here is a pass in deed: a time over the limit is a failure, whatever its record says."""
    measure, records = case
    passed = [
        index
        for index, one in enumerate(records)
        if one.outcome is P and (one.value is None or one.value.number <= MEDIAN.at_most)
    ]
    if passed:
        index = data.draw(st.sampled_from(passed))
        other = data.draw(st.sampled_from([E, C, U, Outcome.INAPPLICABLE]))
        worse = [*records[:index], replace(records[index], outcome=other), *records[index + 1 :]]
        assert RANK[verdict(measure, worse)] <= RANK[verdict(measure, records)]


@given(drawn_records, st.lists(st.tuples(any_outcome, st.integers(1, 30)), min_size=40, max_size=40))
def test_completing_the_planned_draws_never_mends_what_is_not_satisfied(
    records: list[Result], rest: list[tuple[Outcome, int]]
) -> None:
    """Whatever the missing draws turn out to be, of whatever domain."""
    done = {one.draw.position for one in records if one.draw}
    completed = [
        *records,
        *(
            drawn(position, outcome, f"d{domain}.example")
            for position, (outcome, domain) in enumerate(rest, start=1)
            if position not in done
        ),
    ]
    if verdict(RATE, records) is Verdict.NOT_SATISFIED:
        assert verdict(RATE, completed) is Verdict.NOT_SATISFIED


@given(st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.integers(0, 40), st.data())
def test_completing_both_sides_never_mends_a_gap(a: int, b: int, c: int, d: int, data: st.DataObject) -> None:
    measure = replace(GAP, draw=80)
    outcomes = {Side.PUBLIC: [P] * a + [F] * b, Side.SEALED: [P] * c + [F] * d}
    begun = [drawn(i + 1, o, side=side) for side, some in outcomes.items() for i, o in enumerate(some)]
    rest = [
        drawn(i + 1, data.draw(any_outcome), side=side)
        for side, some in outcomes.items()
        for i in range(len(some), 80)
    ]
    if verdict(measure, begun) is Verdict.NOT_SATISFIED:
        assert verdict(measure, begun + rest) is Verdict.NOT_SATISFIED


# ---- whole reports ----


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


def assess(
    *clauses: Clause,
    records: list[Result] | None = None,
    finished: bool = True,
    sets: Iterable[EnumeratedSet] = (),
    statement: dict[str, object] | None = None,
    **changes: object,
) -> Report:
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
    known = catalogue.Catalogue(
        clauses={one.id: one for one in clauses},
        sets={found.id: found for found in sets},
        populations={},
        capabilities={"knob": None},  # type: ignore[dict-item]
        editions={"2026.1": edition},
        criteria={one.id: one for each in clauses for one in each.criteria},
        owners={},
    )
    header = Header(
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
        statement=statement,
    )
    footer = Footer(results=0, finished="2026-11-21T17:00:00Z") if finished else None
    return grade.grade(replace(header, **changes), records or [], known, footer=footer)  # type: ignore[arg-type]


def all_pass(one: Clause, index: int = 0) -> list[Result]:
    return [record(P, item=item, criterion=one.criteria[index].id) for item in "abc"]


def test_a_satisfied_run_says_so_and_what_it_does_not_say() -> None:
    one = clause("4.1", criterion(EVERY), INSPECTED)
    report = assess(one, records=all_pass(one))
    assert report.verdict is Verdict.SATISFIED
    assert report.sentence == "1 of 1 shall clauses satisfied."
    assert "supported by this evidence, not proven" in report.caveat
    assert [missing.criterion for missing in report.not_examined] == ["content.c4-1/1"]
    assert report.clauses[0].not_examined == 1


def test_an_unfinished_run_is_never_satisfied() -> None:
    one = clause("4.1", criterion(EVERY))
    report = assess(one, records=all_pass(one), finished=False)
    assert (report.verdict, report.is_complete) == (Verdict.NOT_SHOWN, False)


def test_a_clause_only_people_can_examine_stands_apart() -> None:
    first, second = clause("4.1", criterion(EVERY)), clause("4.2", INSPECTED)
    report = assess(first, second, records=all_pass(first))
    assert report.verdict is Verdict.SATISFIED
    assert (report.tallies[0].satisfied, report.tallies[0].not_examined) == (1, 1)


def test_an_inspection_that_was_made_decides_like_any_other() -> None:
    one = clause("4.2", INSPECTED)
    report = assess(one, records=[record(F, item="q", criterion=one.criteria[0].id)])
    assert report.verdict is Verdict.NOT_SATISFIED


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"critical": True}, Grade.CRITICAL),
        ({}, Grade.MAJOR),
        ({"obligation": Obligation.SHOULD}, Grade.MINOR),
        ({"obligation": Obligation.MAY}, Grade.OBSERVATION),
    ],
)
def test_what_is_not_satisfied_is_a_nonconformity_of_its_grade(
    changes: dict[str, object], expected: Grade
) -> None:
    one = clause("4.1", criterion(EVERY), **changes)
    report = assess(one, records=[record(F, item="a", criterion=one.criteria[0].id, reproduce="again")])
    (found,) = report.nonconformities
    assert (found.grade, found.criteria) == (expected, ("content.c4-1/0",))
    (failure,) = report.clauses[0].criteria[0].failures
    assert (failure.subject, failure.again, failure.outcome) == ("a", "again", F)


def test_only_shall_clauses_decide_the_whole() -> None:
    must = clause("4.1", criterion(EVERY))
    ought = clause("4.2", criterion(EVERY), obligation=Obligation.SHOULD)
    report = assess(must, ought, records=all_pass(must))
    assert report.verdict is Verdict.SATISFIED
    assert report.tallies[1].not_shown == 1


def test_a_plus_criterion_decides_at_plus_only_and_is_an_observation_at_basic() -> None:
    one = clause("4.1", criterion(EVERY), criterion(EVERY, level=Level.PLUS))
    records = [*all_pass(one), record(F, item="a", criterion=one.criteria[1].id)]
    basic = assess(one, records=records)
    assert basic.verdict is Verdict.SATISFIED
    assert [found.grade for found in basic.nonconformities] == [Grade.OBSERVATION]
    assert assess(one, records=records, level=Level.PLUS).verdict is Verdict.NOT_SATISFIED


def statement(*lacks: str) -> dict[str, object]:
    return {
        "format": 1,
        "product": {"id": "p", "name": "P", "vendor": "V"},
        "audience": "All.",
        "stands": ["gateway"],
        "offers": [],
        "lacks": [{"capability": name, "because": "No."} for name in lacks],
    }


def test_a_required_capability_declared_absent_is_not_satisfied_whatever_the_records_say() -> None:
    one = clause("4.1", criterion(EVERY))
    report = assess(one, records=all_pass(one), statement=statement("knob"))
    assert report.verdict is Verdict.NOT_SATISFIED
    assert "declares absent" in report.clauses[0].because
    assert report.limits[0].clauses == (one.id,)


def test_where_offered_and_declared_absent_is_not_applicable() -> None:
    when = AppliesWhen(stands=(Stand.GATEWAY,), capability="knob", offered=Offered.WHERE_OFFERED)
    one = clause("4.1", criterion(EVERY))
    two = clause("4.2", criterion(EVERY), applies_when=when)
    report = assess(one, two, records=all_pass(one), statement=statement("knob"))
    assert report.clauses[1].verdict is Verdict.NOT_APPLICABLE
    assert report.tallies[0].not_applicable == 1


def test_a_member_of_a_set_falls_away_by_stand_and_by_declared_absence() -> None:
    """Of three members one needs another stand and one a capability declared absent: one is left to show."""
    found = EnumeratedSet(
        id="s",
        title="S",
        about="",
        items=(
            Item(id="a", text="A"),
            Item(id="b", text="B", stands=(Stand.ENDPOINT,)),
            Item(id="c", text="C", where_offered="knob"),
        ),
    )
    when = AppliesWhen(stands=(Stand.GATEWAY,), capability=None, offered=Offered.REQUIRED)
    one = clause("4.1", criterion(EVERY), applies_when=when)
    shown = [record(P, item="a", criterion=one.criteria[0].id)]
    assert assess(one, records=shown, sets=[found], statement=statement("knob")).verdict is Verdict.SATISFIED
    assert assess(one, records=shown, sets=[found], statement=statement()).verdict is Verdict.NOT_SHOWN


def test_a_set_without_a_member_left_is_not_applicable() -> None:
    item = Item(id="a", text="A", stands=(Stand.ENDPOINT,))
    found = EnumeratedSet(id="s", title="S", about="", items=(item,))
    one = clause("4.1", criterion(EVERY), criterion(RATE))
    report = assess(one, records=[], sets=[found])
    assert report.clauses[0].criteria[0].verdict is Verdict.NOT_APPLICABLE
    assert not report.clauses[0].criteria[0].decides


def test_a_module_is_graded_only_where_it_is_claimed() -> None:
    one = clause("19.1", criterion(EVERY), module=Module.SUPERVISED_PERSON)
    assert assess(one).clauses == ()
    claimed = {**statement(), "modules": ["supervised-person"]}
    assert len(assess(one, statement=claimed).clauses) == 1


def test_an_edition_of_other_content_is_refused() -> None:
    one = clause("4.1", criterion(EVERY))
    with pytest.raises(StairgateError) as caught:
        assess(one, edition_sha256="b" * 64)
    assert caught.value.problems[0].code == "edition-mismatch"


def test_the_report_names_the_hashes_it_rests_on() -> None:
    one = clause("4.1", criterion(EVERY))
    report = assess(one, statement=statement())
    assert [digest.of for digest in report.digests] == ["edition", "cases", "capability statement"]


def test_records_of_no_criterion_are_counted_and_said() -> None:
    one = clause("4.1", criterion(EVERY))
    report = assess(one, records=[*all_pass(one), record(P, criterion="content.other/it")])
    assert "1 records bear on no criterion" in report.caveat


@given(st.randoms(use_true_random=False))
def test_the_whole_report_does_not_depend_on_the_order_of_the_lines(chance: random.Random) -> None:
    """Down to the failures spelt out and the times printed."""
    one = clause("4.1", criterion(EVERY), criterion(RATE), criterion(MEDIAN))
    outcomes = [chance.choice([P, P, F, C, E]) for _ in range(30)]
    records = [
        *all_pass(one),
        record(F, item="b", case="x/other", criterion=one.criteria[0].id),
        *(replace(each, criterion=one.criteria[1].id) for each in draws(*outcomes)),
        *(replace(each, criterion=one.criteria[2].id) for each in times(*range(40, 60))),
    ]
    assert assess(one, records=records) == assess(one, records=chance.sample(records, len(records)))


def test_a_line_said_twice_changes_no_verdict_and_no_count() -> None:
    one = clause("4.1", criterion(EVERY), criterion(RATE))
    records = [
        *all_pass(one),
        *(replace(each, criterion=one.criteria[1].id) for each in draws(*[P] * 20, F, F)),
    ]
    plain, twice = assess(one, records=records), assess(one, records=records * 2)
    assert [(each.verdict, each.counts) for each in plain.clauses[0].criteria] == [
        (each.verdict, each.counts) for each in twice.clauses[0].criteria
    ]
