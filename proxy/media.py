"""What an answer is, as its head says: a page, JSON, text that flows, or something that is not read."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# Shown as a page or sniffed for one (WHATWG MIME Sniffing, section 7).
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_SNIFFED = frozenset({"", "unknown/unknown", "application/unknown", "*/*"})
_SHOWN = frozenset({"text/plain", "text/xml", "application/xml"})  # where a person waits for the answer
_JSON = frozenset({"application/json", "text/json"})
# Comes line by line and may never end: read as it flows by.
STREAMS = frozenset(
    {"text/event-stream", "application/x-ndjson", "application/jsonl", "application/json-seq"}
)
_LABELS = frozenset({b"rating", b"age-de-meta-label", b"age-meta-label"})


@dataclass(frozen=True, slots=True)
class Declared:
    """What an answer's head declares of its body.

    Attributes:
        status: its status.
        content_type: its Content-Type, several joined.
        codings: its Content-Encoding, in lower case; empty for none.
        labels: the headers that may hold an age label, names and values.
    """

    status: int
    content_type: str
    codings: str
    labels: tuple[tuple[str, str], ...]

    @property
    def has_content(self) -> bool:
        """Whether a browser would show what comes: not for interim, empty and redirecting answers."""
        return self.status >= 200 and self.status != 204 and not 300 <= self.status < 400


def declared(status: int, fields: Iterable[tuple[bytes, bytes]]) -> Declared:
    """Read an answer's head in one walk.

    Args:
        status: its status.
        fields: names and values as sent.
    """
    types: list[bytes] = []
    codings: list[bytes] = []
    labels: list[tuple[str, str]] = []
    for name, value in fields:
        lowered = name.lower()
        if lowered == b"content-type":
            types.append(value)
        elif lowered == b"content-encoding":
            codings.append(value)
        elif lowered in _LABELS:
            labels.append((name.decode("latin-1"), value.decode("utf-8", "surrogateescape")))
    return Declared(
        status,
        b", ".join(types).decode("latin-1"),
        b", ".join(codings).decode("latin-1").strip().lower(),
        tuple(labels),
    )


@lru_cache(maxsize=256)
def kinds_of(content_type: str) -> frozenset[str]:
    """The media types an answer gives itself. Of several a browser takes the last it understands."""
    return frozenset(part.partition(";")[0].strip().lower() for part in content_type.split(","))


def is_page(kinds: frozenset[str], *, page_load: bool) -> bool:
    """Whether it is shown as a page, or sniffed for one, or is text that a person waits for."""
    if not kinds.isdisjoint(_PAGES) or any("/" not in kind for kind in kinds):
        return True
    return not kinds.isdisjoint(_SNIFFED) or (page_load and not kinds.isdisjoint(_SHOWN))


def charset_of(content_type: str) -> str | None:
    """The charset a Content-Type names."""
    for part in content_type.split(";")[1:]:
        name, _, value = part.partition("=")
        if name.strip().lower() == "charset":
            return value.strip() or None
    return None


def is_text(kinds: frozenset[str]) -> bool:
    """Whether it is text that a program asked for and may show as it comes."""
    return "text/plain" in kinds


def is_json(kinds: frozenset[str]) -> bool:
    """Whether it is JSON, or says that it is a kind of JSON (RFC 6839)."""
    return any(kind in _JSON or kind.endswith("+json") for kind in kinds)
