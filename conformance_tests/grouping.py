"""Which cases can share one start of a product. Pure.

All cases of a start have their lists put together. Drawn names can't meet, but real ones can: a case that
lists every help service would block the health service that another case must find open. Such two never share
a start; nor do cases of different profiles; and a case that harms or changes the product has one of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance_tests.lab.question import take_apart
from conformance_tests.lab.spelling import plain_host

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance_tests.case import Case


@dataclass(frozen=True, slots=True)
class _Names:
    """The hosts a case puts on lists, and those it meets."""

    listed: frozenset[str]
    met: frozenset[str]


def group(cases: Iterable[Case]) -> list[tuple[str, list[Case]]]:
    """The cases as starts: each a profile and the cases asked in it, all in a fixed order."""
    starts: list[tuple[str, list[Case], list[_Names]]] = []
    for case in sorted(cases, key=lambda case: (case.profile, case.id)):
        names = _names(case)
        for profile, together, known in starts:
            if case.is_alone or together[0].is_alone or profile != case.profile:
                continue
            if not any(_collide(names, other) for other in known):
                together.append(case)
                known.append(names)
                break
        else:
            starts.append((case.profile, [case], [names]))
    return [(profile, together) for profile, together, _ in starts]


def collide(one: Case, other: Case) -> bool:
    """Whether what one case lists would be blocked in the other, which does not list it itself."""
    return _collide(_names(one), _names(other))


def _collide(one: _Names, other: _Names) -> bool:
    return _reaches(one, other) or _reaches(other, one)


def _reaches(one: _Names, other: _Names) -> bool:
    foreign = one.listed - other.listed
    return any(not foreign.isdisjoint(_parents(host)) for host in other.met) if foreign else False


def _names(case: Case) -> _Names:
    entries = (entry.partition("/")[0] for listed in case.lists.values() for entry in listed)
    hosts = {site.host.removeprefix("*.") for site in case.sites}
    hosts |= {take_apart(probe.ask)[1] for probe in case.probes}
    return _Names(frozenset(map(plain_host, entries)), frozenset(map(plain_host, hosts)))


def _parents(host: str) -> list[str]:
    labels = host.split(".")
    return [".".join(labels[index:]) for index in range(len(labels))]
