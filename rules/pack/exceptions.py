"""Exceptions inside a list: what it says and takes back again is settled before anyone else hears of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rules.address import Address

    from .origin import Match, Origin


class Hit(NamedTuple):
    """An entry that speaks.

    Attributes:
        closeness: larger is closer to what was asked for: more labels, then the name before what is below.
        match: what it says.
        origin: what it shares with its like.
    """

    closeness: int
    match: Match
    origin: Origin


def settle(hits: Sequence[Hit], address: Address) -> tuple[Match, ...]:
    """Apply each list's exceptions to its own entries.

    Adblock exceptions win over everything that is not `$important`; those of name servers win over what is
    not closer. No list can take back what another says.

    Args:
        hits: all entries that speak.
        address: what was looked up.

    Returns:
        What still speaks, exceptions left out.
    """
    exceptions = [hit for hit in hits if hit.origin.exception]
    if not exceptions and not any(hit.origin.excluding for hit in hits):
        return tuple([hit.match for hit in hits])
    return tuple(
        hit.match
        for hit in hits
        if not hit.origin.exception
        and not (hit.origin.excluding and _excluded(address.host, hit.origin.excluding))
        and not any(_takes_back(exception, hit) for exception in exceptions)
    )


def _excluded(host: str, names: tuple[str, ...]) -> bool:
    return any(host == name or host.endswith(f".{name}") for name in names)


def _takes_back(exception: Hit, hit: Hit) -> bool:
    return (
        exception.origin.list == hit.origin.list
        and (exception.origin.important or not hit.origin.important)
        and (not exception.origin.nearest or exception.closeness >= hit.closeness)
    )
