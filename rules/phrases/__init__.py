"""Weighted phrases in six languages: finds them in a page's words and says what each one weighs.

The phrases are our own and printable; they lie beside this file. Knows nothing of HTML (`rules.prose`) and
nothing of people: what a score leads to is decided elsewhere.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from .table import CONTEXTS, Phrase, load
from .weighing import Contribution, Matcher, Score

__all__ = ["CONTEXTS", "FOLDER", "Contribution", "Matcher", "Phrase", "Score", "load", "matcher"]

FOLDER = Path(__file__).parent


@cache
def matcher() -> Matcher:
    """The phrases we ship, compiled."""
    return Matcher(load(FOLDER))
