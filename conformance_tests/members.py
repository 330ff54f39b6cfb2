"""Cases with one probe for each member of a set of the standard: unfolded when the case is read.

The set stays where it is published. In `for_each`, a case names the set (or `help-services`) and writes
`{each}` where a member's host or address goes (`{each_host}`: the host of an address); `{member}` is the item
it shows.
"""

from __future__ import annotations

import functools
from importlib import resources
from typing import TYPE_CHECKING, Any

from standard import strict_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

HELP = "help-services"


def unfold(data: Mapping[str, Any]) -> dict[str, Any]:
    """A case's data with every list entry that says `{each}` written once for each member.

    Raises:
        ValueError: the set is not one of the standard's.
    """
    name = data.get("for_each")
    if not name:
        return dict(data)
    rows = _rows(name)
    unfolded = dict(data)
    for key in ("sites", "probes"):
        unfolded[key] = _repeat(data.get(key) or [], rows)
    unfolded["lists"] = {
        category: _repeat(entries, rows) for category, entries in (data.get("lists") or {}).items()
    }
    return unfolded


def ids_of(name: str) -> tuple[str, ...]:
    """The members of one of the standard's sets, in its order."""
    return tuple(member for _, member in _rows(name))


def _repeat(entries: list[Any], rows: list[tuple[str, str]]) -> list[Any]:
    repeated: list[Any] = []
    for entry in entries:
        if "{each" not in str(entry):
            repeated.append(entry)
            continue
        repeated += [_put(entry, each, member) for each, member in rows]
    return repeated


def _put(entry: Any, each: str, member: str) -> Any:
    if isinstance(entry, str):
        host = each.partition("://")[2].partition("/")[0]
        return entry.replace("{each}", each).replace("{each_host}", host).replace("{member}", member)
    if isinstance(entry, dict):
        return {_put(key, each, member): _put(value, each, member) for key, value in entry.items()}
    return entry


@functools.cache
def _rows(name: str) -> list[tuple[str, str]]:
    """Each member's host or address and the item it shows."""
    annexes = resources.files("standard") / "annexes"
    if name == HELP:
        text = (annexes / f"{name}.yaml").read_text(encoding="utf-8")
        services = strict_yaml.load(text, file=f"{name}.yaml").data["services"]
        return [(host, service["country"]) for service in services for host in service["hosts"]]
    file = annexes / "sets" / f"{name}.yaml"
    if not file.is_file():
        raise ValueError(f"the standard has no set {name!r}")
    items = strict_yaml.load(file.read_text(encoding="utf-8"), file=f"{name}.yaml").data["items"]
    return [(item["text"].partition(": ")[0], item["id"]) for item in items]
