"""Finding phrases in a page's words, and weighing what was found. All numbers of the weighing stand here."""

from __future__ import annotations

import math
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from ahocorasick_rs import BytesAhoCorasick

from rules.prose import fold
from rules.taxonomy import CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .table import Phrase

STRONG = 15
"""From this weight a phrase counts by itself; weaker ones only add to strong ones, at most doubling them."""

SOFTENED: dict[str, frozenset[str]] = {
    "medical": frozenset({"pornography", "drugs", "self_harm", "alcohol_tobacco", "violence_gore"}),
    "education": frozenset(CATEGORIES),
    "news": frozenset(CATEGORIES),
}
"""What each context softens: writing about a thing is not the thing."""

CONTEXT_POINTS = 5  # for each different phrase of a context
CONTEXT_LEAST = 3  # different phrases before a context counts
CONTEXT_MOST = 0.75  # share of the points that contexts can take away: hidden words do not whitewash a page
REPEAT = 2  # times one phrase counts


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What one phrase, or one context, brought to a score.

    Attributes:
        text: the phrase, or the context's phrases.
        count: how often it was found.
        points: what it added; negative for a context.
        context: name of the context, or empty.
    """

    text: str
    count: int
    points: int
    context: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a page's words weigh for one category, in the language that weighs most.

    Attributes:
        category: category id.
        language: whose phrases they are.
        points: the sum; never negative.
        contributions: everything that went into it, largest first.
    """

    category: str
    language: str
    points: int
    contributions: tuple[Contribution, ...]


class Matcher:
    """Phrases compiled into one automaton: a page is read once, however many there are."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        self._meanings: list[list[Phrase]] = []
        patterns: dict[bytes, int] = {}
        for phrase in phrases:
            for pattern in _patterns(phrase.text):
                if pattern not in patterns:
                    patterns[pattern] = len(self._meanings)
                    self._meanings.append([])
                meanings = self._meanings[patterns[pattern]]
                if phrase not in meanings:
                    meanings.append(phrase)
        self._automaton = BytesAhoCorasick(list(patterns))

    def find(self, words: bytes) -> Counter[Phrase]:
        """How often each phrase occurs; one inside a longer one is not counted.

        Args:
            words: as `rules.prose` gives them.
        """
        hits = self._automaton.find_matches_as_indexes(words, overlapping=True)
        # By place, of those that begin together the longest first: they come ordered by their ends.
        hits.reverse()
        hits.sort(key=itemgetter(1))
        found: list[int] = []
        last = 0
        for index, _, end in hits:
            if end > last:
                last = end
                found.append(index)
        counts: Counter[Phrase] = Counter()
        for index, number in Counter(found).items():
            for phrase in self._meanings[index]:
                counts[phrase] += number
        return counts

    def score(self, words: bytes) -> tuple[Score, ...]:
        """The scores of a page, highest first; categories without a strong phrase are left out.

        Args:
            words: as `rules.prose` gives them.
        """
        return self.weigh(self.find(words), len(words))

    def weigh(self, counts: Counter[Phrase], length: int) -> tuple[Score, ...]:
        """The scores of what was found, highest first; categories without a strong phrase are left out.

        Args:
            counts: as `find` gives them, or the sum of several finds.
            length: bytes of the words they were found in.
        """
        if not any(phrase.points >= STRONG for phrase in counts):
            return ()
        best: dict[str, Score] = {}
        scale = _scale(length)
        for language, category in sorted({(p.language, p.topic) for p in counts if p.points >= STRONG}):
            score = _weigh(counts, language, category, scale)
            if category not in best or score.points > best[category].points:
                best[category] = score
        return tuple(sorted(best.values(), key=lambda score: (-score.points, score.category)))


def _scale(length: int) -> float:
    """What points are divided by: long pages meet more by chance. 1 up to 6 KB of words, at most 2."""
    return min(2.0, max(1.0, math.sqrt(length / 6_000)))


def _weigh(counts: Counter[Phrase], language: str, category: str, scale: float) -> Score:
    strong = weak = 0.0
    parts: list[Contribution] = []
    for phrase, count in counts.items():
        if phrase.language == language and phrase.topic == category:
            points = phrase.points * min(count, REPEAT) / scale
            strong, weak = (strong + points, weak) if phrase.points >= STRONG else (strong, weak + points)
            parts.append(Contribution(text=phrase.text, count=count, points=round(points)))
    total = strong + min(weak, strong)
    taken = 0.0
    for context, softened in SOFTENED.items():
        found = [p for p in counts if p.language == language and p.topic == context]
        if category in softened and len(found) >= CONTEXT_LEAST:
            points = min(CONTEXT_POINTS * len(found), CONTEXT_MOST * total - taken)
            taken += points
            shown = ", ".join(phrase.text for phrase in found[:5])
            parts.append(Contribution(text=shown, count=len(found), points=-round(points), context=context))
    parts.sort(key=lambda part: (-part.points, part.text))
    return Score(
        category=category, language=language, points=round(total - taken), contributions=tuple(parts)
    )


def _patterns(text: str) -> Iterator[bytes]:
    """The byte patterns of a phrase: as written, in capitals, and without its accents."""
    stem = text.endswith("*")
    lower = text.removesuffix("*").lower()
    capitals = "".join(letter if letter.isascii() else letter.upper() for letter in lower)
    first = lower[0] if lower[0].isascii() else lower[0].upper()
    for spelling in dict.fromkeys((lower, capitals, first + lower[1:], _plain(lower))):
        pattern = fold(spelling.encode())
        yield pattern[:-1] if stem else pattern


_MARKS = re.compile(r"[\u0300-\u036f]")
_SPELT = str.maketrans({"ł": "l", "ß": "ss", "œ": "oe", "æ": "ae", "ø": "o"})


def _plain(text: str) -> str:
    return _MARKS.sub("", unicodedata.normalize("NFD", text)).translate(_SPELT)
