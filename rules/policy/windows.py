"""Times as a household writes them: `mon-fri 21:00-07:00`, `school 08:00-13:00`, `2026-12-19..2027-01-04`."""

from __future__ import annotations

import re
from datetime import date

from rules.schedule import MINUTES_A_DAY, Days, Window

from .terms import complain, suggest

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_WINDOW = re.compile(r"(?:(?P<days>\S.*?)\s+)?(?P<start>\d{1,2}:\d{2})\s*-\s*(?P<end>\d{1,2}:\d{2})\Z")
_FORM = "Write it as in `21:00-07:00`, `mon-fri 21:00-07:00` or `before-school 20:00-07:00`."


def read_window(text: str) -> Window:
    """A window as written.

    Raises:
        PydanticCustomError: it is none; with a hint.
    """
    found = _WINDOW.match(text.strip())
    if found is None:
        raise complain("window-form", f"{text!r} is not a time of the day.", _FORM)
    start, end = _read_clock(found["start"]), _read_clock(found["end"])
    if start is None or end is None or start == MINUTES_A_DAY:
        raise complain(
            "window-clock", f"{text!r} has a time no clock shows.", "Times go from 00:00 to 24:00."
        )
    if start == end:
        raise complain("window-empty", f"{text!r} begins when it ends.", "Write 00:00-24:00 for a whole day.")
    weekdays, days = _read_days(found["days"] or Days.ANY)
    # 00:00 as an end is the midnight after: the same as 24:00.
    return Window(start=start, end=end or MINUTES_A_DAY, weekdays=weekdays, days=days, text=text.strip())


def check_window(text: str) -> str:
    """A text that `read_window` can read."""
    read_window(text)
    return text


def _read_clock(text: str) -> int | None:
    hour, _, minute = text.partition(":")
    total = int(hour) * 60 + int(minute)
    return total if int(minute) < 60 and total <= MINUTES_A_DAY else None


def _read_days(text: str) -> tuple[frozenset[int], Days]:
    word = text.casefold().strip()
    if word in set(Days):
        return frozenset(range(7)), Days(word)
    days: set[int] = set()
    for part in word.split(","):
        first, dash, last = part.strip().partition("-")
        begin = read_weekday(first)
        end = read_weekday(last) if dash else begin
        # fri-mon goes on over Sunday.
        days |= {(begin + step) % 7 for step in range((end - begin) % 7 + 1)}
    return frozenset(days), Days.ANY


def read_weekday(word: str) -> int:
    """A day of the week as a number, 0 is Monday.

    Raises:
        PydanticCustomError: it is none; with a hint.
    """
    short = word.strip().casefold()
    if short not in WEEKDAYS:
        hint = suggest(short, [*WEEKDAYS, *Days], otherwise="Days are mon tue wed thu fri sat sun.")
        raise complain("unknown-day", f"{word.strip()!r} is not a day.", hint)
    return WEEKDAYS.index(short)


def check_weekday(word: str) -> str:
    """A word that `read_weekday` can read."""
    read_weekday(word)
    return word


def read_dates(text: str) -> tuple[date, date]:
    """The first and last day of `2026-12-19..2027-01-04` or of a single day.

    Raises:
        PydanticCustomError: it is none; with a hint.
    """
    first, dots, last = text.partition("..")
    try:
        begin = date.fromisoformat(first.strip())
        end = date.fromisoformat(last.strip()) if dots else begin
    except ValueError:
        raise complain(
            "not-a-day",
            f"{text!r} is not a day or a time from day to day.",
            "Write it as in 2026-12-19..2027-01-04.",
        ) from None
    if end < begin:
        raise complain("days-backwards", f"{text!r} ends before it begins.", "Write the earlier day first.")
    return begin, end


def check_dates(text: str) -> str:
    """A text that `read_dates` can read."""
    read_dates(text)
    return text
