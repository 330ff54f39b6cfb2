"""Heads of requests: 50 shapes that two parsers may read differently, none of which gets through."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.head import _KNOWN, HeadError, read_head

URL = "http://a.example/"


def head(*lines: str, first: str = f"GET {URL} HTTP/1.1", host: str | None = "Host: a.example") -> bytes:
    """A head of these lines."""
    return "\r\n".join([first, *([host] if host else []), *lines, "", ""]).encode("latin-1")


def test_a_good_head_is_read() -> None:
    found = read_head(head("X: 1") + b"body")
    assert found is not None
    assert found[:3] == ("GET", URL, "1.1")
    assert found.fields == ((b"host", b"a.example"), (b"x", b"1"))
    assert (found.size, found.upgrade) == (len(head("X: 1")), False)


def test_a_tunnel_is_read_up_to_its_empty_line() -> None:
    data = b"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n\x16\x03\x01"
    found = read_head(data)
    assert found is not None
    assert (found.method, found.target, data[found.size :]) == ("CONNECT", "a.example:443", b"\x16\x03\x01")


@pytest.mark.parametrize("length", range(0, 40, 3))
def test_a_part_of_a_head_is_waited_for(length: int) -> None:
    assert read_head(head()[:length]) is None


AMBIGUOUS = {
    "two hosts": head("Host: b.example"),
    "two equal hosts": head("Host: a.example"),
    "no host": head(host=None),
    "two lengths": head("Content-Length: 1", "Content-Length: 2"),
    "two equal lengths": head("Content-Length: 1", "Content-Length: 1"),
    "a list of lengths": head("Content-Length: 1, 1"),
    "a negative length": head("Content-Length: -1"),
    "a length with a sign": head("Content-Length: +1"),
    "a length in hex": head("Content-Length: 0x1"),
    "a length with an underscore": head("Content-Length: 1_0"),
    "a length with a space": head("Content-Length: 1 0"),
    "an empty length and more": head("Content-Length: 1a"),
    "length and chunked": head("Content-Length: 1", "Transfer-Encoding: chunked"),
    "chunked and length": head("Transfer-Encoding: chunked", "Content-Length: 1"),
    "two encodings": head("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
    "gzip, chunked": head("Transfer-Encoding: gzip, chunked"),
    "chunked, gzip": head("Transfer-Encoding: chunked, gzip"),
    "identity": head("Transfer-Encoding: identity"),
    "xchunked": head("Transfer-Encoding: xchunked"),
    "a vertical tab before chunked": head("Transfer-Encoding: \x0bchunked"),
    "chunked in quotes": head('Transfer-Encoding: "chunked"'),
    "chunked with a parameter": head("Transfer-Encoding: chunked;x=1"),
    "chunked in HTTP/1.0": head("Transfer-Encoding: chunked", first=f"GET {URL} HTTP/1.0"),
    "a space before the colon": head("Transfer-Encoding : chunked"),
    "a tab before the colon": head("Content-Length\t: 1"),
    "a folded line": head("X: 1", " y"),
    "a folded length": head("Content-Length:", " 1"),
    "a bare line feed": head().replace(b"\r\nHost", b"\nHost"),
    "a bare line feed inside": head("X: 1\nTransfer-Encoding: chunked"),
    "a bare carriage return": head("X: 1\rTransfer-Encoding: chunked"),
    "a carriage return in a name": head("X\r: 1"),
    "a NUL in a value": head("X: \x00"),
    "a NUL in a name": head("X\x00: 1"),
    "a name in brackets": head("X(A: 1"),
    "a name that is empty": head(": 1"),
    "a line without a colon": head("Nonsense"),
    "a line that begins with a space": head().replace(b"Host", b" Host"),
    "HTTP/1.2": head(first=f"GET {URL} HTTP/1.2"),
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/2.0": head(first=f"GET {URL} HTTP/2.0"),
    "HTTP/2's preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "HTTP/1.10": head(first=f"GET {URL} HTTP/1.10"),
    "a lower-case protocol": head(first=f"GET {URL} http/1.1"),
    "no protocol": head(first=f"GET {URL}"),
    "two spaces": head(first=f"GET  {URL} HTTP/1.1 x"),
    "a space in the address": head(first="GET http://a.example/ x HTTP/1.1"),
    "a tab in the address": head(first="GET http://a.example/\tx HTTP/1.1"),
    "an address beyond ASCII": head(first="GET http://\xe4.example/ HTTP/1.1"),
    "an unknown method with odd letters": head(first="G(T / HTTP/1.1"),
    "an empty line first, then nothing": b"\r\n\r\n",
}


@pytest.mark.parametrize("what", AMBIGUOUS)
def test_a_head_that_can_be_read_two_ways_is_refused(what: str) -> None:
    with pytest.raises(HeadError):
        read_head(AMBIGUOUS[what])


def test_a_head_that_never_ends_is_refused() -> None:
    with pytest.raises(HeadError):
        read_head(b"GET http://a.example/ HTTP/1.1\r\nX: " + b"a" * 70_000)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused_and_nothing_else(data: bytes) -> None:
    for candidate in (data, data + b"\r\n\r\n", b"GET http://a.example/ HTTP/1.1\r\n" + data + b"\r\n\r\n"):
        try:
            found = read_head(candidate)
        except HeadError:
            continue
        assert found is None or found.size <= len(candidate)


LINES = st.one_of(
    st.builds(
        "{} {}{}".format,
        st.sampled_from(["GET", "GET ", "GET\t", "POST", "get", "HEAD"]),
        st.text(alphabet="htp:/a.example %?\r\n\0\t#é", max_size=30),
        st.sampled_from(
            [" HTTP/1.1", " HTTP/1.0", " HTTP/1.1 ", " HTTP/9.9", "", "\r HTTP/1.1", "\n HTTP/1.1"]
        ),
    ),
    st.text(alphabet="GET htp:/a.1\r\n", max_size=40),
)


@given(
    LINES, st.sampled_from(["", "X: 1", "Upgrade: h2c\r\nConnection: upgrade", "Content-Length: 3", " X: 1"])
)
def test_fields_that_were_read_before_change_nothing_about_what_is_read(line: str, more: str) -> None:
    data = head(*([more] if more else []), first=line)

    def read() -> tuple[object, ...] | str:
        try:
            found = read_head(data)
        except HeadError:
            return "refused"
        return () if found is None else (*found[:3], found.fields, found.size, found.upgrade)

    _KNOWN.clear()
    at_first = read()
    read_head(head(*([more] if more and not more.startswith(" ") else [])))
    assert read() == at_first
