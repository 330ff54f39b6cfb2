"""The flawless control's order of the family's own entries."""

from __future__ import annotations

from conformance_tests.controls.faults import Fault
from conformance_tests.controls.settings import Settings

OWN = Settings(
    blocked=frozenset({"bad.example", "ads.good.example", "good.example/bet"}),
    allowed=frozenset({"kids.bad.example", "good.example"}),
    persons={"good.example": False},
)


def test_the_host_speaks_before_its_parent_and_the_person_before_the_household() -> None:
    """As the order of its adapter says."""
    household = Settings(blocked=OWN.blocked, allowed=OWN.allowed)
    assert household.own_rule("kids.bad.example", "/") is True
    assert household.own_rule("www.bad.example", "/") is False
    assert household.own_rule("ads.good.example", "/") is False
    assert household.own_rule("good.example", "/bet?x") is False
    assert household.own_rule("good.example", "/club") is True
    assert household.own_rule("other.example", "/") is None
    assert OWN.own_rule("good.example", "/club") is False


def test_one_control_asks_the_parent_first() -> None:
    """The mistake that `own-parent-wins` is for."""
    assert OWN.own_rule("kids.bad.example", "/", Fault.OWN_PARENT_WINS) is False
