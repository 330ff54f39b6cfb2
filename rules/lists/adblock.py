"""Adblock and AdGuard syntax, as far as it names addresses: hosts, paths, exceptions, expressions.

`||x^` covers the name and all below, `|x^` only the name, `||*.x^` only what is below. Cosmetic rules and
rules that only hold for some clients, record types or page parts are skipped: an address alone can't tell.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from . import hosts
from .entry import Covers, Kind, Refusal, Rule
from .expressions import expression_rule
from .words import PORTLESS, host_rule, network_rule, path_rule

COMMENT = re.compile(r"\s*(?:!|#(?![#@?$%])|\[Adblock|\[AdGuard|\[uBlock)", re.IGNORECASE)
COSMETIC = re.compile(r"#@?[#?$%]{1,2}#?|\$\$|\$@\$")
EXPRESSION = re.compile(r"/(.+)/(?:\$(.*))?")
HEAD = re.compile(r"[a-z]{2,}.*", re.IGNORECASE)
# Modifiers that leave a rule what it is for an address.
KEEPING = frozenset("important all document doc popup match-case network badfilter empty mp4 _".split())  # noqa: SIM905
# Answers of `dnsrewrite` that lead nowhere.
REFUSING = re.compile(
    r"(?:NXDOMAIN|REFUSED|SERVFAIL|NOERROR)?(?:;;)?|(?:NOERROR;A+;)?(?:0\.0\.0\.0|::|127\.0\.0\.1)"
)
HOST_PART = re.compile(r"[^/^|$?*]+")


class Modifiers(NamedTuple):
    """What the part after `$` says; `narrowing` names the first modifier that limits the rule."""

    important: bool = False
    badfilter: bool = False
    excluding: tuple[str, ...] = ()
    narrowing: str = ""


def read_line(line: str, *, suffix: bool = False) -> tuple[Rule | Refusal, ...]:
    """Read one line.

    Args:
        line: without its end.
        suffix: accept public suffixes.

    Returns:
        One rule or refusal, or several for a hosts line; nothing for a comment.
    """
    if COMMENT.match(line):
        return ()
    text = line.strip()
    if COSMETIC.search(text) and not EXPRESSION.fullmatch(text):
        return (Refusal("cosmetic-rule"),)
    if re.match(r"[0-9A-Fa-f:.]+\s", text):
        return hosts.read_line(text, suffix=suffix)
    exception = text.startswith("@@")
    pattern, modifiers = split(text.removeprefix("@@"))
    if modifiers.badfilter:
        return (Refusal("disables-a-rule"),)
    if modifiers.narrowing:
        return (Refusal(f"only-for-some:{modifiers.narrowing}"),)
    rule = _pattern(pattern, suffix=suffix or exception)
    if isinstance(rule, Refusal):
        return (rule,)
    return (rule._replace(exception=exception, important=modifiers.important, excluding=modifiers.excluding),)


def disabled(line: str) -> str | None:
    """Give the rule that a `$badfilter` line switches off, written as `plain_text` writes it; else None."""
    text = line.strip()
    _, modifiers = split(text.removeprefix("@@"))
    return plain_text(text) if modifiers.badfilter else None


def plain_text(line: str) -> str:
    """Write a rule so that the same rule is the same text: modifiers sorted, `badfilter` left out."""
    pattern, dollar, options = _halves(line.strip())
    kept = sorted({option.strip() for option in options.split(",")} - {"badfilter", ""}) if dollar else []
    return f"{pattern}${','.join(kept)}" if kept else pattern


def _halves(text: str) -> tuple[str, str, str]:
    if found := EXPRESSION.fullmatch(text.removeprefix("@@")):
        return text[: text.rindex("/") + 1], "$" * (found[2] is not None), found[2] or ""
    pattern, dollar, options = text.rpartition("$")
    return (pattern, dollar, options) if dollar and HEAD.fullmatch(options.lstrip("~")) else (text, "", "")


def split(text: str) -> tuple[str, Modifiers]:
    """Split a rule into pattern and modifiers."""
    pattern, _, options = _halves(text)
    important = badfilter = False
    excluding: tuple[str, ...] = ()
    narrowing = ""
    for option in filter(None, (option.strip() for option in options.split(","))):
        name, _, value = option.partition("=")
        if name == "denyallow":
            excluding = tuple(sorted(filter(None, value.lower().split("|"))))
        elif name == "dnsrewrite" and REFUSING.fullmatch(value):
            continue
        elif name not in KEEPING:
            narrowing = narrowing or name.lstrip("~")
        important |= name == "important"
        badfilter |= name == "badfilter"
    return pattern, Modifiers(important, badfilter, excluding, narrowing)


def _pattern(pattern: str, *, suffix: bool) -> Rule | Refusal:
    if not pattern.strip("*|^"):
        return Refusal("names-nothing")
    if found := EXPRESSION.fullmatch(pattern):
        return expression_rule(found[1])
    if re.search(r"\s", pattern):
        return Refusal("blank-inside-name")
    if pattern.startswith("||"):
        return _anchored(pattern[2:], Covers.NAME_AND_BELOW, suffix=suffix)
    if pattern.startswith("|"):
        start = re.sub(r"^(?:https?|wss?):(?://)?", "", pattern[1:])
        return _anchored(start, Covers.NAME, suffix=suffix)
    if "://" in pattern[:8]:
        return _anchored(pattern.partition("://")[2], Covers.NAME, suffix=suffix)
    if pattern.startswith("*") and "." in pattern.strip("*."):
        return _anchored(pattern, Covers.NAME_AND_BELOW, suffix=suffix)
    if pattern.startswith(".") and pattern.endswith("^"):
        return _anchored(f"*{pattern}", Covers.NAME_AND_BELOW, suffix=suffix)
    word = pattern.removesuffix("^")
    if re.search(r"[*^|=?&]|/.*/|^[-_/.]", word) or "." not in word:
        return Refusal("unanchored-pattern")
    return path_rule(word, suffix=suffix) if "/" in word else host_rule(word, suffix=suffix)


def _anchored(rest: str, covers: Covers, *, suffix: bool) -> Rule | Refusal:
    """Read what stands after the anchor: a host, then perhaps a path, then perhaps the end."""
    below = rest.removeprefix("*.")
    host = HOST_PART.match(below)
    if host is None:
        return _starred(rest, covers)
    tail = below[host.end() :]
    name = host.group()
    if ":" in name and not name.startswith("["):
        name, _, port = name.partition(":")
        if port.isdigit():
            return Refusal(PORTLESS)
    if tail in {"", "^", "|", "^|", "^*", "/", "*", "/*", "/^"} and not (
        tail == "*" and not rest.endswith("^*")
    ):
        if below is not rest and covers is Covers.NAME_AND_BELOW:
            return host_rule(name, Covers.BELOW, suffix=suffix)
        return host_rule(name, covers, suffix=suffix)
    if below is rest and re.fullmatch(r"(?:/\d{1,3})?\^?", tail) and name.replace(".", "").isdigit():
        return network_rule(name + tail.rstrip("^"))
    if below is rest and tail.startswith("/") and not re.search(r"[*^|]", tail.rstrip("*^|")):
        rule = path_rule(name + tail.rstrip("*^|"), suffix=suffix)
        if isinstance(rule, Refusal) or rule.kind is not Kind.PATH:
            return rule
        return rule._replace(covers=covers, begins=not tail.endswith(("^", "|")))
    return _starred(rest, covers)


def _starred(rest: str, covers: Covers) -> Rule | Refusal:
    """Write a pattern with stars as an expression over `host/path?query`."""
    if len(re.sub(r"[*.^|/]", "", rest)) < 4:
        return Refusal("pattern-too-broad")
    head, slash, tail = rest.partition("/")
    start = r"^(?:[^/?]*\.)?" if covers is Covers.NAME_AND_BELOW else "^"
    middle = "".join(_PIECES.get(piece, re.escape(piece)) for piece in head)
    end = "".join(_PIECES_PATH.get(piece, re.escape(piece)) for piece in slash + tail)
    closed = "" if slash or head.endswith(("*", "^")) else r"[^/?]*"
    return expression_rule(f"{start}{middle}{closed}{end}")


# A star in a host stays in the host; `^` is a character that is not part of a word, or the end.
_PIECES = {"*": r"[^/?]*", "^": r"(?:[/?]|$)", "|": "$"}
_PIECES_PATH = {"*": ".*", "^": r"(?:[^\w.%-]|$)", "|": "$"}
