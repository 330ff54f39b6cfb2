"""A request's head: read by llhttp, and refused in every shape that two parsers may read differently.

Pure. The parser is httptools; what it takes and we do not is checked beside it (RFC 9112 section 11.2).
"""

from __future__ import annotations

from typing import NamedTuple

import httptools

LARGEST = 65536
"""Bytes of a head we wait for."""

_KNOWN: dict[bytes, Fields] = {}
_MOST_KEPT = 256  # blocks of fields kept: a browser sends a handful of them again and again
_LONGEST_KEPT = 4096  # bytes of a head whose fields are kept
_ONCE = (b"host", b"content-length", b"transfer-encoding")


class HeadError(ValueError):
    """A head that is refused; its text says why."""


class Fields:
    """The fields of a head: the same for many requests of one client.

    Attributes:
        pairs: names in lower case and values, in order.
    """

    __slots__ = ("_first", "pairs")

    def __init__(self, pairs: tuple[tuple[bytes, bytes], ...]) -> None:
        self.pairs = pairs
        # Asked a score of times for each request: a dictionary is made once instead of a search each time.
        self._first = {name: value.decode("latin-1") for name, value in reversed(pairs)}

    def get(self, name: bytes) -> str:
        """The value of a field (name in lower case), the first of several, or an empty text."""
        return self._first.get(name, "")


class Head(NamedTuple):
    """A request's head.

    Attributes:
        method: the method, as sent.
        target: the request target, as sent.
        version: `1.0` or `1.1`.
        block: its fields.
        size: bytes of the head, with the empty line.
        upgrade: it wants another protocol.
    """

    method: str
    target: str
    version: str
    block: Fields
    size: int
    upgrade: bool = False

    @property
    def fields(self) -> tuple[tuple[bytes, bytes], ...]:
        """Names in lower case and values, in order."""
        return self.block.pairs

    def get(self, name: bytes) -> str:
        """The value of a field (name in lower case), the first of several, or an empty text."""
        return self.block.get(name)


class _Collector:
    """What the parser calls back."""

    def __init__(self) -> None:
        self.target = b""
        self.fields: list[tuple[bytes, bytes]] = []
        self.whole = False

    def on_url(self, part: bytes) -> None:
        self.target += part

    def on_header(self, name: bytes, value: bytes) -> None:
        self.fields.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.whole = True


def read_head(data: bytes | bytearray) -> Head | None:
    """The head at the beginning of what a client sent.

    Args:
        data: everything not yet understood.

    Returns:
        The head, or None where it is not yet whole.

    Raises:
        HeadError: it is malformed, ambiguous or too long.
    """
    end = data.find(b"\r\n\r\n")
    if end < 0:
        if len(data) > LARGEST:
            raise HeadError("the head does not end")
        return None
    size = end + 4
    if size > LARGEST:
        raise HeadError("the head is too long")
    raw = bytes(data[:size])
    line_end = raw.find(b"\r\n")
    known = _KNOWN.get(raw[line_end:]) if raw.startswith(b"GET ") else None
    if known is not None and raw[line_end - 9 : line_end] == b" HTTP/1.1":
        return _read_again(raw[:line_end], known, size)
    if _is_ambiguous(raw):
        raise HeadError("a line ends in a way that can be read two ways")
    head = _read(raw)
    _refuse_ambiguity(head)
    if head.method == "GET" and head.version == "1.1" and not head.upgrade and size <= _LONGEST_KEPT:
        if len(_KNOWN) >= _MOST_KEPT:
            _KNOWN.clear()
        _KNOWN[raw[line_end:]] = head.block
    return head


def _read_again(line: bytes, known: Fields, size: int) -> Head:
    """A head whose fields were read and found good before, byte for byte: its first line is read alone."""
    if b"\n" in line or b"\r" in line or b"\x00" in line:
        raise HeadError("a line ends in a way that can be read two ways")
    head = _read(line + b"\r\n\r\n")
    if head.fields or (head.method, head.version, head.upgrade) != ("GET", "1.1", False):
        raise HeadError("it is not HTTP")
    return Head(head.method, head.target, head.version, known, size)


def _read(raw: bytes) -> Head:
    """What the parser makes of a whole head."""
    collector = _Collector()
    parser = httptools.HttpRequestParser(collector)
    upgrade = False
    try:
        parser.feed_data(raw)
    except httptools.HttpParserUpgrade:
        upgrade = True
    except httptools.HttpParserError as error:
        raise HeadError(f"it is not HTTP: {error}") from error
    if not collector.whole:
        raise HeadError("it is not HTTP")
    return Head(
        method=parser.get_method().decode("ascii"),
        target=_text(collector.target),
        version=parser.get_http_version(),
        block=Fields(tuple(collector.fields)),
        size=len(raw),
        upgrade=upgrade or parser.should_upgrade(),
    )


def _is_ambiguous(raw: bytes) -> bool:
    """Whether there is a line feed or carriage return by itself, a folded line (obs-fold) or a NUL."""
    lines = raw.count(b"\r\n")
    return (
        raw.count(b"\n") != lines
        or raw.count(b"\r") != lines
        or b"\r\n " in raw
        or b"\r\n\t" in raw
        or b"\x00" in raw
    )


def _text(target: bytes) -> str:
    try:
        return target.decode("ascii")
    except UnicodeDecodeError:
        raise HeadError("the address is not in ASCII") from None


def _refuse_ambiguity(head: Head) -> None:
    if head.version not in {"1.0", "1.1"}:
        raise HeadError(f"HTTP/{head.version} is not spoken here")
    names = [name for name, _ in head.fields]
    for name in _ONCE:
        if names.count(name) > 1:
            raise HeadError(f"it has more than one {name.decode()} field")
    coding = head.get(b"transfer-encoding")
    if coding:
        if coding != "chunked" and coding.lower() != "chunked":
            raise HeadError("it has a transfer encoding other than chunked")
        if b"content-length" in names:
            raise HeadError("it has two lengths")
        if head.version == "1.0":
            raise HeadError("HTTP/1.0 knows no transfer encoding")
    length = head.get(b"content-length")
    if length and not (length.isascii() and length.isdigit()):
        raise HeadError("its length is no number")
    if head.version == "1.1" and b"host" not in names:
        raise HeadError("it has no Host header")
