"""What an answer is, as its head says: a page, JSON, text that flows, or something that is not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mitmproxy.http import Response

# Shown as a page or sniffed for one (WHATWG MIME Sniffing, section 7).
_PAGES = frozenset({"text/html", "application/xhtml+xml"})
_SNIFFED = frozenset({"", "unknown/unknown", "application/unknown", "*/*"})
_SHOWN = frozenset({"text/plain", "text/xml", "application/xml"})  # where a person waits for the answer
_JSON = frozenset({"application/json", "text/json"})
# Comes line by line and may never end: read as it flows by.
STREAMS = frozenset(
    {"text/event-stream", "application/x-ndjson", "application/jsonl", "application/json-seq"}
)
_LABELS = frozenset({"rating", "age-de-meta-label", "age-meta-label"})


def has_content(response: Response) -> bool:
    """Whether a browser would show what comes: not for interim, empty and redirecting answers."""
    return (
        response.status_code >= 200 and response.status_code != 204 and not 300 <= response.status_code < 400
    )


def labels(response: Response) -> tuple[tuple[str, str], ...]:
    """The headers that may hold an age label."""
    return tuple(pair for pair in response.headers.items(multi=True) if pair[0].lower() in _LABELS)


def kinds_of(response: Response) -> frozenset[str]:
    """The media types an answer gives itself. Of several a browser takes the last it understands."""
    parts = response.headers.get("content-type", "").split(",")
    return frozenset(part.partition(";")[0].strip().lower() for part in parts)


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


def is_json(kinds: frozenset[str]) -> bool:
    """Whether it is JSON, or says that it is a kind of JSON (RFC 6839)."""
    return any(kind in _JSON or kind.endswith("+json") for kind in kinds)
