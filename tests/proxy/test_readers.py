"""Reading beside the event loop: the same findings as at home, in order, whatever a page holds."""

from __future__ import annotations

import asyncio
import gzip
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proxy.reader import frame, read_frame, read_reply, reply
from proxy.readers import Readers, UnreadError
from proxy.reading import AT_ONCE, Answer, read, read_at_once
from rules.content import Form
from rules.presets import Profile

if TYPE_CHECKING:
    from collections.abc import Sequence

    from proxy.reading import Findings

CASINO = b"<p>Our online casino: free spins, blackjack and a welcome bonus for your first deposit.</p>"


def an_answer(raw: bytes, **more: object) -> Answer:
    known: dict[str, object] = {
        "codings": "",
        "labels": (),
        "charset": "utf-8",
        "profile": Profile.TWEEN,
        "most": 256 * 1024,
    }
    return Answer(raw=raw, **(known | more))  # type: ignore[arg-type]


answers = st.builds(
    an_answer,
    raw=st.binary(max_size=300) | st.just(CASINO) | st.just(gzip.compress(CASINO)),
    codings=st.sampled_from(["", "gzip", "br"]),
    labels=st.lists(st.tuples(st.just("Rating"), st.text(max_size=20)), max_size=2).map(tuple),
    charset=st.none() | st.sampled_from(["utf-8", "latin-1", "nonsense"]),
    profile=st.sampled_from(Profile),
    most=st.sampled_from([0, 100, 256 * 1024]),
    form=st.sampled_from(Form),
)


@given(answers)
def test_what_is_sent_to_a_reader_arrives_as_it_was(answer: Answer) -> None:
    assert read_frame(frame(answer)[4:]) == answer


@given(answers)
def test_findings_come_back_as_they_were(answer: Answer) -> None:
    found = read(answer)
    assert read_reply(reply(found)[4:]) == found


@given(answers)
def test_reading_at_once_finds_what_reading_aside_finds(answer: Answer) -> None:
    assert read_at_once(answer) == (read(answer),)


@pytest.mark.parametrize(
    "answer",
    [
        an_answer(b"x" * (AT_ONCE + 1)),
        an_answer(gzip.compress(b"x" * (AT_ONCE + 1)), codings="gzip"),
        an_answer(gzip.compress(b"x" * 256 * 1024), codings="gzip"),
    ],
    ids=["large", "large-when-unpacked", "a-bomb"],
)
def test_what_takes_time_is_not_read_at_once(answer: Answer) -> None:
    assert read_at_once(answer) is None


def ask_all(answers: Sequence[Answer]) -> list[Findings]:
    """Ask two real readers for all of them at once."""

    async def ask() -> list[Findings]:
        readers = Readers(2)
        readers.deadline = 60
        try:
            return list(await asyncio.gather(*map(readers.read, answers)))
        finally:
            readers.close()

    return asyncio.run(ask())


def test_each_page_gets_its_own_findings_back() -> None:
    pages = [an_answer(CASINO * number, profile=profile) for number in range(8) for profile in Profile]
    assert ask_all(pages) == [read(page) for page in pages]


@settings(max_examples=3)
@given(st.integers(1, 10))
def test_one_that_is_late_is_ended_and_those_behind_it_are_refused(number: int) -> None:
    async def ask() -> list[object]:
        readers = Readers(1, command=("sleep", "60"))
        readers.deadline = 0.1
        found = await asyncio.gather(
            *(readers.read(an_answer(b"x")) for _ in range(number)), return_exceptions=True
        )
        assert readers.pids() == ()
        return list(found)

    assert all(isinstance(one, UnreadError) for one in asyncio.run(ask()))
