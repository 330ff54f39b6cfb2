"""The journal's writer: it never makes the gate wait, loses only what it counts, and comes back by itself."""

from __future__ import annotations

import sqlite3
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from proxy.home import Home
from proxy.journal.record import Record
from proxy.journal.store import Search, search
from proxy.journal.writer import Journal
from rules.address import parse
from rules.decision import Decision, Reason, Request
from rules.policy import JournalLevel
from rules.presets import Action

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

AT = datetime(2026, 11, 21, 20, 15, tzinfo=UTC)
ALLOWED = Decision(action=Action.ALLOW, reason=Reason.UNKNOWN, because="No list names it.")


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def record(host: str = "example.com") -> Record:
    return Record(
        at=AT,
        person="everyone",
        device="",
        host=host,
        url=None,
        action="allow",
        category=None,
        reason="unknown",
        rule=None,
    )


def until(holds: Callable[[], bool], *, seconds: float) -> bool:
    """Wait for another thread's work, at most so long."""
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.01)
    return holds()


def hosts(journal: Journal) -> list[str]:
    return [one.host for one in search(journal.engine, Search())]


def test_a_record_can_be_read_within_a_second(home: Home) -> None:
    with Journal.open(home) as journal:
        journal.add(record())
        assert until(lambda: hosts(journal) == ["example.com"], seconds=10)


def test_what_waits_is_written_when_the_journal_closes(home: Home) -> None:
    with Journal.open(home) as journal:
        for number in range(5_000):
            journal.add(record(f"host{number}.example"))
    with Journal.open(home) as journal:
        assert len(hosts(journal)) == 5_000


def test_a_decision_is_noted_with_the_person_the_device_and_the_time(home: Home) -> None:
    request = Request(address=parse("https://example.com/a?b=c"), text="", person="anna")
    with Journal.open(home, clock=lambda: AT) as journal:
        journal.note(request, ALLOWED, "10.0.0.7")
        assert until(lambda: bool(hosts(journal)), seconds=10)
        (found,) = search(journal.engine, Search())
    assert (found.person, found.device, found.at) == ("anna", "10.0.0.7", AT)
    assert found.url == "https://example.com/a"


def test_how_much_is_kept_is_asked_for_each_person(home: Home) -> None:
    def level(person: str) -> JournalLevel:
        return JournalLevel.HOST if person == "anna" else JournalLevel.ADDRESS

    with Journal.open(home, level=level) as journal:
        for person in ("anna", "ben"):
            journal.note(Request(address=parse("https://example.com/a"), text="", person=person), ALLOWED, "")
        assert until(lambda: len(hosts(journal)) == 2, seconds=10)
        found = {one.person: one.url for one in search(journal.engine, Search())}
    assert found == {"anna": None, "ben": "https://example.com/a"}


def test_a_full_queue_loses_and_counts_and_never_waits(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("proxy.database._BUSY_SECONDS", 0.05)
    with Journal.open(home, queue_length=10) as journal:
        holder = sqlite3.connect(home.journal, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        for _ in range(1_000):
            journal.add(record())
        waited = time.monotonic() - began
        holder.execute("ROLLBACK")
        holder.close()
        assert journal.lost > 0
        assert waited < 0.5


def test_a_locked_database_is_unhealthy_until_it_opens_again(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("proxy.database._BUSY_SECONDS", 0.05)
    with Journal.open(home) as journal:
        assert journal.healthy
        holder = sqlite3.connect(home.journal, isolation_level=None)
        holder.execute("BEGIN IMMEDIATE")
        journal.add(record())
        assert until(lambda: not journal.healthy, seconds=5)
        holder.execute("ROLLBACK")
        holder.close()
        assert until(lambda: journal.healthy, seconds=5)
        assert hosts(journal) == ["example.com"]


def test_a_record_that_no_database_takes_is_lost_alone(home: Home) -> None:
    with Journal.open(home) as journal:
        journal.add(record("before.example"))
        journal.add(record("\udcff.example"))
        journal.add(record("after.example"))
        assert until(lambda: len(hosts(journal)) == 2, seconds=10)
        assert hosts(journal) == ["before.example", "after.example"]
        assert until(lambda: journal.lost == 1, seconds=10)
