"""Sealed sets: only the members that were committed to open, and the root says nothing about them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance_tests.corpora import sealed
from standard.errors import StairgateError

if TYPE_CHECKING:
    from pathlib import Path

MEMBERS = st.lists(st.text("abc.", min_size=1, max_size=8), min_size=1, max_size=9).map(tuple)
MADE = sealed.SealedSet(source="one", salt="5a", members=("a.com", "b.com", "c.com"))


@given(MEMBERS, MEMBERS)
def test_two_sets_share_a_root_only_if_they_are_the_same(
    one: tuple[str, ...], other: tuple[str, ...]
) -> None:
    assert (sealed.root_of(one, "salt") == sealed.root_of(other, "salt")) is (one == other)


def test_the_root_depends_on_the_salt() -> None:
    """Without a salt anybody could try names until a leaf fits."""
    assert MADE.root != replace(MADE, salt="5b").root


def written(folder: Path, made: sealed.SealedSet) -> tuple[Path, Path]:
    secret, published = folder / "sealed.json", folder / "root.json"
    secret.write_text(json.dumps(made.as_data()))
    published.write_text(json.dumps(MADE.commitment()))
    return secret, published


def test_a_set_opens_with_its_own_commitment(tmp_path: Path) -> None:
    assert sealed.read(*written(tmp_path, MADE)) == MADE


def test_a_set_that_was_changed_after_its_root_was_published_is_refused(tmp_path: Path) -> None:
    changed = replace(MADE, members=("a.com", "b.com", "d.com"))
    with pytest.raises(StairgateError, match="not the ones whose root was published"):
        sealed.read(*written(tmp_path, changed))


def test_a_file_that_is_no_sealed_set_is_named(tmp_path: Path) -> None:
    secret, published = written(tmp_path, MADE)
    secret.write_text("{}")
    with pytest.raises(StairgateError, match="can't be read"):
        sealed.read(secret, published)
