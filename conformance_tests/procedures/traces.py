"""Traces: where a product writes, and whether a word stands there, plain, percent-encoded or in base64."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance_tests.session import Session

_LARGEST = 64 << 20


def changed_since(session: Session, when: float) -> Iterator[Path]:
    """The files in the product's folder that were written to since `when` (seconds, UTC); never the lists."""
    lists = Path(session.variables["LISTS"])
    for path in sorted(session.running.work.rglob("*")):
        if path.is_file() and lists not in path.parents and path.stat().st_mtime >= when - 1:
            yield path


def holds(path: Path, word: str) -> bool:
    """Whether a file holds a word, as it stands or encoded."""
    with path.open("rb") as file:
        data = file.read(_LARGEST)
    return holds_text(data, word)


def holds_text(data: bytes, word: str) -> bool:
    """Whether these bytes hold a word, as it stands or encoded."""
    return any(form in data for form in forms(word))


def forms(word: str) -> set[bytes]:
    """A word in plain, percent-encoded, and in base64 at each of the three places it can begin at."""
    plain = word.encode()
    found = {plain, quote(word, safe="").encode(), "".join(f"%{byte:02X}" for byte in plain).encode()}
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + plain)
        # What stands beside the word in a text changes the first and last letters only.
        found.add(encoded[4 if shift else 0 : -4])
    return found
