"""Words of a text that comes in parts: put together again, found, and weighed as far as they have come.

A generated text comes a few letters at a time, each in an event, a line of JSON or a message of its own. They
are joined both ways, without a blank between parts and with one; the weightier reading counts.
Pure: it must not know answers, people or what a score leads to.
"""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from enum import StrEnum
from typing import TYPE_CHECKING

from rules.phrases import matcher
from rules.prose import INVISIBLE, read_page, unescape

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rules.phrases import Phrase, Score


class Manner(StrEnum):
    """How a text that flows is written."""

    PAGE = "page"
    """HTML, cut anywhere."""
    TEXT = "text"
    """Plain text, cut anywhere."""
    LINES = "lines"
    """Events, or JSON, one a line."""
    MESSAGES = "messages"
    """Each part is whole: text or JSON."""


_TAIL = 400  # bytes before a part that are read with it: phrases reach that far
_LONGEST_WORD = 256  # bytes after which a word is taken for ended
_LONGEST_TAG = 4096
_LONGEST_LINE = 4 * 1024
_LOOKED_AHEAD = 1024  # bytes of a line that has not ended
_MOST_KEYS = 16  # texts of JSON that are put together, each by its key
_JSON = frozenset({b"{", b"[", b'"'})
_LETTERS = bytes(byte for byte in range(256) if byte >= 128 or chr(byte).isalnum())


class Strand:
    """One text, put together from its parts."""

    def __init__(self, *, page: bool = False) -> None:
        """Begin with nothing.

        Args:
            page: it is HTML: tags, and what is not shown, may be cut anywhere.
        """
        self.counts: Counter[Phrase] = Counter()
        self.size = 0
        self._page = page
        self._pending = b""
        self._tail = b""
        self._until = b""  # what ends the element that is not shown

    def add(self, part: bytes) -> bool:
        """Go on with the text; whether phrases were found. The last word waits until it has ended."""
        text = self._pending + part
        place = self._end_of(text)
        self._pending = text[place:]
        return self._read(text[:place])

    def skip(self, text: bytes) -> None:
        """Go on behind a text that has been read."""
        self._read(text, anew=False)

    def _end_of(self, text: bytes) -> int:
        """Where the last word that has ended ends."""
        if not self._page:
            place = len(text.rstrip(_LETTERS))
            return place if place or len(text) <= _LONGEST_WORD else len(text)
        tag = text.rfind(b"<")
        end = tag if tag > text.rfind(b">") and len(text) - tag < _LONGEST_TAG else len(text)
        place = max(text.rfind(b" ", 0, end), text.rfind(b"\n", 0, end)) + 1
        return place if place or len(text) <= _LONGEST_TAG else end

    def _read(self, text: bytes, *, anew: bool = True) -> bool:
        text = self._shown(text) if self._page else text
        if not text:
            return False
        self.size += len(text)
        both = self._tail + text
        before, self._tail = self._tail, both[-_TAIL:]
        if not anew:
            return False
        phrases = matcher()
        counts = phrases.find(read_page(both))
        if not counts:
            return False
        counts.subtract(phrases.find(read_page(before)))
        counts = +counts
        self.counts += counts
        return bool(counts)

    def _shown(self, text: bytes) -> bytes:
        """Without the rest of an element that is not shown and began in an earlier part."""
        if self._until:
            place = text.lower().find(self._until)
            if place < 0:
                return b""
            text, self._until = text[place:], b""
        folded, at = text.lower(), 0
        while match := INVISIBLE.search(folded, at):
            closing = b"-->" if match[1] == b"!--" else b"</" + match[1]
            at = folded.find(closing, match.end())
            if at < 0:
                self._until = closing
                return text[: match.start()]
        return text


