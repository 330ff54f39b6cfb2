"""Stand-ins for tests of decisions: a pack of a few entries, and short ways to ask."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rules.address import AddressError, parents, parse
from rules.decide import Decision, Moment, Request, decide
from rules.lists.entry import Covers
from rules.pack import Match

if TYPE_CHECKING:
    from rules.address import Address
    from rules.policy import Policy

NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)  # a Wednesday


class FewEntries:
    """A pack of a few entries, each covering its name and all below."""

    def __init__(self, *entries: Match) -> None:
        self.entries = entries

    def look_up(self, address: Address) -> tuple[Match, ...]:
        """Every entry whose name is the host or a parent of it."""
        names = set(parents(address.host))
        return tuple(entry for entry in self.entries if entry.pattern in names)


def spoken(category: str, entry: str, line: int = 1, *, name: str = "mine") -> Match:
    """An entry as a pack gives it."""
    return Match(
        category=category,
        list=name,
        file=f"{name}.txt",
        line=line,
        entry=entry,
        covers=Covers.NAME_AND_BELOW,
        pattern=entry,
    )


def listed(**categories: str) -> FewEntries:
    """A pack with one entry a category: `listed(games="play.example")`."""
    return FewEntries(
        *(spoken(category, entry, n) for n, (category, entry) in enumerate(categories.items(), 1))
    )


def ask(
    text: str, policy: Policy, pack: Any = None, *, moment: Moment | None = None, **more: Any
) -> Decision:
    """Decide on an address as text."""
    try:
        address = parse(text)
    except AddressError:
        address = None
    request = Request(address=address, text=text, **more)
    return decide(request, policy, FewEntries() if pack is None else pack, moment or Moment(at=NOON))
