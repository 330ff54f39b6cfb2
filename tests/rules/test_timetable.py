"""A timetable remembers and never says anything else than the week and its schedules."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from rules.policy.windows import read_window
from rules.schedule import Calendar, Schedule, Week
from rules.timetable import Timetable

WEEK = Week(
    zone=ZoneInfo("Europe/Berlin"),
    calendar=Calendar(holidays=((date(2026, 10, 19), date(2026, 10, 30)),)),
)
EVENING = Schedule(targets=frozenset({"everything"}), block=(read_window("before-school 20:30-06:30"),))
GAMES = Schedule(targets=frozenset({"games", "chess"}), allow=(read_window("school 15:30-19:00"),))
SUNDAYS = Schedule(targets=frozenset({"news_politics"}), block=(read_window("sun 02:15-03:10"),))
SCHEDULES = (EVENING, GAMES, SUNDAYS)

# Autumn 2026, with the end of summer time on 25 October.
moments = st.integers(0, 90 * 24 * 3600).map(
    lambda seconds: datetime(2026, 9, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)


@given(st.lists(moments, min_size=1, max_size=20))
def test_it_says_what_the_week_says_whatever_it_was_asked_before(asked: list[datetime]) -> None:
    timetable = Timetable(WEEK, SCHEDULES)
    for moment in [near for one in asked for near in (one, one + timedelta(seconds=1), one)]:
        minute = timetable.at(moment)
        said = {schedule.targets: window for schedule, window in minute.closed}
        assert said == {
            schedule.targets: window
            for schedule in SCHEDULES
            if (window := WEEK.closed_by(schedule, moment)) is not None
        }
        assert minute.is_free is WEEK.is_free(WEEK.day_of(moment))


def test_a_minute_is_worked_out_once() -> None:
    timetable = Timetable(WEEK, SCHEDULES)
    begin = datetime(2026, 11, 18, 19, 29, tzinfo=UTC)
    first = timetable.at(begin)
    assert timetable.at(begin + timedelta(seconds=59.9)) is first
    assert timetable.at(begin + timedelta(seconds=60)) is not first


def test_the_last_second_before_a_window_is_open_and_its_first_is_closed() -> None:
    timetable = Timetable(WEEK, SCHEDULES)
    begin = datetime(2026, 11, 18, 19, 30, tzinfo=UTC)
    assert timetable.at(begin - timedelta(microseconds=1)).targets == {"games", "chess"}
    assert timetable.at(begin).targets == {"everything", "games", "chess"}


def test_without_schedules_nothing_is_closed() -> None:
    assert Timetable(WEEK, ()).at(datetime(2026, 11, 18, tzinfo=UTC)).closed == ()
