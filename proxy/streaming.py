"""Text that flows: read as it passes, without holding it up, and cut off when it says too much.

For event streams, lines of JSON, messages, and pages that take as long as somebody writes. What has passed
has passed. How parts are put together is `proxy.hearing`'s.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from proxy.hearing import Hearing, Manner
from proxy.unpacking import Unpacker, UnpackError
from rules.content import LIMITS, examine, of_score
from rules.decide import Reason, refuse
from rules.presets import Action, Profile

if TYPE_CHECKING:
    from collections.abc import Callable

    from proxy.judge import Judge, Notes
    from rules.decide import Decision, Finding, Request

MOST = 256 * 1024
"""Bytes of a stream that are read; later ones add nothing."""
_SLICE = 4 * 1024  # bytes that are read in one go: under 3 ms, whatever they are
_LONGEST = (
    0.0015  # seconds of processor after which no further slice of a part is read: others wait meanwhile
)
_MOST_LABELS = 64 * 1024  # bytes of a page that are searched for labels
_LAST_WORDS = b"\n\nevent: closed\ndata: Closed by the filter of this home.\n\n"
_PACKED = "What followed is packed in a way that can't be read here, and then nobody can say what it holds."


@dataclass(frozen=True, slots=True, kw_only=True)
class Flowing:
    """How an answer is listened to.

    Attributes:
        profile: whose limit counts.
        manner: how it is written.
        codings: its Content-Encoding.
        events: it is an event stream, which can be told why it ends.
    """

    profile: Profile
    manner: Manner
    codings: str = ""
    events: bool = False


class Listener:
    """Called with each part of an answer, gives what is passed on: that part, or nothing any more."""

    def __init__(
        self,
        request: Request,
        flowing: Flowing,
        judge: Judge,
        notes: Notes,
        drop: Callable[[], None] | None = None,
    ) -> None:
        """Listen to one answer.

        Args:
            request: what was asked for.
            flowing: how it is listened to.
            judge: decides again when words weigh too much.
            notes: is told when the answer is cut off.
            drop: ends the client's connection then; None: nothing more is passed on.
        """
        self._request = request
        self._flowing = flowing
        self._limit = LIMITS[flowing.profile]
        self._judge = judge
        self._notes = notes
        self._drop = drop
        self._hearing = Hearing(flowing.manner)
        self._unpacker = Unpacker(flowing.codings)
        self._page = b""
        self._read = 0
        self._unread = self._held = b""  # as it reads, and as it came
        self.cut_off = False
        """Whether it said too much: nothing more of it is passed on."""

    def __call__(self, data: bytes) -> bytes:
        """Read a part and say what is passed on; the last part is empty."""
        if self.cut_off:
            return b""
        if self._limit is not None and self._read <= MOST and self._is_too_much(data):
            self.cut_off = True
            if self._drop is not None:
                self._drop()
            return _LAST_WORDS if self._flowing.events and not self._flowing.codings else b""
        if self.is_behind and data:
            self._held += data
            return b""
        held, self._held = self._held, b""
        return held + data

    @property
    def is_behind(self) -> bool:
        """Whether it holds back what it had no time to read: until the next part, or the end."""
        return bool(self._unread) and self._limit is not None and self._read <= MOST

    def skip(self, first: bytes) -> None:
        """Go on behind a first part, as it came, that was held and read."""
        try:
            text = self._unpacker.unpack(first, MOST)
        except UnpackError:
            return  # it was let in all the same: nobody's words are weighed, or nothing was packed
        self._page = text[:_MOST_LABELS]
        self._hearing.skip(text)

    def _is_too_much(self, data: bytes) -> bool:
        try:
            self._unread += self._unpacker.unpack(data, MOST + 1)
        except UnpackError:
            return self._close(self._request, refuse(Reason.FAILURE, _PACKED))
        begun = time.thread_time()
        while self._unread and time.thread_time() - begun < _LONGEST:
            text, self._unread = self._unread[:_SLICE], self._unread[_SLICE:]
            self._read += len(text)
            if self._says_too_much(text):
                return True
        return False

    def _says_too_much(self, text: bytes) -> bool:
        scores = self._hearing.hear(text)
        found = [of_score(score) for score in scores if score.points >= (self._limit or 0)]
        found += self._labels(text)
        if not found:
            return False
        request = replace(self._request, findings=(*self._request.findings, *dict.fromkeys(found)))
        decision = self._judge.decide(request)
        if decision.action is Action.ALLOW:
            self._limit = None  # what stands above all content has decided: nothing more need be read
            return False
        return self._close(request, decision)

    def _close(self, request: Request, decision: Decision) -> bool:
        self._notes.note(request, decision, request.device)
        return True

    def _labels(self, text: bytes) -> tuple[Finding, ...]:
        """What a page says of itself in a part; a label may be cut anywhere."""
        if self._flowing.manner is not Manner.PAGE or len(self._page) >= _MOST_LABELS:
            return ()
        self._page += text
        folded = self._page[-len(text) - 200 :].lower()
        if b"rating" not in folded and b"age-" not in folded:
            return ()
        # For adults words are not weighed: that leaves the labels.
        return examine((), self._page, profile=Profile.ADULT)
