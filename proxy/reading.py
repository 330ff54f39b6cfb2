"""What is read of one answer: unpacked, as text, its labels and words. Pure; runs wherever there is time.

It must not know flows, decisions or people beyond a profile, so that a process of its own can do it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from proxy.unpacking import UnpackError, readable, unpack
from rules.content import Form, examine

if TYPE_CHECKING:
    from rules.decision import Finding
    from rules.presets import Profile

_AT_ONCE_PACKED = 16 * 1024  # bytes unpacked on the event loop; a bomb of this size costs 0.3 ms
AT_ONCE = 12 * 1024
"""Bytes of text read on the event loop: under 0.5 ms for a page, 4 ms for the worst made for the purpose."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back, as far as it is read.

    Attributes:
        raw: the body, or its first part, as it came.
        codings: its Content-Encoding; empty for none.
        labels: the headers that may hold an age label, names and values.
        charset: as the Content-Type names it.
        profile: for whom it is read.
        most: bytes read of it, packed and unpacked; 0: its headers are enough.
        form: what the body is.
    """

    raw: bytes
    codings: str
    labels: tuple[tuple[str, str], ...]
    charset: str | None
    profile: Profile
    most: int
    form: Form = Form.PAGE


type Findings = tuple[Finding, ...] | None
"""What an answer says against itself; None where it can't be unpacked and no header says anything."""


def read(answer: Answer) -> Findings:
    """Read one answer, however long that takes."""
    return _examine(answer, _unpack(answer))


def read_at_once(answer: Answer) -> tuple[Findings] | None:
    """Read one answer where that is quick.

    Returns:
        The findings as the only part of a tuple, or None: it must be read elsewhere.
    """
    if len(answer.raw) > (_AT_ONCE_PACKED if answer.codings else AT_ONCE):
        return None
    body = _unpack(answer)
    if body is not None and len(body) > AT_ONCE:
        return None
    return (_examine(answer, body),)


def _unpack(answer: Answer) -> bytes | None:
    if not answer.most:
        return b""
    try:
        return unpack(answer.raw, answer.codings, answer.most)
    except UnpackError:
        return None


def _examine(answer: Answer, body: bytes | None) -> Findings:
    text, charset = readable(body or b"", answer.charset)
    found = examine(answer.labels, text, charset=charset, profile=answer.profile, form=answer.form)
    return None if body is None and not found else found
