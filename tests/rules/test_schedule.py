"""Windows of the week: overnight, school days, holidays, and clocks that change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_core import PydanticCustomError

from rules.policy.windows import read_window
from rules.schedule import Calendar, Days, Schedule, Week, Window, holds

BERLIN = ZoneInfo("Europe/Berlin")
CHRISTMAS = Calendar(holidays=((date(2026, 12, 21), date(2027, 1, 3)),))


def clock(text: str) -> datetime:
    return datetime.fromisoformat(text)


def berlin(text: str, *, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN, fold=fold).astimezone(UTC)


# 2026-11-16 is a Monday.
@pytest.mark.parametrize(
    ("window", "inside", "outside"),
    [
        ("08:00-13:00", ["2026-11-16T08:00", "2026-11-22T12:59"], ["2026-11-16T07:59", "2026-11-16T13:00"]),
        ("21:00-07:00", ["2026-11-16T21:00", "2026-11-17T06:59"], ["2026-11-16T20:59", "2026-11-16T07:00"]),
        (
            "fri 21:00-07:00",
            ["2026-11-20T23:00", "2026-11-21T06:00"],
            ["2026-11-21T21:00", "2026-11-20T06:00"],
        ),
        (
            "sun 21:00-07:00",
            ["2026-11-22T22:00", "2026-11-23T06:59"],
            ["2026-11-22T06:59", "2026-11-23T21:00"],
        ),
        (
            "fri-mon 10:00-11:00",
            ["2026-11-20T10:00", "2026-11-23T10:59"],
            ["2026-11-19T10:00", "2026-11-24T10:00"],
        ),
        ("mon, wed 10:00-11:00", ["2026-11-16T10:30", "2026-11-18T10:30"], ["2026-11-17T10:30"]),
        ("00:00-24:00", ["2026-11-16T00:00", "2026-11-16T23:59"], []),
        ("20:00-00:00", ["2026-11-16T23:59"], ["2026-11-17T00:00", "2026-11-16T19:59"]),
        (
            "school 08:00-13:00",
            ["2026-12-18T09:00"],
            ["2026-12-19T09:00", "2026-12-21T09:00", "2027-01-03T09:00"],
        ),
        (
            "free 08:00-13:00",
            ["2026-12-19T09:00", "2026-12-21T09:00"],
            ["2026-12-18T09:00", "2027-01-04T09:00"],
        ),
        (
            "before-school 20:00-07:00",
            ["2026-11-22T20:00", "2026-11-23T06:59", "2026-11-19T20:00", "2027-01-03T20:00"],
            ["2026-11-20T20:00", "2026-11-21T06:00", "2026-12-18T20:00", "2026-12-23T20:00"],
        ),
        (
            "before-free 22:00-09:00",
            ["2026-11-20T22:00", "2026-11-21T08:59"],
            ["2026-11-22T22:00", "2026-11-22T21:59", "2026-11-19T22:00"],
        ),
    ],
)
def test_a_window_holds_when_the_kitchen_clock_says_so(
    window: str, inside: list[str], outside: list[str]
) -> None:
    read = read_window(window)
    assert [moment for moment in inside if not holds(read, clock(moment), CHRISTMAS)] == []
    assert [moment for moment in outside if holds(read, clock(moment), CHRISTMAS)] == []


def test_without_holidays_and_with_several_each_day_is_looked_up() -> None:
    assert Calendar().has_school(date(2026, 11, 16))
    two = Calendar(
        holidays=((date(2026, 11, 16), date(2026, 11, 17)), (date(2026, 11, 19), date(2026, 11, 19)))
    )
    assert [two.has_school(date(2026, 11, day)) for day in range(16, 21)] == [False, False, True, False, True]


def test_a_holiday_lasts_from_its_first_to_its_last_day() -> None:
    days = [date(2026, 12, 18), date(2026, 12, 21), date(2027, 1, 1), date(2027, 1, 4)]
    assert [CHRISTMAS.has_school(day) for day in days] == [True, False, False, True]


# In Berlin clocks go from 02:00 to 03:00 on 2026-03-29 and from 03:00 back to 02:00 on 2026-10-25.
@pytest.mark.parametrize(
    ("window", "at", "closed"),
    [
        ("01:30-03:30", "2026-03-29T00:29+00:00", False),
        ("01:30-03:30", "2026-03-29T00:30+00:00", True),
        ("01:30-03:30", "2026-03-29T01:29+00:00", True),  # 03:29: the window lasts an hour this night
        ("01:30-03:30", "2026-03-29T01:30+00:00", False),
        ("02:00-03:00", "2026-03-29T00:59+00:00", False),  # 01:59
        ("02:00-03:00", "2026-03-29T01:00+00:00", False),  # 03:00: the hour is not there this night
        ("02:00-03:00", "2026-10-25T00:00+00:00", True),  # 02:00 for the first time
        ("02:00-03:00", "2026-10-25T00:59+00:00", True),
        ("02:00-03:00", "2026-10-25T01:30+00:00", True),  # 02:30 for the second time
        ("02:00-03:00", "2026-10-25T02:00+00:00", False),
        ("22:00-06:00", "2026-10-25T04:59+00:00", True),  # 05:59 after the change: nine hours of night
        ("22:00-06:00", "2026-10-25T05:00+00:00", False),
    ],
)
def test_the_change_of_the_clocks_follows_the_wall(window: str, at: str, closed: bool) -> None:
    schedule = Schedule(targets=frozenset({"games"}), block=(read_window(window),))
    found = Week(zone=BERLIN).closed_by(schedule, datetime.fromisoformat(at))
    assert found == (window if closed else None)


def test_outside_its_allow_windows_a_target_is_closed() -> None:
    schedule = Schedule(
        targets=frozenset({"games"}), allow=(read_window("sat 10:00-12:00"), read_window("sun 10:00-12:00"))
    )
    week = Week(zone=BERLIN)
    assert week.closed_by(schedule, berlin("2026-11-21T10:00")) is None
    assert week.closed_by(schedule, berlin("2026-11-22T11:59")) is None
    assert week.closed_by(schedule, berlin("2026-11-22T12:00")) == "outside sat 10:00-12:00, sun 10:00-12:00"


def test_a_block_window_closes_inside_an_allow_window() -> None:
    schedule = Schedule(
        targets=frozenset({"games"}), allow=(read_window("10:00-18:00"),), block=(read_window("12:00-13:00"),)
    )
    assert Week(zone=BERLIN).closed_by(schedule, berlin("2026-11-21T12:30")) == "12:00-13:00"


@pytest.mark.parametrize(
    ("block", "at", "change"),
    [
        ("21:00-07:00", "2026-11-16T12:00", "2026-11-16T21:00"),
        ("21:00-07:00", "2026-11-16T21:00", "2026-11-17T07:00"),
        ("school 08:00-13:00", "2026-12-18T13:00", "2027-01-04T08:00"),
        ("sat 00:00-24:00", "2026-11-16T12:00", "2026-11-21T00:00"),
        ("sat 00:00-24:00", "2026-11-21T12:00", "2026-11-22T00:00"),
        (
            "01:30-02:30",
            "2026-03-29T01:30",
            "2026-03-29T03:00",
        ),  # ended by the clocks, without reaching 02:30
    ],
)
def test_the_next_change_is_told_in_utc(block: str, at: str, change: str) -> None:
    week = Week(zone=BERLIN, calendar=CHRISTMAS)
    schedule = Schedule(targets=frozenset({"games"}), block=(read_window(block),))
    assert week.next_change(schedule, berlin(at)) == berlin(change)


def test_a_day_of_looking_ahead_reaches_the_next_morning_and_a_change_of_the_clocks() -> None:
    week = Week(zone=BERLIN)
    night = Schedule(targets=frozenset({"games"}), block=(read_window("21:00-07:00"),))
    assert week.next_change(night, berlin("2026-11-16T21:30"), within=1) == berlin("2026-11-17T07:00")
    early = Schedule(targets=frozenset({"games"}), block=(read_window("01:30-02:30"),))
    for minute in range(30, 60):
        found = week.next_change(early, berlin(f"2026-03-29T01:{minute}"), within=1)
        assert found == berlin("2026-03-29T03:00")


def test_a_change_of_the_clocks_beyond_the_days_looked_at_is_not_told_for_an_opening() -> None:
    sunday = Schedule(targets=frozenset({"games"}), block=(read_window("sun 01:30-04:00"),))
    assert Week(zone=BERLIN).next_change(sunday, berlin("2026-03-27T12:00"), within=1) is None
    assert Week(zone=BERLIN).next_change(sunday, berlin("2026-03-27T12:00"), within=2) == berlin(
        "2026-03-29T01:30"
    )


def test_the_midnight_after_the_last_day_looked_at_belongs_to_it() -> None:
    tuesday = Schedule(targets=frozenset({"games"}), block=(read_window("tue 00:00-24:00"),))
    change = Week(zone=BERLIN).next_change(tuesday, berlin("2026-11-16T12:00"), within=0)
    assert change == berlin("2026-11-17T00:00")


def test_it_looks_a_month_ahead_unless_told_otherwise() -> None:
    week = Week(zone=BERLIN, calendar=Calendar(holidays=((date(2026, 11, 16), date(2026, 12, 18)),)))
    lessons = Schedule(targets=frozenset({"games"}), block=(read_window("school 08:00-13:00"),))
    monday = berlin("2026-12-21T08:00")
    assert week.next_change(lessons, berlin("2026-11-20T12:00")) == monday
    assert week.next_change(lessons, berlin("2026-11-19T12:00")) is None
    assert week.next_change(lessons, berlin("2026-11-19T12:00"), within=32) == monday


@pytest.mark.parametrize("text", ["20:00-24:01", "24:00-07:00", "20:60-21:00", "25:00-26:00"])
def test_no_clock_shows_more_than_a_day(text: str) -> None:
    with pytest.raises(PydanticCustomError, match="no clock shows"):
        read_window(text)


def test_what_never_changes_has_no_next_change() -> None:
    week = Week(zone=BERLIN)
    assert (
        week.next_change(
            Schedule(targets=frozenset({"games"}), block=(read_window("00:00-24:00"),)),
            berlin("2026-11-16T12:00"),
        )
        is None
    )
    assert week.next_change(Schedule(targets=frozenset({"games"})), berlin("2026-11-16T12:00")) is None


def test_a_day_begins_at_the_households_midnight() -> None:
    week = Week(zone=BERLIN, calendar=CHRISTMAS)
    assert week.day_of(datetime(2026, 12, 18, 22, 59, tzinfo=UTC)) == date(2026, 12, 18)
    assert week.day_of(datetime(2026, 12, 18, 23, 0, tzinfo=UTC)) == date(2026, 12, 19)
    assert [week.is_free(date(2026, 12, day)) for day in (18, 19, 21)] == [False, True, True]


minutes = st.integers(0, 1439)
windows = st.builds(
    Window,
    start=minutes,
    end=st.integers(1, 1440),
    weekdays=st.frozensets(st.integers(0, 6), min_size=1),
    days=st.sampled_from(Days),
    text=st.just("w"),
)
schedules = st.builds(
    Schedule,
    targets=st.just(frozenset({"games"})),
    block=st.lists(windows, max_size=3).map(tuple),
    allow=st.lists(windows, max_size=2).map(tuple),
)
SPRING = datetime(2026, 3, 20, tzinfo=UTC)
moments = st.integers(0, 235 * 24 * 60).map(lambda minutes: SPRING + timedelta(minutes=minutes))


@given(
    schedules,
    moments,
    st.sampled_from(["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"]),
)
def test_the_next_change_is_where_a_minute_by_minute_walk_finds_it(
    schedule: Schedule, at: datetime, zone: str
) -> None:
    week = Week(zone=ZoneInfo(zone))
    before = week.closed_by(schedule, at) is None
    walked = (at + timedelta(minutes=minute) for minute in range(1, 24 * 60))
    first = next(
        (moment for moment in walked if (week.closed_by(schedule, moment) is None) is not before), None
    )
    told = week.next_change(schedule, at)
    assert told == first or (first is None and (told is None or told >= at + timedelta(days=1)))


@given(windows, moments)
def test_a_window_holds_for_as_long_as_it_says_on_days_without_a_change(window: Window, at: datetime) -> None:
    every_day = Window(start=window.start, end=window.end)
    midnight = at.replace(hour=0, minute=0, tzinfo=None)
    held = sum(holds(every_day, midnight + timedelta(minutes=minute), Calendar()) for minute in range(1440))
    assert held == ((window.end - window.start) % 1440 or 1440)
