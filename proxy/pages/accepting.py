"""What a program wants its answer to be: data or a page, by its Accept header (RFC 9110 section 12.5.1)."""

from __future__ import annotations

_LONGEST = 1000  # characters of a header that are looked at


def wants_data(accept: str) -> bool:
    """Whether JSON is named, and liked at least as well as HTML and plain text are.

    Args:
        accept: the header as sent; `*/*` names nothing, so that browsers' fetches stay as they are.
    """
    liked = {"json": 0.0, "text": 0.0}
    for part in accept[:_LONGEST].lower().split(","):
        kind, _, parameters = part.partition(";")
        kind = kind.strip()
        if kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json")):
            liked["json"] = max(liked["json"], _weight(parameters))
        elif kind in {"text/html", "text/plain", "application/xhtml+xml"}:
            liked["text"] = max(liked["text"], _weight(parameters))
    return liked["json"] > 0 and liked["json"] >= liked["text"]


def _weight(parameters: str) -> float:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return min(max(float(value), 0.0), 1.0)
            except ValueError:
                return 0.0
    return 1.0
