"""The three modules that both houses hold are the same to the letter."""

from __future__ import annotations

from pathlib import Path

import pytest

HOUSES = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("name", ["errors.py", "exits.py", "strict_yaml.py"])
def test_a_twin_has_the_same_content_in_both_houses(name: str) -> None:
    assert (HOUSES / "rules" / name).read_bytes() == (HOUSES / "standard" / name).read_bytes()
