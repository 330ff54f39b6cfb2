"""A household as `decide` sees it: everything compiled, nothing left to interpret."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rules.address import parents
from rules.schedule import Week
from rules.timetable import Timetable

from .rulebook import RuleBook

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rules.budget import Budget
    from rules.presets import Preset, Profile
    from rules.schedule import Schedule
    from rules.stances import Stance


class JournalLevel(StrEnum):
    """How much of a person's requests the journal keeps."""

    ADDRESS = "address"
    """The address without its query."""
    HOST = "host"
    """The host."""
    CATEGORY = "category"
    """The category alone."""
    OFF = "off"
    """Nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person of the household.

    Attributes:
        id: the key in the policy.
        name: the name to show.
        preset: what the profile does with each category.
        rules: the person's own allow and block rules.
        stances: what is done with each category, after the household's and the person's changes.
        opened: for an allow-list profile, the categories that are on it.
        services: what is done with a service, where the policy says so.
        lists: what is done with all a list names, where the policy says so; None: the list is ignored.
        schedules: when what is closed: the household's and the person's own.
        budgets: minutes for some things: the person's own, and the household's where the person has none.
        devices: the person's devices, in the spelling of `rules.policy.terms.fold_device`.
        password: the argon2 hash of their password at the proxy; empty where they have none.
        journal: how much the journal keeps.
        decrypt: whether pages that are served may be looked into.
        minds_services: whether any setting names a service, so that addresses must be asked for theirs.
        path_hosts: hosts of which such a service is only a part.
        timetable: the schedules in the household's week.
        budgeted: the targets of the budgets.
    """

    id: str
    name: str
    preset: Preset
    rules: RuleBook
    stances: Mapping[str, Stance]
    opened: frozenset[str]
    services: Mapping[str, Stance] = field(default_factory=dict)
    lists: Mapping[str, Stance | None] = field(default_factory=dict)
    schedules: tuple[Schedule, ...] = ()
    budgets: tuple[Budget, ...] = ()
    devices: tuple[str, ...] = ()
    password: str = field(default="", repr=False)
    journal: JournalLevel = JournalLevel.ADDRESS
    decrypt: bool = True
    minds_services: bool = False
    path_hosts: frozenset[str] = frozenset()
    timetable: Timetable = field(
        default_factory=lambda: Timetable(Week(zone=ZoneInfo("UTC")), ()), compare=False, repr=False
    )
    budgeted: frozenset[str] = frozenset()

    @property
    def profile(self) -> Profile:
        """The age profile."""
        return self.preset.profile


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A household's policy.

    Attributes:
        country: ISO 3166, two letters: whose help services are shown.
        people: every person by key.
        week: the time zone and the calendar of school days and holidays.
        rules: the household's allow and block rules.
        reach: `host:port` of the home network that may be reached through the gate.
        names: names of the household's own and their addresses, asked before any name server.
        trust: files with further certificate authorities for sites, as written in the policy.
        owners: the person each known device belongs to.
        unknown_device: the person an unknown device is taken for; empty: it gets nothing.
        asks_login: an unknown device is asked for name and password where it can be asked.
        names_hardware: some device is known by its hardware address.
        has_passwords: some person has a password.
        file: the policy's file, as it is called in explanations.
    """

    country: str
    people: Mapping[str, Person]
    week: Week = field(default_factory=lambda: Week(zone=ZoneInfo("UTC")))
    rules: RuleBook = field(default_factory=RuleBook)
    reach: tuple[str, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    trust: tuple[Path, ...] = ()
    owners: Mapping[str, str] = field(default_factory=dict)
    unknown_device: str = ""
    asks_login: bool = False
    names_hardware: bool = False
    has_passwords: bool = False
    file: str = "policy.yaml"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of schedules and dates."""
        return self.week.zone

    def minds_paths(self, person: str, host: str) -> bool:
        """Whether a rule or service may decide otherwise on parts of a host: its name is not enough.

        Args:
            person: the key of who asks.
            host: a canonical host.
        """
        names = tuple(parents(host))
        known = self.people.get(person)
        if known is None:
            return False
        books = (known.rules, self.rules)
        return any(book.has_paths(names) for book in books) or not known.path_hosts.isdisjoint(names)

    def person_of(self, device: str) -> str:
        """The key of the person behind a device; empty where an unknown device gets nothing.

        Args:
            device: an address, a hardware address, `port:8081` or `wireguard:NAME`, folded by `fold_device`.
        """
        return self.owners.get(device, self.unknown_device)
