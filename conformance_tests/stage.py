"""What a start needs beside the product: two names of the lab's own, and the cases' lists in files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from conformance_tests.driver import RefusedError
from conformance_tests.lab.sites import Site

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from conformance_tests.adapter import Adapter
    from conformance_tests.case import Case

GONE = "lists-gone"
"""Where the lists lie, beside their folder, while they are taken away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beacons:
    """Two names of the lab's own: ready means the harmless one is served and the listed one is not."""

    harmless: str
    listed: str

    @property
    def sites(self) -> tuple[Site, ...]:
        """Both as sites; the listed one by IPv4 only: a filter that forgets IPv6 gets its examination too."""
        return (Site(host=f"*.{self.harmless}"), Site(host=self.listed, family=4))


def refuse_too_long(case: Case, adapter: Adapter) -> None:
    """Nothing is shown by lists shorter than the case demands.

    Raises:
        RefusedError: the case wants longer lists than the adapter says the product can hold.
    """
    if adapter.largest_list and case.settings.get("entries", 0) > adapter.largest_list:
        msg = f"the adapter says that its lists hold at most {adapter.largest_list} entries"
        raise RefusedError(msg)


def write_lists(
    folder: Path, parts: Iterable[Mapping[str, tuple[str, ...]]], adapter: Adapter, *, filler: int = 0
) -> None:
    """The lists in squidGuard's layout (`domains` and `urls` a category), in the product's words.

    Args:
        folder: a folder a category comes below it.
        parts: category -> entries, from each case.
        adapter: knows the product's words for categories.
        filler: so many names more that nobody asks for, for cases that want long lists.
    """
    domains: dict[str, list[str]] = {}
    for part in parts:
        for category, entries in part.items():
            domains.setdefault(adapter.categories.get(category, category), []).extend(entries)
    for index, (word, listed) in enumerate(domains.items()):
        (folder / word).mkdir(parents=True, exist_ok=True)
        hosts = sorted({entry for entry in listed if "/" not in entry})
        urls = sorted({entry for entry in listed if "/" in entry})
        with (folder / word / "domains").open("w", encoding="utf-8") as file:
            file.writelines(f"{entry}\n" for entry in hosts)
            file.writelines(f"filler{number}.example\n" for number in range(filler if index == 0 else 0))
        (folder / word / "urls").write_text("".join(f"{entry}\n" for entry in urls), encoding="utf-8")


def take_away(folder: str) -> None:
    """The lists are gone, as after a broken update; the product must not be running."""
    lists = Path(folder)
    lists.rename(lists.with_name(GONE))
