"""What real lists write about themselves, each in its maker's own way."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.list_head import Head, read_head
from proxy.list_makers import maker_of


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("# Last modified: 2026-06-24 08:14:10 UTC", "2026-06-24T08:14Z"),
        ("! Last modified: So 24. Jul 12:32:56 UTC 2022", "2022-07-24T12:32Z"),
        ("; Last modified: 27 Apr 2026 17:08 UTC", "2026-04-27T17:08Z"),
        ("# Date: 01 January 2026 00:00:00 (UTC)", "2026-01-01T00:00Z"),
        ("; Version: 2026.0427.1708.11", "2026-04-27T17:08Z"),
        ("# Version: 3.1", ""),
        ("# Date: 2026-13-45", ""),
    ],
)
def test_a_lists_date_is_read(line: str, date: str) -> None:
    assert read_head([line]).dated == date


@pytest.mark.parametrize(
    ("line", "hours"),
    [
        ("! Expires: 4 days", 96),
        ("! Expires: 12 hours (update frequency)", 12),
        ("# refresh: 1d", 24),
        ("# Expires: 30 minutes", 1),
        ("# Expires: 400 days", 168),
        ("# Expires: Updated regularly", 0),
    ],
)
def test_the_term_a_list_gives_itself_is_read_within_an_hour_and_a_week(line: str, hours: int) -> None:
    assert read_head([line]).expires == hours


@pytest.mark.parametrize(
    ("line", "number"),
    [
        ("# Entries: 26,029", 26029),
        ("! Number of entries: 1778", 1778),
        ("# Number of unique domains: 81,000", 81000),
        ("# Entries: many", 0),
    ],
)
def test_the_number_of_entries_a_list_says_it_has_is_read(line: str, number: int) -> None:
    assert read_head([line]).stated == number


@given(st.lists(st.text()))
def test_any_lines_are_read(lines: list[str]) -> None:
    assert isinstance(read_head(lines), Head)


def test_a_maker_is_known_by_its_address_and_its_wish_for_hours_too() -> None:
    ut1 = maker_of("https://DSI.ut-capitole.fr/blacklists/download/adult.tar.gz")
    assert ut1 is not None
    assert (ut1.hours, ut1.licence) == ("19-08", "CC BY-SA 4.0")


@pytest.mark.parametrize("source", ["/a/file", "https://raw.githubusercontent.com/someone/else", "http://["])
def test_nothing_is_said_of_a_maker_nobody_knows(source: str) -> None:
    assert maker_of(source) is None
