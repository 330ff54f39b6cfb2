"""A supplier's statement and a run of the small standard, for the tests of declarations."""

from __future__ import annotations

from copy import replace
from datetime import date

from standard.record import Draw, Result
from standard.words import Outcome

ON = date(2026, 11, 22)
BUILD = "sha256:" + "5a" * 32
STATEMENT = {
    "format": 1,
    "product": {"id": "sample-filter", "name": "Sample Filter", "vendor": "Example & Daughters"},
    "audience": "Families.",
    "stands": ["forward-proxy"],
    "settings": ["home"],
    "languages": ["en"],
    "offers": ["category-filtering"],
    "lacks": [{"capability": "labels", "because": "Sees host names only."}],
}


def drawn(misses: int, *, of: int = 200, odd: Outcome | None = None) -> list[Result]:
    """Draws of the shall criterion; `odd` is the outcome of one more attempt at the last."""
    results = [
        Result(
            case="content.gambling/known-sites/drawn",
            case_sha256="ab" * 32,
            criterion="content.gambling/known-sites",
            outcome=Outcome.FAILED if at < misses else Outcome.PASSED,
            because="The page came." if at < misses else "Nothing came.",
            started="2026-11-21T16:00:01Z",
            milliseconds=2,
            draw=Draw(position=at + 1, address=f"http://bets{at}.example/", domain=f"bets{at}.example"),
            asked="Open it.",
            expected=("nothing comes",),
        )
        for at in range(of)
    ]
    if odd is not None:
        results[-1] = replace(results[-1], outcome=odd)
    return results
