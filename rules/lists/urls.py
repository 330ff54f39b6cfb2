"""Lists of addresses: `host/path` as in squidGuard's urls files, or whole URLs. Covers the path and below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .domains import COMMENT
from .words import path_rule

if TYPE_CHECKING:
    from .entry import Refusal, Rule


def read_line(line: str, *, suffix: bool = False) -> tuple[Rule | Refusal, ...]:
    """Read one line.

    Args:
        line: without its end.
        suffix: accept public suffixes.

    Returns:
        One rule or refusal; nothing for a comment.
    """
    word = line.strip()
    if not word or COMMENT.match(line):
        return ()
    return (path_rule(word.partition(" ")[0], suffix=suffix),)