class Hearing:
    """All that one answer says, as far as it has come."""

    def __init__(self, manner: Manner) -> None:
        """Begin.

        Args:
            manner: how it is written.
        """
        self._manner = manner
        self._line = b""
        self._spaced = Strand(page=manner is Manner.PAGE)
        self._joined: dict[str, Strand] = {}

    def skip(self, text: bytes) -> None:
        """Go on behind a first part that has been read."""
        if self._manner in {Manner.LINES, Manner.MESSAGES}:
            self._line = text.rpartition(b"\n")[2][-_LONGEST_LINE:]
        else:
            self._spaced.skip(text)

    def hear(self, part: bytes) -> tuple[Score, ...]:
        """Take a part.

        Returns:
            The scores of all that has come, where something was found in this part; of each reading.
        """
        if self._manner is Manner.LINES:
            lines, _, self._line = (self._line + part.replace(b"\r", b"\n")).rpartition(b"\n")
            if len(self._line) > _LONGEST_LINE:
                lines, self._line = lines + b"\n" + self._line, b""
            found = self._hear_texts([text for line in lines.splitlines() if (text := _data_of(line))])
        elif self._manner is Manner.MESSAGES:
            found = self._hear_texts([part])
        else:
            found = self._spaced.add(part)
        begun = matcher().find(read_page(unescape(self._line[-_LOOKED_AHEAD:]))) if self._line else Counter()
        return self._weigh(begun) if found or begun else ()

    def _hear_texts(self, texts: Sequence[bytes]) -> bool:
        all_pieces = _pieces(texts)
        joined: dict[str, list[bytes]] = {}
        for key, piece in all_pieces:
            joined.setdefault(key, []).append(piece)
        found = self._spaced.add(b" ".join([*(piece for _, piece in all_pieces), b""]))
        for key, pieces in joined.items():
            strand = self._joined.get(key)
            if strand is None:
                strand = self._joined.setdefault(key if len(self._joined) < _MOST_KEYS else "", Strand())
            found |= strand.add(b"".join(pieces))
        return found

    def _weigh(self, begun: Counter[Phrase]) -> tuple[Score, ...]:
        """The scores of both readings; `begun`: what a line says that has not ended, and may never."""
        joined: Counter[Phrase] = Counter()
        size = 0
        for strand in self._joined.values():
            joined += strand.counts
            size += strand.size
        phrases = matcher()
        return (*phrases.weigh(self._spaced.counts + begun, self._spaced.size), *phrases.weigh(joined, size))


def _data_of(line: bytes) -> bytes:
    """One line: of an event stream its data alone (WHATWG HTML, server-sent events), else JSON."""
    name, colon, value = line.partition(b":")
    if colon and name in {b"data", b"event", b"id", b"retry", b""}:
        return value.removeprefix(b" ") if name == b"data" else b""
    return line.lstrip(b"\x1e")


def _pieces(texts: Sequence[bytes]) -> list[tuple[str, bytes]]:
    """The texts of some lines with their keys: all in JSON, or the line itself."""
    if all(text[:1] in _JSON for text in texts):
        with contextlib.suppress(ValueError, RecursionError):
            return _texts_in(b"[" + b",".join(texts) + b"]")  # all at once costs a third
    found: list[tuple[str, bytes]] = []
    for text in texts:
        try:
            found += _texts_in(text) if text[:1] in _JSON else [("", text)]
        except (ValueError, RecursionError):
            found.append(("", unescape(text)))
    return found


def _texts_in(text: bytes) -> list[tuple[str, bytes]]:
    """The texts in JSON, those of an inner object first; lists in lists are passed over.

    Raises:
        ValueError: it is not JSON.
        RecursionError: it is too deep.
    """
    found: list[tuple[str, object]] = []

    def take(pairs: list[tuple[str, object]]) -> None:
        for key, value in pairs:
            if isinstance(value, str):
                found.append((key, value))
            elif isinstance(value, list):
                found.extend((key, one) for one in value)

    whole = json.loads(text, object_pairs_hook=take)
    for one in whole if isinstance(whole, list) else [whole]:
        found.extend(("", inner) for inner in (one if isinstance(one, list) else [one]))
    return [(key, one.encode("utf-8", "replace")) for key, one in found if isinstance(one, str)]
