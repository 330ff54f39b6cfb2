"""An answer's head as the desk passes it on: checked once, written anew, and how its body is framed. Pure.

One walk over the fields does it all: this is on the way of every answer (measured: a sixth of its price).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from proxy.wire import HOP

if TYPE_CHECKING:
    from collections.abc import Sequence

_LONGEST_HEAD = 131_072  # bytes of an answer's head
_MINDED = HOP | {b"content-length"}


class Framed(NamedTuple):
    """What becomes of an answer of which the head is there.

    Attributes:
        problem: why it is not passed on; empty where it is.
        head: as it goes to the client.
        length: bytes of the body, where they are announced; None: see the next two, or there is none.
        chunked: the body comes and goes in chunks.
        until_close: the body ends with the connection.
        keeps_open: the site keeps the connection for another request.
    """

    problem: str = ""
    head: bytes = b""
    length: int | None = None
    chunked: bool = False
    until_close: bool = False
    keeps_open: bool = False


def frame_answer(
    status: int, reason: bytes, fields: Sequence[tuple[bytes, bytes]], *, version: str, bodiless: bool
) -> Framed:
    """Check a site's answer and write its head anew.

    Args:
        status: its status; no interim one.
        reason: its reason phrase.
        fields: names and values as sent.
        version: `1.0` or `1.1`.
        bodiless: the question was HEAD: there is no body whatever the fields say.
    """
    lines = [b"HTTP/1.1 %d %b" % (status, reason)]
    length = coding = wish = None
    for name, value in fields:
        lowered = name.lower()
        if lowered not in _MINDED:
            lines.append(name + b": " + value)
        elif lowered == b"content-length":
            if length is not None:
                return Framed("its length can be read two ways")
            length = value
            lines.append(name + b": " + value)
        elif lowered == b"transfer-encoding":
            if coding is not None:
                return Framed("its length can be read two ways")
            coding = value
        elif lowered == b"connection" and wish is None:
            wish = value.lower()
    problem = _problem(fields, length, coding)
    if problem:
        return Framed(problem)
    bodiless = bodiless or status in {204, 304}
    chunked = coding is not None and not bodiless
    until_close = coding is None and length is None and not bodiless
    if chunked:
        lines.append(b"Transfer-Encoding: chunked")
    if until_close:
        lines.append(b"Connection: close")
    lines.append(b"\r\n")
    return Framed(
        "",
        b"\r\n".join(lines),
        None if bodiless or length is None else int(length),
        chunked,
        until_close,
        version == "1.1" and (wish is None or b"close" not in wish),
    )


def _problem(fields: Sequence[tuple[bytes, bytes]], length: bytes | None, coding: bytes | None) -> str:
    text = b"".join([part for pair in fields for part in pair])
    if len(text) > _LONGEST_HEAD:
        return "its head is too long"
    if b"\r" in text or b"\n" in text or b"\x00" in text:
        return "a field holds a control character"
    if length is not None and coding is not None:
        return "it has two lengths"
    if length is not None and not length.isdigit():
        return "its length is no number"
    if coding is not None and coding.lower() != b"chunked":
        return "it has a transfer encoding other than chunked"
    return ""
