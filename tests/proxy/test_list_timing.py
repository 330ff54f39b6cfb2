"""When lists are asked for: jitter, their own terms, hours, retries, clocks that jump, staleness."""

from __future__ import annotations

import datetime as dt
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.list_timing import is_due, is_open, is_stale, next_try, next_visit, read_hours, write_time
from proxy.subscription_file import Subscription

NOON = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
moments = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2028, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001 - hypothesis adds the zone


def dice(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - jitter, no secret


def a_list(**known: object) -> Subscription:
    return Subscription(name="bets", source="https://lists.example/bets.txt", **known)  # type: ignore[arg-type]


@given(now=moments, seed=st.integers(), expires=st.integers(0, 168))
def test_the_next_visit_comes_within_the_lists_own_term_and_never_at_once(
    now: dt.datetime, seed: int, expires: int
) -> None:
    wait = next_visit(a_list(expires=expires), now, dice(seed)) - now
    assert dt.timedelta(minutes=50) <= wait <= dt.timedelta(hours=expires or 23)


def test_households_do_not_all_come_at_the_same_time() -> None:
    due = {next_visit(a_list(), NOON, dice(seed)) for seed in range(50)}
    assert max(due) - min(due) > dt.timedelta(hours=2)


@given(now=moments, seed=st.integers(), failures=st.integers(0, 500))
def test_a_visit_is_only_planned_for_hours_in_which_the_source_may_be_asked(
    now: dt.datetime, seed: int, failures: int
) -> None:
    one = a_list(hours="19-08", failures=failures)
    for due in (next_visit(one, now, dice(seed)), next_try(one, now, dice(seed))):
        assert due > now
        assert due.hour >= 19 or due.hour < 8


@pytest.mark.parametrize(
    ("hours", "hour", "expected"),
    [("19-08", 7, True), ("19-08", 8, False), ("19-08", 19, True), ("02-06", 6, False), ("", 12, True)],
)
def test_the_end_of_the_hours_is_not_in_them(hours: str, hour: int, *, expected: bool) -> None:
    assert is_open(hours, NOON.replace(hour=hour)) is expected


@pytest.mark.parametrize("hours", ["", "8", "8-8", "8-25", "a-b", "0-24"])
def test_hours_that_are_none_are_refused(hours: str) -> None:
    with pytest.raises(ValueError, match=f"{hours}|invalid literal"):
        read_hours(hours)


def test_a_list_without_a_plan_is_due() -> None:
    assert is_due(a_list(), NOON)


def test_a_clock_set_back_by_years_does_not_stop_the_updates() -> None:
    assert is_due(a_list(due=write_time(NOON + dt.timedelta(days=400))), NOON)


@pytest.mark.parametrize(
    ("expires", "hours", "stale"), [(0, 23, False), (0, 24, True), (96, 97, False), (96, 98, True)]
)
def test_a_list_is_stale_after_a_day_or_after_its_own_longer_term(
    expires: int, hours: int, *, stale: bool
) -> None:
    one = a_list(heard=write_time(NOON), expires=expires)
    assert is_stale(one, NOON + dt.timedelta(hours=hours)) is stale


def test_a_list_never_heard_of_is_as_old_as_its_copy() -> None:
    assert is_stale(a_list(changed=write_time(NOON)), NOON + dt.timedelta(days=2))
