"""Plain lists: a name a line, as most lists and squidGuard have it. An entry covers the name and all below.

Holds IP addresses and networks as well. A leading dot, `*.` and a dot at the end change nothing.
"""

from __future__ import annotations

import re

from .entry import Refusal, Rule
from .words import PORTLESS, host_rule, network_rule

COMMENT = re.compile(r"\s*(?:[#!;]|//|\[[A-Za-z])")


def read_line(line: str, *, suffix: bool = False) -> tuple[Rule | Refusal, ...]:
    """Read one line.

    Args:
        line: without its end.
        suffix: accept public suffixes.

    Returns:
        One rule or refusal; nothing for a comment.
    """
    if COMMENT.match(line):
        return ()
    word = re.split(r"\s+#", line.strip(), maxsplit=1)[0].rstrip()
    if not word:
        return ()
    return (_word(word, suffix=suffix),)


def _word(word: str, *, suffix: bool) -> Rule | Refusal:
    if re.search(r"\s", word):
        return Refusal("blank-inside-name")
    if "://" in word:
        return Refusal("url-in-place-of-name")
    if re.fullmatch(r"[0-9A-Fa-f:.]+/\d+", word):
        return network_rule(word)
    if "/" in word:
        return Refusal("path-in-place-of-name")
    if "@" in word:
        return Refusal("user-in-place-of-name")
    if word.count(":") == 1 and not word.startswith("["):
        return Refusal(PORTLESS)
    return host_rule(word.removeprefix("*.").removeprefix("."), suffix=suffix)
