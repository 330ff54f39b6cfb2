"""A household's own allow and block rules: one rule, and a book of them that finds the most specific one.

Knows addresses and times. Knows no categories, lists or people: who a book belongs to is the policy's matter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rules.lists.entry import Covers
from rules.presets import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from ipaddress import IPv4Network, IPv6Network

    from rules.address import Address


_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}  # an address leaves its scheme's own port out


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One line of an `allow` or `block` list of the policy.

    Attributes:
        action: `allow` or `block`.
        entry: the rule as the household wrote it.
        file: the policy file.
        line: the line of it, from 1.
        owner: the person it is for; empty for the household.
        host: the name or address it is about; empty for a network or a search rule.
        covers: the name alone, all below it, or both.
        path: the path it begins at, without a closing slash; empty for all paths.
        port: the port it is about; None for all.
        network: the addresses it is about, where it names a network.
        search: the words it is about, in any order, where it is about what was searched for.
        until: when it ends, in UTC; None for never.
        list: always `policy`, so that a rule and a list's entry are told alike.
    """

    action: Action
    entry: str
    file: str
    line: int
    owner: str = ""
    host: str = ""
    covers: Covers = Covers.NAME_AND_BELOW
    path: str = ""
    port: int | None = None
    network: IPv4Network | IPv6Network | None = None
    search: frozenset[str] = frozenset()
    until: datetime | None = None
    list: str = "policy"


def _is_none(_rule: Rule) -> bool:
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleBook:
    """Rules indexed by host. Which of several speaks: see `find`."""

    hosts: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    networks: tuple[Rule, ...] = ()
    searches: tuple[Rule, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is any rule at all."""
        return bool(self.hosts or self.networks or self.searches)

    def find(
        self,
        address: Address,
        names: Sequence[str],
        words: frozenset[str],
        at: datetime,
        without: Callable[[Rule], bool] = _is_none,
    ) -> Rule | None:
        """The rule that speaks, or None.

        A rule about a search speaks before one about a host, the longer host before the shorter, then the
        longer path, then `the name only` or `only below` before `the name and all below`, then a rule with
        a port; networks come last, smaller ones first. Where two are alike in all of this, block speaks.

        Args:
            address: what is asked for.
            names: its host and every parent of it, longest first.
            words: the words searched for, folded; empty where nothing was.
            at: the moment, to leave out rules that have ended.
            without: which rules about a host are left out as well.
        """
        if words and self.searches:
            found = _best(rule for rule in self.searches if rule.search <= words and not _is_over(rule, at))
            if found is not None:
                return found
        if self.hosts:
            for name in names:
                rules = self.hosts.get(name)
                if rules is not None:
                    found = _best(
                        rule
                        for rule in rules
                        if _covers(rule, address, name) and not _is_over(rule, at) and not without(rule)
                    )
                    if found is not None:
                        return found
        if self.networks and address.ip is not None:
            return _best(
                rule
                for rule in self.networks
                if rule.network is not None and address.ip in rule.network and not _is_over(rule, at)
            )
        return None

    def has_paths(self, names: Iterable[str]) -> bool:
        """Whether a rule about a path (or a search) may change what holds for a host.

        Args:
            names: the host and every parent of it.
        """
        if self.searches or not self.hosts:
            return bool(self.searches)
        return any(rule.path for name in names for rule in self.hosts.get(name, ()))

    def is_by_name(self, names: Iterable[str]) -> bool:
        """Whether what the book says of a host hangs neither on the path nor on the time.

        A rule about a search does not count: it speaks where something is searched for.

        Args:
            names: the host and every parent of it; no IP address.
        """
        return not self.hosts or not any(
            rule.path or rule.until is not None for name in names for rule in self.hosts.get(name, ())
        )


def words_of(text: str) -> frozenset[str]:
    """The words of a search, folded; order, case and punctuation do not matter."""
    return frozenset(re.findall(r"\w+", text.casefold()))


def compile_rules(rules: Iterable[Rule]) -> RuleBook:
    """A book of these rules; their order does not matter."""
    hosts: dict[str, list[Rule]] = {}
    networks: list[Rule] = []
    searches: list[Rule] = []
    for rule in rules:
        if rule.search:
            searches.append(rule)
        elif rule.network is not None:
            networks.append(rule)
        else:
            hosts.setdefault(rule.host, []).append(rule)
    return RuleBook(
        hosts={host: tuple(group) for host, group in hosts.items()},
        networks=tuple(networks),
        searches=tuple(searches),
    )


def _best(rules: Iterable[Rule]) -> Rule | None:
    return max(rules, key=_specificity, default=None)


def _specificity(rule: Rule) -> tuple[int, int, int, bool, bool, bool, int]:
    """Larger speaks first. The last part (the earlier line) only makes the answer the same every time."""
    return (
        len(rule.search),
        0 if rule.network is None else rule.network.prefixlen,
        len(rule.path),
        rule.covers is not Covers.NAME_AND_BELOW,
        rule.port is not None,
        rule.action is Action.BLOCK,
        -rule.line,
    )


def _covers(rule: Rule, address: Address, name: str) -> bool:
    match rule.covers:
        case Covers.NAME if name != address.host:
            return False
        case Covers.BELOW if name == address.host:
            return False
        case _:
            pass
    if rule.port is not None and rule.port != (address.port or _PORTS.get(address.scheme)):
        return False
    return not rule.path or address.path == rule.path or address.path.startswith(rule.path + "/")


def _is_over(rule: Rule, at: datetime) -> bool:
    return rule.until is not None and at >= rule.until
