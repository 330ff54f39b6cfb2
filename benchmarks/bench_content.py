"""What looking into a page costs, and how often words are right: labels, text, 5,000 phrases, 50 KB.

Targets: labels under 0.2 ms, text and phrases together under 1 ms. The page is made with a printed seed; a
third of it is markup. Times are medians of one run on one core: run it on a machine with nothing else to do.
"""

from __future__ import annotations

import gzip
import random
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rules.labels import read_labels
from rules.phrases import FOLDER, Matcher, Phrase, load, matcher
from rules.prose import read_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SEED = 74
TEXTS = Path(__file__).parents[1] / "tests" / "rules" / "content_texts"
MANUALS = Path("/usr/share/man")
LIMIT = 50  # points; the limit of profile tween


def make_word(dice: random.Random) -> str:
    """A word of two to nine letters."""
    return "".join(dice.choice("abcdefghijklmnoprstuvwz") for _ in range(dice.randint(2, 9)))


def make_page(dice: random.Random, words: list[str], size: int = 50_000) -> bytes:
    """A page as they come: paragraphs with links, now and then a script, character references."""
    parts = [
        "<!DOCTYPE html><html lang=en><head><title>A page</title>",
        "<meta name=rating content=general></head><body>",
    ]
    length = 0
    while length < size:
        text = " ".join(
            dice.choice(words)
            if dice.random() > 0.05
            else f'<a href="/{dice.choice(words)}">{dice.choice(words)}</a>'
            for _ in range(60)
        )
        part = f'<div class="c{dice.randint(1, 99)}"><p>{text}. Caf&eacute; &amp; co.</p></div>\n   '
        if dice.random() < 0.1:
            part += "<script>" + ";".join(f"{dice.choice(words)}=1" for _ in range(60)) + "</script>"
        parts.append(part)
        length += len(part)
    return "".join(parts).encode()[:size]


def time_of(work: Callable[[], object], rounds: int = 300) -> tuple[float, float, float]:
    """Milliseconds of one call: median by the clock, median of the processor, best by the clock.

    Far apart, they tell of a busy machine.
    """
    times, spent = [], []
    for _ in range(rounds):
        start, begun = time.perf_counter(), time.thread_time()
        work()
        spent.append(time.thread_time() - begun)
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1_000, statistics.median(spent) * 1_000, min(times) * 1_000


def measure_speed() -> bool:
    """Print times beside their targets; True where all are met."""
    dice = random.Random(SEED)
    words = [make_word(dice) for _ in range(3_000)]
    page = make_page(dice, words)
    phrases = list(load(FOLDER))
    own = len(phrases)
    while len(phrases) < 5_000:
        text = " ".join(dice.choice(words) for _ in range(dice.randint(2, 3)))
        phrases.append(Phrase(text=text, language="xx", topic="gambling", points=15))
    compiled = Matcher(phrases)
    read = read_page(page)
    text = time_of(lambda: read_page(page))
    both = time_of(lambda: compiled.score(read_page(page)))
    alone = time_of(lambda: compiled.score(read))
    labels = time_of(lambda: read_labels([("Content-Type", "text/html")], page))
    print(f"page {len(page):,} bytes, {page.count(b'<'):,} tags, {len(read):,} bytes of words; seed {SEED}")
    print(f"{len(phrases):,} phrases, {own:,} of them ours; {len(compiled.find(read))} found on the page")
    print("                  median     processor  best")
    print(f"text              {_line(text)}")
    print(f"phrases           {_line(alone)}")
    met = True
    for name, measured, target in (("text and phrases", both, 1.0), ("labels          ", labels, 0.2)):
        met &= measured[0] < target
        verdict = "met" if measured[0] < target else "MISSED"
        print(f"{name}  {_line(measured)}   target {target:.1f} ms: {verdict}")
    return met


def _line(times: tuple[float, float, float]) -> str:
    return " ".join(f"{one:6.3f} ms" for one in times)


def read_texts(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Language, heading and text of every paragraph of a folder."""
    for file in sorted(folder.glob("*.txt")):
        for part in file.read_text(encoding="utf-8").split("== ")[1:]:
            heading, _, text = part.partition("\n")
            yield file.stem, heading, text


def is_found(category: str, text: str) -> bool:
    """Whether a text reaches the limit for a category; for an empty one, for any."""
    scores = {score.category: score.points for score in matcher().score(read_page(text.encode()))}
    return (scores.get(category, 0) if category else max(scores.values(), default=0)) >= LIMIT


def measure_rates() -> None:
    """Print how many paragraphs are found, and how often innocent text is taken for something else.

    Plain paragraphs read like the sites themselves; oblique ones tell of the same things as a person would,
    without a word that names them. Words can't find those, and nobody should think they do.
    """
    plain: dict[str, list[bool]] = {}
    innocent: dict[str, list[bool]] = {}
    oblique: dict[str, list[bool]] = {}
    for language, heading, text in read_texts(TEXTS):
        if heading.startswith("innocent"):
            innocent.setdefault(language, []).append(is_found("", text))
        else:
            plain.setdefault(language, []).append(is_found(heading, text))
    for language, heading, text in read_texts(TEXTS / "oblique"):
        oblique.setdefault(language, []).append(is_found(heading, text))
    for language, hits in plain.items():
        print(
            f"{language}: found {_of(hits)} plain and {_of(oblique[language])} oblique paragraphs; "
            f"false alarms {_of(innocent[language])} medical, school, news and recipe texts, "
            f"{_of(measure_manuals(language))} manual pages"
        )


def _of(results: list[bool]) -> str:
    return f"{sum(results)} of {len(results)}"


def measure_manuals(language: str, most: int = 200) -> list[bool]:
    """For each of at most `most` system manual pages in a language: taken for something harmful?"""
    folder = MANUALS if language == "en" else MANUALS / language
    files = sorted(folder.glob("man[1578]/*.gz"))
    random.Random(SEED).shuffle(files)
    return [
        is_found("", gzip.decompress(file.read_bytes()).decode("utf-8", "replace")) for file in files[:most]
    ]


if __name__ == "__main__":
    met = measure_speed()
    measure_rates()
    sys.exit(0 if met else 1)
