"""Regular expressions in lists: squidGuard's `expressions` files and `/…/` of adblock syntax.

Only what the linear-time engine takes is accepted, so no list can make a look-up slow. An expression is
matched without case against `host`, `host/path?query` and `scheme://host/path?query`.
"""

from __future__ import annotations

import re2

from .entry import Covers, Kind, Refusal, Rule

LONGEST = 4000  # characters of one expression
MEMORY = 1 << 20  # bytes that one compiled expression may take
# Addresses that no list means: an expression that takes all of them takes everything.
HARMLESS = ("", "a.b/", "harmless.example/page?x=1", "192.0.2.1/", "xn--bcher-kva.example/")


def options() -> re2.Options:
    """Give the engine's settings: no case, quiet, bounded."""
    made = re2.Options()
    made.case_sensitive = False
    made.log_errors = False
    made.max_mem = MEMORY
    made.never_capture = True
    return made


def expression_rule(text: str) -> Rule | Refusal:
    """Make a rule from a regular expression.

    Args:
        text: in extended POSIX or RE2 syntax.

    Returns:
        The rule, or why there is none.
    """
    if len(text) > LONGEST:
        return Refusal("expression-too-long")
    try:
        compiled = re2.compile(text, options())
    except (re2.error, UnicodeError):
        return Refusal("expression-not-linear")
    if compiled.search(HARMLESS[0]) or all(compiled.search(one) for one in HARMLESS[1:]):
        return Refusal("matches-everything")
    return Rule(text, Kind.EXPRESSION, Covers.NAME)


def read_line(line: str, *, suffix: bool = False) -> tuple[Rule | Refusal, ...]:
    """Read one line of an `expressions` file: the whole line is one expression.

    Args:
        line: without its end.
        suffix: without meaning here.

    Returns:
        One rule or refusal; nothing for an empty line or comment.
    """
    del suffix
    text = line.strip()
    return () if not text or text.startswith("#") else (expression_rule(text),)
