"""What a whole run comes to: verdicts of clauses and of the whole, nonconformities, reach, hashes."""

from __future__ import annotations

import pytest

from standard.clause import AppliesWhen, EnumeratedSet, Item
from standard.errors import StairgateError
from standard.words import Grade, Level, Module, Obligation, Offered, Stand, Verdict
from tests.standard.records import (
    EVERY,
    INSPECTED,
    RATE,
    F,
    P,
    all_pass,
    assess,
    clause,
    criterion,
    record,
    statement,
)


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
