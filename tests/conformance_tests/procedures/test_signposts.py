"""The help on a block page: the grid is the standard's, and each of its cells can be met."""

from __future__ import annotations

from conformance_tests import members
from conformance_tests.procedures import signposts


def test_the_grid_and_the_states_are_those_of_the_standard() -> None:
    assert members.ids_of("help-on-page-grid") == signposts.GRID
    assert members.ids_of("help-shown-states") == signposts.STATES


def test_each_cell_has_a_recognised_service_that_can_be_shown() -> None:
    """A cell without one would fail every product."""
    cells = [cell.split("-", 1) for cell in signposts.GRID]
    assert [cell for cell in cells if not signposts.services(*cell)] == []


def test_a_host_below_a_service_is_the_service_and_a_look_alike_is_not() -> None:
    hosts = frozenset({"childline.org.uk"})
    assert signposts._recognised("https://www.childline.org.uk/get-support", hosts)
    assert not signposts._recognised("https://notchildline.org.uk/", hosts)
