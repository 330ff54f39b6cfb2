"""A worker's way to the journal's process: nothing waits for it, nothing is lost uncounted."""

from __future__ import annotations

import asyncio
import marshal
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.board import Board
from proxy.home import Home
from proxy.journal import clerk
from proxy.journal.post import LONGEST, Post, make_channel, unpack
from proxy.journal.record import Record, Rule, as_row, from_row, microseconds
from proxy.journal.store import Search, search
from proxy.journal.writer import Journal
from proxy.part import Pulse
from rules.address import parse
from rules.decision import Decision, Reason, Request
from rules.policy import JournalLevel
from rules.presets import Action

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator
    from pathlib import Path

AT = datetime(2026, 11, 21, 20, 15, 0, 123456, tzinfo=UTC)
ALLOWED = Decision(action=Action.ALLOW, reason=Reason.UNKNOWN, because="No list names it.")

type Channel = tuple[socket.socket, socket.socket]


@pytest.fixture
def channel() -> Iterator[Channel]:
    ends = make_channel()
    yield ends
    for end in ends:
        end.close()


def asked(host: str) -> Request:
    return Request(address=parse(f"https://{host}/"), text="")


def post(channel: Channel, **settings: int) -> Post:
    return Post(
        channel[0], level=lambda _person: JournalLevel.ADDRESS, clock=lambda: microseconds(AT), **settings
    )


def received(channel: Channel) -> list[Record]:
    found: list[Record] = []
    while True:
        try:
            found.extend(map(from_row, unpack(channel[1].recv(LONGEST + 1))))
        except BlockingIOError:
            return found


texts = st.text(max_size=30)
rules = st.none() | st.builds(Rule, list=texts, file=texts, line=st.integers(0, 2**40), entry=texts)


@given(
    st.builds(
        Record,
        at=st.datetimes(timezones=st.just(UTC)),
        person=texts,
        device=texts,
        host=texts,
        url=st.none() | texts,
        action=texts,
        category=st.none() | texts,
        reason=texts,
        rule=rules,
        because=texts,
    )
)
def test_a_record_comes_out_as_it_went_in(record: Record) -> None:
    assert [from_row(row) for row in unpack(marshal.dumps([as_row(record)]))] == [record]


@pytest.mark.parametrize("message", [b"", b"\0", b"hello", marshal.dumps([[1, 2]]), marshal.dumps(7)])
def test_a_message_that_is_none_is_said_to_be_none(message: bytes) -> None:
    with pytest.raises(ValueError, match="not a message"):
        unpack(message)


def test_records_arrive_in_order(channel: Channel) -> None:
    async def main() -> None:
        way = post(channel)
        for number in range(200):
            way.note(asked(f"n{number}.example"), ALLOWED)
        await asyncio.sleep(0.05)
        way.close()

    asyncio.run(main())
    assert [one.host for one in received(channel)] == [f"n{number}.example" for number in range(200)]


def test_a_record_goes_at_once_and_only_what_comes_right_after_it_waits(channel: Channel) -> None:
    async def play() -> None:
        sender = post(channel)
        sender.note(asked("one.example"), ALLOWED)
        assert [one.host for one in received(channel)] == ["one.example"]
        sender.note(asked("two.example"), ALLOWED)
        assert received(channel) == []
        sender.close()
        assert [one.host for one in received(channel)] == ["two.example"]

    asyncio.run(play())


def test_what_a_stuck_journal_does_not_take_is_kept_and_beyond_the_bound_counted(channel: Channel) -> None:
    number = 30_000

    async def main() -> Post:
        way = post(channel, queue_length=100)
        for turn in range(number):
            way.note(asked(f"n{turn}.example"), ALLOWED)
            if turn % 100 == 0:
                way.hand_on()
        way._room = 0
        if way._timer is not None:
            way._timer.cancel()
        return way

    way = asyncio.run(main())
    waiting = len(way._waiting)
    assert waiting == 100
    assert way.lost > 0
    assert len(received(channel)) + waiting + way.lost == number


def test_a_record_too_long_for_any_message_is_lost_alone(channel: Channel) -> None:
    async def main() -> Post:
        way = post(channel)
        way.note(asked("before.example"), ALLOWED)
        way.note(
            asked("long.example"), Decision(action=Action.ALLOW, reason=Reason.UNKNOWN, because="x" * LONGEST)
        )
        way.note(asked("after.example"), ALLOWED)
        way.close()
        return way

    assert asyncio.run(main()).lost == 1
    assert [one.host for one in received(channel)] == ["before.example", "after.example"]


def keep_once(board: Board, home: Home, channel: Channel) -> None:
    """The journal's process, told to stop at once: it takes what is there and ends."""
    import os

    reading, writing = os.pipe()
    pulse = Pulse("journal", board, reading, channel[1])
    pulse.stop()
    clerk.keep(pulse, home=home, channel=channel[1])
    os.close(reading)
    os.close(writing)


def test_the_journals_process_writes_what_was_under_way_before_it_ends(
    channel: Channel, tmp_path: Path
) -> None:
    async def main() -> None:
        way = post(channel)
        way.note(asked("last.example"), ALLOWED)
        way.close()

    asyncio.run(main())
    board = Board(("journal",))
    keep_once(board, Home(tmp_path), channel)
    with Journal.open(Home(tmp_path)) as journal:
        assert [one.host for one in search(journal.engine, Search())] == ["last.example"]
    assert board.read("journal")["lost"] == 0


def test_what_a_killed_journal_had_taken_and_not_written_is_counted(channel: Channel, tmp_path: Path) -> None:
    board = Board(("journal",))
    board.write("journal", {"before": {"taken": 50, "written": 30, "lost": 2}})
    keep_once(board, Home(tmp_path), channel)
    assert board.read("journal")["lost"] == 22


def test_a_message_that_is_none_ends_nothing(channel: Channel, tmp_path: Path) -> None:
    channel[0].send(b"noise")
    channel[0].send(
        marshal.dumps([(0, "everyone", "", "good.example", None, "allow", None, "unknown", *[None] * 4, "")])
    )
    keep_once(Board(("journal",)), Home(tmp_path), channel)
    with Journal.open(Home(tmp_path)) as journal:
        assert [one.host for one in search(journal.engine, Search())] == ["good.example"]
