"""Texts put together from parts: however they are cut, the same is found as in one piece."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.hearing import Hearing, Manner
from rules.phrases import matcher
from rules.prose import read_page

TEXT = "Bread needs flour. Our online casino gives free spins and a welcome bonus for your first deposit. "
PAGE = (
    "<p>Bread needs fl<b>ou</b>r.</p><script>a = 'blackjack';</script><!-- blackjack --><p>Our "
    "online cas<em>i</em>no gives <a href=x>free</a> spins</p><style>p { blackjack }</style>\n"
    "<p>and a welcome bonus "
)


def points(scores: object) -> int:
    return max((score.points for score in scores), default=0)  # type: ignore[attr-defined]


def heard(manner: Manner, parts: list[bytes]) -> int:
    hearing = Hearing(manner)
    return max(points(hearing.hear(part)) for part in [*parts, b" "])


def cut_at(whole: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({place % len(whole) for place in places} | {0, len(whole)})
    return [whole[begin:end] for begin, end in pairwise(ends)]


@given(st.lists(st.integers(min_value=0), max_size=30))
def test_a_text_is_heard_alike_however_it_is_cut(places: list[int]) -> None:
    whole = points(matcher().score(read_page(TEXT.encode())))
    assert whole > 0
    assert heard(Manner.TEXT, cut_at(TEXT.encode(), places)) == whole


@given(st.lists(st.integers(min_value=0), max_size=30))
def test_a_page_is_heard_alike_however_it_is_cut(places: list[int]) -> None:
    whole = points(matcher().score(read_page(PAGE.encode())))
    assert whole > 0
    assert heard(Manner.PAGE, cut_at(PAGE.encode(), places)) == whole


@given(st.lists(st.integers(min_value=0), max_size=30))
def test_lines_of_json_are_heard_alike_however_their_text_is_cut(places: list[int]) -> None:
    parts = [
        json.dumps({"id": number, "delta": {"text": part.decode()}}).encode() + b"\n"
        for number, part in enumerate(cut_at(TEXT.encode(), places))
    ]
    whole = points(matcher().score(read_page(TEXT.encode())))
    assert heard(Manner.LINES, parts) >= whole


@pytest.mark.parametrize(
    "lines",
    [
        [b"data: online casino\r\n\r\n", b"data: free spins\r\n\r\n"],
        [b"data: online casino\r", b"data: free spins\r\r"],
        [b"data: onl", b"ine cas\n\ndata: ino fr", b"ee spins \n\n"],
        [b'\x1e{"a": "online casino"}\n', b'\x1e{"a": "free spins"}\n'],
        [b'"online casino"\n["free spins"]\n'],
        [b'{"broken": "online casino, free spins\n'],
        [b"online casino, free spins, and a line that has no end"],
    ],
)
def test_lines_of_every_kind_are_heard(lines: list[bytes]) -> None:
    assert heard(Manner.LINES, lines) >= 50


def test_only_the_data_of_an_event_is_its_text() -> None:
    assert heard(Manner.LINES, [b"event: online casino\nid: free spins\n: welcome bonus\nretry: 1\n\n"]) == 0


def test_words_that_are_far_apart_in_a_stream_add_up() -> None:
    hearing = Hearing(Manner.TEXT)
    assert points(hearing.hear(b"An online casino. ")) < 50
    hearing.hear(b"Bread needs flour. " * 200)
    assert points(hearing.hear(b"Free spins! ")) >= 50


@pytest.mark.parametrize("manner", Manner)
@given(parts=st.lists(st.binary(max_size=60), max_size=20))
def test_any_bytes_are_heard(manner: Manner, parts: list[bytes]) -> None:
    hearing = Hearing(manner)
    for part in parts:
        hearing.hear(part)
    hearing.skip(b"".join(parts))
    assert hearing.hear(b"") == ()
