"""Languages of the pages: the texts as they lie in `texts/`, and which one a reader wants.

Adding a language is adding a file with the keys of `en.yaml`; a test keeps the files complete.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from rules import strict_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

_FOLDER = Path(__file__).parent / "texts"
DEFAULT = "en"
_MOST_CHARACTERS = 500  # of an Accept-Language header; nobody's is longer


@dataclass(frozen=True, slots=True)
class Texts:
    """All texts of one language.

    Attributes:
        tag: the language tag, for the `lang` attribute.
        words: texts by key, as in `en.yaml`.
    """

    tag: str
    words: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        """The text called `key`; English where this language lacks it."""
        found = self.words.get(key)
        return found if found is not None else load(DEFAULT).words[key]

    def get(self, key: str) -> str | None:
        """The text called `key` in this very language, or None."""
        return self.words.get(key)


@cache
def available() -> tuple[str, ...]:
    """The languages there are, in alphabetical order."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


@cache
def load(tag: str) -> Texts:
    """The texts of one language.

    Args:
        tag: one of `available()`.
    """
    data = strict_yaml.load_file(_FOLDER / f"{tag}.yaml").data
    return Texts(tag, dict(_flat(data, "")))


def _flat(node: Mapping[str, object], prefix: str) -> list[tuple[str, str]]:
    rows: list[tuple[str, str]] = []
    for key, value in node.items():
        if isinstance(value, dict):
            rows += _flat(value, f"{prefix}{key}.")
        else:
            rows.append((prefix + key, str(value).strip()))
    return rows


@lru_cache(maxsize=256)
def choose(accept_language: str) -> Texts:
    """The language a reader likes best among those there are (RFC 9110 section 12.5.4).

    Args:
        accept_language: the header as sent; empty, odd and hostile ones lead to English.
    """
    wishes: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept_language[:_MOST_CHARACTERS].split(",")):
        tag, _, parameter = part.partition(";")
        weight = _weight(parameter)
        primary = tag.strip().lower().partition("-")[0]
        if primary in available() and weight > 0:
            wishes.append((-weight, place, primary))
    return load(min(wishes)[2] if wishes else DEFAULT)


def _weight(parameter: str) -> float:
    key, _, value = parameter.strip().partition("=")
    if key.strip() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0
