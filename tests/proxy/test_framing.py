"""An answer's head on its way through the desk: what is refused, and how it is framed anew."""

from __future__ import annotations

import pytest

from proxy.framing import Framed, frame_answer

type Fields = tuple[tuple[bytes, bytes], ...]


def framed(*fields: tuple[bytes, bytes], status: int = 200, bodiless: bool = False) -> Framed:
    return frame_answer(status, b"OK", fields, version="1.1", bodiless=bodiless)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        (((b"Content-Length", b"1"), (b"content-length", b"1")), "its length can be read two ways"),
        (
            ((b"Transfer-Encoding", b"chunked"), (b"Transfer-Encoding", b"chunked")),
            "its length can be read two ways",
        ),
        (((b"Content-Length", b"1"), (b"Transfer-Encoding", b"chunked")), "it has two lengths"),
        (((b"Content-Length", b"+1"),), "its length is no number"),
        (((b"Content-Length", b""),), "its length is no number"),
        (
            ((b"Transfer-Encoding", b"gzip, chunked"),),
            "it has a transfer encoding other than chunked",
        ),
        (((b"X-A", b"b\rX-C: d"),), "a field holds a control character"),
        (((b"X-A", b"b\x00"),), "a field holds a control character"),
        (((b"X-A", b"b" * 140_000),), "its head is too long"),
    ],
)
def test_what_can_be_read_two_ways_is_not_passed_on(fields: Fields, why: str) -> None:
    assert framed(*fields) == Framed(why)


def test_fields_of_the_hop_stay_behind_and_the_others_go_on_as_they_came() -> None:
    found = framed(
        (b"Server", b"x"), (b"Keep-Alive", b"timeout=5"), (b"CONTENT-LENGTH", b"7"), (b"Alt-Svc", b"h3")
    )
    assert found.head == b"HTTP/1.1 200 OK\r\nServer: x\r\nCONTENT-LENGTH: 7\r\n\r\n"
    assert (found.length, found.chunked, found.until_close, found.keeps_open) == (7, False, False, True)


def test_a_body_without_length_ends_with_the_connection_and_the_client_is_told() -> None:
    found = framed((b"Server", b"x"))
    assert found.until_close
    assert found.head.endswith(b"\r\nConnection: close\r\n\r\n")


@pytest.mark.parametrize(("status", "bodiless"), [(204, False), (304, False), (200, True)])
def test_what_has_no_body_is_not_framed(status: int, bodiless: bool) -> None:
    found = framed((b"Content-Length", b"7"), status=status, bodiless=bodiless)
    assert (found.length, found.chunked, found.until_close) == (None, False, False)


@pytest.mark.parametrize(
    ("wish", "version", "keeps"),
    [(b"keep-alive", "1.1", True), (b"Close", "1.1", False), (b"keep-alive", "1.0", False)],
)
def test_the_site_says_whether_it_takes_another_request(wish: bytes, version: str, keeps: bool) -> None:
    fields = ((b"Connection", wish), (b"Content-Length", b"0"))
    assert frame_answer(200, b"", fields, version=version, bodiless=False).keeps_open is keeps
