"""Which blocks a client may keep."""

from __future__ import annotations

import pytest

from conformance_tests.lab.question import Answer
from conformance_tests.procedures.changes import is_kept


@pytest.mark.parametrize(
    ("control", "kept"),
    [
        ("no-store", False),
        ("", False),
        ("max-age=0", False),
        ("public, max-age=86400", True),
        ("max-age=60, no-cache", False),
        ("s-maxage=5, no-store", False),
    ],
)
def test_a_block_is_kept_where_its_head_allows_it(control: str, *, kept: bool) -> None:
    """As a cache reads it: fresh for a while, and not forbidden."""
    assert is_kept(Answer(status=403, headers=(("cache-control", control),))) is kept


def test_a_block_with_an_end_in_its_head_is_kept_until_then() -> None:
    """The older way of saying it."""
    assert is_kept(Answer(status=403, headers=(("expires", "Thu, 01 Dec 2044 16:00:00 GMT"),)))
