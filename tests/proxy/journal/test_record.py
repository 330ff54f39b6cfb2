"""What a record holds, and what it never holds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from proxy.journal.record import as_json, describe
from rules.address import parse
from rules.decision import Decision, Reason, Request
from rules.lists.entry import Covers
from rules.pack import Match
from rules.policy import JournalLevel
from rules.presets import Action

AT = datetime(2026, 11, 21, 20, 15, tzinfo=UTC)
RULE = Match("gambling", "ut1", "gambling/domains", 7, "example.com", Covers.NAME_AND_BELOW)
BLOCKED = Decision(
    action=Action.BLOCK, reason=Reason.CATEGORY, category="gambling", rule=RULE, because="ut1 says so."
)
ASKED = "https://anna:secret@example.com/search?q=private#part"


def request(text: str = ASKED) -> Request:
    return Request(address=parse(text), text=text, person="anna")


def test_a_record_holds_host_and_path_and_the_rule_that_decided() -> None:
    record = describe(request(), BLOCKED, at=AT, device="10.0.0.7", level=JournalLevel.ADDRESS)
    assert record is not None
    assert as_json(record) == {
        "at": "2026-11-21T20:15:00.000Z",
        "person": "anna",
        "device": "10.0.0.7",
        "host": "example.com",
        "url": "https://example.com/search",
        "action": "block",
        "category": "gambling",
        "reason": "category",
        "rule": {"list": "ut1", "file": "gambling/domains", "line": 7, "entry": "example.com"},
    }


@pytest.mark.parametrize("level", [JournalLevel.ADDRESS, JournalLevel.HOST, JournalLevel.CATEGORY])
@pytest.mark.parametrize("secret", ["private", "secret", "part"])
def test_query_password_and_fragment_are_in_no_record(level: JournalLevel, secret: str) -> None:
    record = describe(request(), BLOCKED, at=AT, device="", level=level)
    assert secret not in repr(record)


def test_at_host_level_no_path_is_kept() -> None:
    record = describe(request(), BLOCKED, at=AT, device="", level=JournalLevel.HOST)
    assert record is not None
    assert (record.host, record.url) == ("example.com", None)


def test_at_category_level_neither_host_nor_rule_nor_sentence_tells_the_site() -> None:
    record = describe(request(), BLOCKED, at=AT, device="", level=JournalLevel.CATEGORY)
    assert record is not None
    assert record.category == "gambling"
    assert "example.com" not in repr(record)


def test_a_help_service_leaves_no_record() -> None:
    helped = Decision(action=Action.ALLOW, reason=Reason.HELP, because="help", help=True)
    assert describe(request(), helped, at=AT, device="", level=JournalLevel.ADDRESS) is None


def test_the_text_of_an_unreadable_address_is_not_kept() -> None:
    broken = Request(address=None, text="http://[private", person="anna")
    refused = Decision(action=Action.BLOCK, reason=Reason.UNPARSABLE, because="It can't be read.")
    record = describe(broken, refused, at=AT, device="", level=JournalLevel.ADDRESS)
    assert record is not None
    assert "private" not in repr(record)
    assert record.because == "It can't be read."


def test_times_are_written_in_utc_wherever_the_clock_stands() -> None:
    local = AT.astimezone(timezone(timedelta(hours=5, minutes=30)))
    record = describe(request(), BLOCKED, at=local, device="", level=JournalLevel.ADDRESS)
    assert record is not None
    assert as_json(record)["at"] == "2026-11-21T20:15:00.000Z"


def test_at_host_level_an_entry_with_a_path_does_not_tell_the_path() -> None:
    rule = Match("gambling", "mine", "urls", 3, "example.com/secret-club", Covers.NAME_AND_BELOW)
    decision = Decision(
        action=Action.BLOCK, reason=Reason.CATEGORY, rule=rule, because="mine names example.com/secret-club."
    )
    record = describe(request(), decision, at=AT, device="", level=JournalLevel.HOST)
    assert record is not None
    assert record.host == "example.com"
    assert "secret-club" not in repr(record)
