"""The words of the standard are closed sets; these are the ones other rooms rely on."""

from __future__ import annotations

import pytest

from standard.words import Level, Outcome, Verdict


def test_there_are_six_outcomes_and_four_verdicts() -> None:
    """No other word may be used for either, in code, JSON or prose."""
    assert list(Outcome) == ["passed", "failed", "inapplicable", "untested", "cannot_tell", "error"]
    assert list(Verdict) == ["satisfied", "not_satisfied", "not_shown", "not_applicable"]


@pytest.mark.parametrize(
    ("assessment", "criterion", "needed"),
    [
        (Level.BASIC, Level.BASIC, True),
        (Level.BASIC, Level.PLUS, False),
        (Level.PLUS, Level.BASIC, True),
        (Level.PLUS, Level.PLUS, True),
    ],
)
def test_a_plus_assessment_needs_the_basic_criteria_too(
    assessment: Level, criterion: Level, needed: bool
) -> None:
    assert assessment.includes(criterion) is needed


def test_a_verdict_is_printed_without_its_underscore() -> None:
    assert Verdict.NOT_SATISFIED.phrase == "not satisfied"
