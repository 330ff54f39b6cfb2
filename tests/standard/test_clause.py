"""Which members of a set are asked of which product."""

from __future__ import annotations

from standard.clause import EnumeratedSet, Item
from standard.words import Stand

ITEMS = (
    Item(id="anywhere", text="Reaches every stand"),
    Item(id="not-by-name", text="A resolver never sees it", stands=(Stand.GATEWAY, Stand.FORWARD_PROXY)),
    Item(id="bedtime", text="Needs a schedule", where_offered="time-rules"),
)
FOUND = EnumeratedSet(id="states", title="States", about="", items=ITEMS)


def test_an_item_that_names_no_stand_reaches_every_stand() -> None:
    assert "anywhere" in FOUND.members(Stand.DNS_RESOLVER, ())


def test_an_item_is_asked_only_on_the_stands_it_names() -> None:
    assert "not-by-name" not in FOUND.members(Stand.DNS_RESOLVER, ())
    assert "not-by-name" in FOUND.members(Stand.GATEWAY, ())


def test_an_item_falls_away_only_with_the_capability_it_names() -> None:
    assert "bedtime" in FOUND.members(Stand.GATEWAY, {"override"})
    assert "bedtime" not in FOUND.members(Stand.GATEWAY, {"time-rules"})


def test_an_item_without_a_capability_is_never_declared_away() -> None:
    assert "anywhere" in FOUND.members(Stand.GATEWAY, {"time-rules", ""})
