"""Text that flows: read line by line as it passes, without holding it up, and cut off when it says too much.

For event streams and lines of JSON, which never end by themselves or take as long as somebody writes. What
has passed has passed; words that a site spreads over several events are not put together again.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from rules.content import LIMITS, of_score
from rules.phrases import matcher
from rules.presets import Action
from rules.prose import read_page, unescape

if TYPE_CHECKING:
    from proxy.judge import Judge, Notes
    from rules.decide import Request
    from rules.phrases import Phrase
    from rules.presets import Profile

MOST = 256 * 1024
"""Bytes of a stream that are read; later ones add nothing."""
_AT_ONCE = 16 * 1024  # bytes of one part that are read: it is done on the event loop
_CARRY = 160  # bytes of the words before, for phrases that reach into the next line
_LAST_WORDS = b"\n\nevent: closed\ndata: Closed by the filter of this home.\n\n"


class Listener:
    """Called with each part of an answer, gives what is passed on: that part, or nothing any more."""

    def __init__(self, request: Request, profile: Profile, judge: Judge, notes: Notes) -> None:
        """Listen to one answer.

        Args:
            request: what was asked for.
            profile: whose limit counts.
            judge: decides again when words weigh too much.
            notes: is told when the answer is cut off.
        """
        self._request = request
        self._limit = LIMITS[profile]
        self._judge = judge
        self._notes = notes
        self._counts: Counter[Phrase] = Counter()
        self._line = b""
        self._carry = b""
        self._read = 0
        self._cut_off = False

    def __call__(self, data: bytes) -> bytes:
        """Read a part and say what is passed on; the last part is empty."""
        if self._cut_off:
            return b""
        if self._limit is None or self._read > MOST or not data:
            return data
        whole, end, rest = (self._line + data).rpartition(b"\n")
        self._line = rest[-_AT_ONCE:]
        if not end:
            return data
        self._read += len(whole)
        if self._is_too_much(whole[:_AT_ONCE]):
            self._cut_off = True
            return _LAST_WORDS
        return data

    def _is_too_much(self, lines: bytes) -> bool:
        words = read_page(unescape(lines))
        both = self._carry + words
        phrases = matcher()
        counts = phrases.find(both)
        counts.subtract(phrases.find(self._carry))
        self._carry = both[-_CARRY:]
        if not any(counts.values()):
            return False
        self._counts += counts
        scores = phrases.weigh(self._counts, self._read)
        found = tuple(of_score(score) for score in scores if score.points >= (self._limit or 0))
        if not found:
            return False
        request = replace(self._request, findings=(*self._request.findings, *found))
        decision = self._judge.decide(request)
        if decision.action is Action.ALLOW:
            self._limit = None  # what stands above all content has decided: nothing more need be read
            return False
        self._notes.note(request, decision, request.device)
        return True
