"""Public suffixes: names under which strangers register theirs. From the list that publicsuffixlist ships."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import publicsuffixlist

from .host import canonical


@lru_cache(maxsize=1)
def suffixes() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Give the rules of the list as canonical names: plain, those under a wildcard, exceptions from one."""
    plain: set[str] = set()
    below: set[str] = set()
    free: set[str] = set()
    for line in Path(publicsuffixlist.PSLFILE).read_text(encoding="utf-8").splitlines():
        rule = line.split(" ")[0].strip()
        if not rule or rule.startswith("//"):
            continue
        kind = below if rule.startswith("*.") else free if rule.startswith("!") else plain
        kind.add(canonical(rule.lstrip("*!.")).name)
    return frozenset(plain), frozenset(below), frozenset(free)


def is_suffix(name: str) -> bool:
    """Tell whether under this name strangers register theirs: `com`, `co.uk`, `github.io`.

    Args:
        name: a canonical host.

    Returns:
        True for a public suffix, and for any single label.
    """
    plain, below, free = suffixes()
    above = name.partition(".")[2]
    return not above or name in plain or (above in below and name not in free)


def is_top(label: str) -> bool:
    """Tell whether a label is a top-level domain that exists."""
    plain, below, _ = suffixes()
    return label in plain or label in below
