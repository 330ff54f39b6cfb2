"""The table of phrases: one YAML file a language, read strictly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rules import strict_yaml
from rules.errors import Problem
from rules.prose import fold
from rules.rows import data_files, settle
from rules.taxonomy import CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rules.strict_yaml import Document

CONTEXTS = ("medical", "education", "news")
"""Ways of writing about a thing that are not the thing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """One phrase.

    Attributes:
        text: as written in its file; a `*` at the end stands for any ending.
        language: ISO 639 code of the file.
        topic: a category id, or a context of `CONTEXTS`.
        points: its weight; 0 for contexts.
    """

    text: str
    language: str
    topic: str
    points: int


def load(folder: Path) -> tuple[Phrase, ...]:
    """Read a folder of phrases, one YAML file a language.

    Raises:
        StairgateError: with every problem of every file, each with file and line.
    """
    problems: list[Problem] = []
    found: list[Phrase] = []
    for file in data_files(folder):
        found += _read(strict_yaml.load_file(file, name=file.name), problems)
    settle(problems)
    return tuple(found)


def _read(document: Document, problems: list[Problem]) -> Iterator[Phrase]:
    def complain(keys: tuple[str | int, ...], cause: str, hint: str) -> None:
        problems.append(Problem(code="bad-phrases", place=document.place(*keys), cause=cause, hint=hint))

    match document.data:
        case {"language": str(language), "categories": dict(categories), "contexts": dict(contexts), **rest}:
            for key in rest:
                complain(
                    (str(key),), f"There is no field {key!r}.", "Possible: language, categories, contexts."
                )
        case _:
            complain((), "`language`, `categories` or `contexts` is missing.", "See the other files.")
            return
    rows: list[tuple[str, int, object, tuple[str | int, ...]]] = []
    for category, weights in categories.items():
        if category not in CATEGORIES or not isinstance(weights, dict):
            complain(
                ("categories", category), f"{category!r} is no category with weights.", "See taxonomy.yaml."
            )
            continue
        for weight, texts in weights.items():
            points = int(weight) if weight.isdecimal() else 0
            if not 1 <= points <= 50:
                complain(("categories", category, weight), "A weight is 1 to 50.", "Write it in quotes.")
            rows.append((category, points, texts, ("categories", category, weight)))
    for context, texts in contexts.items():
        if context not in CONTEXTS:
            complain(
                ("contexts", context), f"{context!r} is no context.", "Use: " + ", ".join(CONTEXTS) + "."
            )
        rows.append((context, 0, texts, ("contexts", context)))
    seen: set[tuple[str, str]] = set()
    for topic, points, texts, keys in rows:
        if not isinstance(texts, list):
            complain(keys, "This is not a list of phrases.", "Write `[one, two]`.")
            continue
        for index, text in enumerate(texts):
            if not isinstance(text, str) or len(fold(text.encode())) < 4 or "*" in text[:-1]:
                complain(
                    (*keys, index), f"{text!r} is no phrase.", "Two letters or more; a * only at the end."
                )
            elif (topic, text) in seen:
                complain((*keys, index), f"{text!r} stands there twice.", "Keep one.")
            else:
                seen.add((topic, text))
                yield Phrase(text=text, language=language, topic=topic, points=points)
