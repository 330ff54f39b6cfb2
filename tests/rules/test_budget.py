"""Minutes: what a day has, what is left of it, what goes on to the next."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.budget import Budget, Spent, allowance, carried, carry, left, stay

GAMES = Budget(target="games", minutes=30, free_minutes=90, rollover=20)
NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)

budgets = st.builds(
    Budget,
    target=st.just("games"),
    minutes=st.integers(0, 1440),
    free_minutes=st.integers(0, 1440),
    rollover=st.integers(0, 1440),
)
amounts = st.floats(0, 3000, allow_nan=False)


def test_a_free_day_has_its_own_minutes() -> None:
    assert (allowance(GAMES, is_free=False), allowance(GAMES, is_free=True)) == (30, 90)


@pytest.mark.parametrize(
    ("used", "extra", "rest"),
    [(0, 0, 30), (29.5, 0, 0.5), (30, 0, 0), (31, 0, 0), (31, 15, 14), (0, -10, 20), (0, -40, 0)],
)
def test_what_is_left_counts_earned_minutes_and_never_goes_below_nothing(
    used: float, extra: float, rest: float
) -> None:
    assert left(GAMES, is_free=False, used=used, extra=extra) == rest


@pytest.mark.parametrize(
    ("used", "extra", "carried"), [(0, 0, 20), (15, 0, 15), (30, 0, 0), (40, 0, 0), (40, 15, 5), (0, 50, 20)]
)
def test_what_is_carried_on_is_what_is_left_up_to_the_rollover(
    used: float, extra: float, carried: float
) -> None:
    assert carry(GAMES, is_free=False, used=used, extra=extra) == carried


def test_nothing_is_earned_unless_it_is_said() -> None:
    assert left(GAMES, is_free=False, used=0) == 30
    assert carry(GAMES, is_free=False, used=25) == 5


def test_without_rollover_nothing_is_carried() -> None:
    assert carry(Budget(target="games", minutes=30, free_minutes=30), is_free=False, used=0) == 0


@given(budgets, st.booleans(), amounts, amounts)
def test_carried_minutes_do_not_pile_up(budget: Budget, is_free: bool, used: float, extra: float) -> None:
    carried = carry(budget, is_free=is_free, used=used, extra=extra)
    assert 0 <= carried <= budget.rollover
    assert carried <= left(budget, is_free=is_free, used=used, extra=extra)


@given(budgets, st.booleans(), amounts, amounts, amounts)
def test_using_more_never_leaves_more(
    budget: Budget, is_free: bool, used: float, more: float, extra: float
) -> None:
    before = left(budget, is_free=is_free, used=used, extra=extra)
    assert left(budget, is_free=is_free, used=used + more, extra=extra) <= before


@pytest.mark.parametrize(
    ("last", "counted"),
    [(None, [100]), (99, [100]), (98, [99, 100]), (97, [100]), (0, [100]), (100, []), (101, [100])],
)
def test_a_minute_counts_and_so_does_a_short_gap_before_it(last: int | None, counted: list[int]) -> None:
    assert list(stay(last, 100)) == counted


def test_minutes_are_carried_from_day_to_day_and_do_not_pile_up() -> None:
    budget = Budget(target="games", minutes=60, free_minutes=120, rollover=30)
    idle = Spent(is_free=False)
    assert carried(budget, []) == 0
    assert carried(budget, [idle]) == 30
    assert carried(budget, [idle] * 7) == 30
    assert carried(budget, [idle, Spent(is_free=False, used=70)]) == 20
    assert carried(budget, [idle, Spent(is_free=False, used=90)]) == 0
    assert carried(budget, [Spent(is_free=True, used=110)]) == 10
    assert carried(budget, [Spent(is_free=False, used=60, earned=15)]) == 15


@given(budgets, st.lists(st.builds(Spent, is_free=st.booleans(), used=amounts, earned=amounts), max_size=9))
def test_no_history_hands_on_more_than_the_rollover(budget: Budget, days: list[Spent]) -> None:
    assert 0 <= carried(budget, days) <= budget.rollover
