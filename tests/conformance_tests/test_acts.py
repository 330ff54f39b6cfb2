"""Acts: which of a product's profiles stands next to an age."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance_tests.acts import profile_for
from conformance_tests.controls.adapters import FLAWLESS, adapter_of
from conformance_tests.driver import RefusedError
from standard import catalogue
from standard.words import Stand


@pytest.mark.parametrize(
    ("wanted", "profile"),
    [({"below": 18}, "youth"), ({"below": 12}, "child"), ({"from": 0}, "toddler"), ({"from": 17}, "adult")],
)
def test_the_profile_is_the_one_that_lies_wholly_on_its_side_of_the_age(
    wanted: dict[str, int], profile: str
) -> None:
    statement = adapter_of(FLAWLESS, Stand.FORWARD_PROXY, catalogue.load()).statement
    assert profile_for(statement, **wanted) == profile


def test_a_product_without_a_profile_for_an_age_is_not_asked() -> None:
    statement = adapter_of(FLAWLESS, Stand.FORWARD_PROXY, catalogue.load()).statement
    with pytest.raises(RefusedError, match="below 6"):
        profile_for(replace(statement, profiles=()), below=6)
