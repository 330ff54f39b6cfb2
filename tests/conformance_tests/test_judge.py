"""The judge's truth table, cell by cell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance_tests.judge import Expectation, Judgement, Sight, combine, judge
from standard.words import Outcome

BLOCKED, ALLOWED = Expectation.BLOCKED, Expectation.ALLOWED
SIGHTS = st.builds(
    Sight,
    alive_before=st.booleans(),
    alive_after=st.booleans(),
    canary=st.booleans(),
    origin=st.booleans(),
    broke=st.sampled_from(["", "the client crashed"]),
)


@pytest.mark.parametrize(
    ("canary", "origin", "expectation", "outcome"),
    [
        (False, False, BLOCKED, Outcome.PASSED),
        (False, True, BLOCKED, Outcome.PASSED),
        (True, True, BLOCKED, Outcome.FAILED),
        (False, False, ALLOWED, Outcome.FAILED),
        (False, True, ALLOWED, Outcome.FAILED),
        (True, True, ALLOWED, Outcome.PASSED),
        (True, False, BLOCKED, Outcome.ERROR),
        (True, False, ALLOWED, Outcome.ERROR),
    ],
)
def test_a_living_product_gets_the_outcome_of_the_table(
    canary: bool, origin: bool, expectation: Expectation, outcome: Outcome
) -> None:
    sight = Sight(alive_before=True, alive_after=True, canary=canary, origin=origin)
    assert judge(sight, expectation).outcome is outcome


@given(SIGHTS, st.sampled_from([BLOCKED, ALLOWED]))
def test_nothing_passes_unless_the_product_was_alive_before_and_after(
    sight: Sight, expectation: Expectation
) -> None:
    if judge(sight, expectation).outcome is Outcome.PASSED:
        assert sight.alive_before
        assert sight.alive_after


@given(SIGHTS)
def test_one_sight_never_passes_both_expectations(sight: Sight) -> None:
    outcomes = [judge(sight, expectation).outcome for expectation in (BLOCKED, ALLOWED)]
    assert outcomes.count(Outcome.PASSED) <= 1


def test_a_page_blocked_after_the_origin_was_asked_is_called_late() -> None:
    sight = Sight(alive_before=True, alive_after=True, canary=False, origin=True)
    assert "late" in judge(sight, BLOCKED).because


def test_a_dead_product_shows_nothing() -> None:
    sight = Sight(alive_before=False, alive_after=False, canary=False, origin=False)
    assert judge(sight, BLOCKED).outcome is Outcome.CANNOT_TELL


def test_our_own_breakage_is_an_error_even_where_the_page_was_blocked() -> None:
    sight = Sight(alive_before=True, alive_after=True, canary=False, origin=False, broke="the browser died")
    assert judge(sight, BLOCKED).outcome is Outcome.ERROR


def test_a_case_is_as_good_as_its_worst_probe() -> None:
    passed, failed = Judgement(Outcome.PASSED, "fine"), Judgement(Outcome.FAILED, "leaked")
    assert combine([passed, failed, passed]) is failed


def test_a_case_that_asked_nothing_has_no_outcome() -> None:
    with pytest.raises(ValueError, match="without a probe"):
        combine([])


def test_what_a_product_states_must_be_known_before_it_is_judged() -> None:
    sight = Sight(alive_before=True, alive_after=True, canary=True, origin=True)
    with pytest.raises(ValueError, match="looked up"):
        judge(sight, Expectation.STATED)


def test_a_spared_page_needs_a_living_product_like_any_other() -> None:
    """What is open while all else is closed is judged as what is open."""
    seen = Sight(alive_before=True, alive_after=True, canary=False, origin=False)
    assert judge(seen, Expectation.SPARED).outcome is Outcome.FAILED
    dead = Sight(alive_before=True, alive_after=False, canary=False, origin=False)
    assert judge(dead, Expectation.SPARED).outcome is Outcome.CANNOT_TELL
