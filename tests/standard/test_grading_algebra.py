"""The algebra of grading, which no combination of records breaks."""

from __future__ import annotations

from copy import replace
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from standard.decision import decide
from standard.record import Result, Value
from standard.tally import put_together
from standard.words import Outcome, Side, Verdict
from tests.standard.records import (
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
    all_pass,
    assess,
    clause,
    criterion,
    drawn,
    draws,
    record,
    times,
    verdict,
)

if TYPE_CHECKING:
    import random

    from standard.criterion import Measure

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
