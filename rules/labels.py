"""Age labels a site puts on itself: RTA, `rating`, and the German age labels. Read from markup only.

A label merely quoted (in text, a comment, a script, a form field, an attribute) is no label. Old schemes
(PICS, ICRA, POWDER) are passed over.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from .prose import cut, openings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

RTA = "rta-5042-1996-1400-1577-rta"
"""The one value of the "restricted to adults" label, folded."""

_READ = 64 * 1024  # bytes of a page searched for labels: they belong into its head
_MOST = 300  # meta elements looked at
_LONGEST = 8 * 1024  # bytes of one
# Elements whose content is text to a parser, whatever it looks like.
_RAW = openings(
    *("script", "style", "textarea", "title", "template", "noscript"),
    *("noembed", "noframes", "iframe", "xmp", "svg", "select", "plaintext"),
)
_ATTRIBUTE = re.compile(
    rb"[\s/]*([^\s\"'<>/=]{1,64})(?:\s{0,8}=\s{0,8}(?:\"([^\"]{0,2000})\"|'([^']{0,2000})'|([^\s\"'<>`]{1,2000})))?"
)
_RATINGS = {"adult": 18, "restricted": 18, "mature": 16, RTA: 18}
_AGE_NAMES = frozenset({"age-de-meta-label", "age-meta-label"})
_AGE = re.compile(r"\bage\s{0,4}=\s{0,4}(\d{1,2})\b")


class Scheme(StrEnum):
    """Whose label it is."""

    RTA = "RTA"
    RATING = "rating"
    AGE_DE = "age-de"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One label found.

    Attributes:
        scheme: whose label it is.
        age: years from which the site says it is fit.
        source: `header`, `meta` or `age-de.xml`.
        value: what the site wrote, cut to 80 characters.
    """

    scheme: Scheme
    age: int
    source: str
    value: str


def read_labels(headers: Iterable[tuple[str, str]], body: bytes) -> tuple[Label, ...]:
    """The labels of one answer, headers first.

    Args:
        headers: names and values of the answer.
        body: the decompressed body; HTML is looked for in its first 64 KB. Other content has no labels in it.
    """
    found = [label for name, value in headers for label in _read_pair(name.strip().lower(), value, "header")]
    html = body[:_READ].lower()
    for name, value in metas(html) if b"rating" in html or b"age-" in html else ():
        found += _read_pair(name, value, "meta")
    return tuple(dict.fromkeys(found))


def _read_pair(name: str, value: str, source: str) -> Iterator[Label]:
    if name == "rating":
        for word in re.split(r"[,;]", value):
            folded = " ".join(word.lower().split())
            if folded in _RATINGS:
                scheme = Scheme.RTA if folded == RTA else Scheme.RATING
                yield Label(scheme=scheme, age=_RATINGS[folded], source=source, value=value[:80])
    elif name in _AGE_NAMES and (match := _AGE.search(value.lower())):
        yield Label(scheme=Scheme.AGE_DE, age=int(match[1]), source=source, value=value[:80])


def metas(html: bytes) -> Iterator[tuple[str, str]]:
    """Name and content of every meta element.

    Args:
        html: the beginning of a page, in lower case.
    """
    if b"<meta" not in html:
        return
    html = cut(html[: html.rfind(b"<meta") + _LONGEST], _RAW)  # what follows the last one holds none
    at = -1
    for _ in range(_MOST):
        at = html.find(b"<meta", at + 1)
        if at < 0:
            return
        attributes = _attributes(html, at + 5)
        name = attributes.get("name") or attributes.get("http-equiv")
        if name:
            yield name.strip(), attributes.get("content", "")


def _attributes(html: bytes, at: int) -> dict[str, str]:
    """The attributes of the tag whose name ends at `at`; of two alike the first counts, as in a browser."""
    found: dict[str, str] = {}
    if html[at : at + 1] not in {b" ", b"\t", b"\n", b"\r", b"\f", b"/"}:
        return found
    while match := _ATTRIBUTE.match(html, at):
        value = match[2] or match[3] or match[4] or b""
        found.setdefault(match[1].decode("latin-1"), value.decode("utf-8", "replace"))
        at = match.end()
    return found


_BLOCK = re.compile(r"<labeltype-xmlfile\b[^<>]*>(.*?)</labeltype-xmlfile", re.DOTALL)
_ONE = re.compile(r"<label\b(?!-)[^<>]*>(.*?)</label\s{0,9}>", re.DOTALL)
_FIELD = {
    name: re.compile(rf"<{name}\b(?!-)[^<>]{{0,200}}>\s*([^<>]{{1,2000}}?)\s*</{name}", re.DOTALL)
    for name in ("age", "scope", "default-age")
}


def read_age_file(text: str, host: str, path: str) -> Label | None:
    """What a site's `age-de.xml` (or `age.xml`) says of one of its pages.

    Args:
        text: the file; at most 64 KB of it are read. Anything else than such a file says nothing.
        host: host of the page, canonical.
        path: path of the page.

    Returns:
        The age of the label with the longest scope that fits, else that of a label without scope, else the
        file's default age, else None. Entities and document types are not read at all.
    """
    text = text[:_READ].lower()
    if "<age-declaration" not in text or text.count("<label") > _MOST:
        return None
    best: tuple[int, int] | None = None
    blocks = [match[1] for match in _BLOCK.finditer(text)] or ([text] if "<rating>" in text else [])
    for block in blocks:
        for inner in [match[1] for match in _ONE.finditer(block)] or [block]:
            age = _whole(_FIELD["age"].search(inner))
            reach = _reach([match[1] for match in _FIELD["scope"].finditer(inner)], host, path)
            if age is not None and reach is not None and (best is None or reach > best[0]):
                best = (reach, age)
    age = best[1] if best else _whole(_FIELD["default-age"].search(text))
    if age is None:
        return None
    return Label(scheme=Scheme.AGE_DE, age=age, source="age-de.xml", value=str(age))


def _whole(match: re.Match[str] | None) -> int | None:
    return int(match[1]) if match and match[1].isdecimal() and int(match[1]) <= 21 else None


def _reach(scopes: list[str], host: str, path: str) -> int | None:
    """How closely scopes fit a page: letters of the longest that does, 0 without scopes, None for no fit."""
    page = f"{host.removeprefix('www.')}{path.lower()}"
    fitting = [
        len(scope)
        for scope in (raw.partition("://")[2] or raw for raw in scopes)
        if page.startswith(scope.removeprefix("www.").rstrip("*"))
    ]
    if not scopes:
        return 0
    return max(fitting, default=None)
