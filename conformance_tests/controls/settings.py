"""A control's settings while it runs: what its driver wrote, read again when it changes; and its clock."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import time as clock_time
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from conformance_tests.controls.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an adult has set.

    Attributes:
        profile: a name of `known.AGES`; an adult is blocked nothing that is listed.
        age: the first year of the profile that an adult chose; -1 while none was chosen. Only then the files
            by which sites state an age are asked for.
        blocked: hosts on the block list.
        allowed: hosts on the allow list.
        persons: host -> whether the person's own list opens it; it goes before the household's.
        opened: categories that are open.
        paused: everything is closed.
        closed: windows in which everything is closed: `[days] HH:MM-HH:MM`.
        zone: the household's time zone.
        holidays: days without school.
        spared: the category that the windows leave open.
        is_spent: whether the day's minutes are used up.
        country: the household's, in two lower-case letters.
        reach: `address:port` pairs of the home that clients are taken to.
        unlisted: `block` where only what is on the allow list is open.
        classes: the classes of service that are closed.
        overrides: host -> when, in seconds since 1970, it closes again.
        subscribed: host -> category, from the list it subscribed to.
        ahead: seconds its clock is ahead of the machine's.
    """

    profile: str = "child"
    age: int = -1
    blocked: frozenset[str] = frozenset()
    allowed: frozenset[str] = frozenset()
    persons: Mapping[str, bool] = field(default_factory=dict)
    opened: frozenset[str] = frozenset()
    paused: bool = False
    closed: tuple[str, ...] = ()
    zone: str = "UTC"
    holidays: frozenset[str] = frozenset()
    spared: str = ""
    is_spent: bool = False
    country: str = "gb"
    reach: frozenset[str] = frozenset()
    unlisted: str = "allow"
    classes: frozenset[str] = frozenset()
    overrides: Mapping[str, float] = field(default_factory=dict)
    subscribed: Mapping[str, str] = field(default_factory=dict)
    ahead: float = 0.0

    def now(self) -> datetime:
        """The instant its clock shows, in UTC."""
        return datetime.now(UTC) + timedelta(seconds=self.ahead)

    def closes(self, host: str, category: str | None, fault: Fault | None = None) -> str | None:
        """Why everything is closed to a host of a category at this instant, None where it is not."""
        is_spared = category is not None and category == self.spared
        if self.is_closed(fault) and not is_spared:
            return "the time of day"
        if self.is_spent:
            return "the minutes of the day"
        return "what nobody allowed" if self.unlisted == "block" and not self.has_opened(host) else None

    def own_rule(self, host: str, target: str, fault: Fault | None = None) -> bool | None:
        """Whether the family's own entries open (True) or close (False) a page; None where none speaks.

        A person's before the household's, a path before its host, a host before its parent.
        """
        labels = host.split(".")
        names = [".".join(labels[index:]) for index in range(len(labels) - 1)]
        if fault is Fault.OWN_PARENT_WINS:
            names.reverse()
        said = next((self.persons[name] for name in names if name in self.persons), None)
        if said is not None:
            return said
        page = host + target.partition("?")[0]
        if any("/" in entry and page.startswith(entry) for entry in self.blocked):
            return False
        for name in names:
            if name in self.blocked or name in self.allowed:
                return name not in self.blocked
        return None

    def has_opened(self, host: str) -> bool:
        """Whether an override for this host runs."""
        return self.overrides.get(host, 0) > self.now().timestamp()

    def is_closed(self, fault: Fault | None = None) -> bool:
        """Whether everything is closed at this instant."""
        zone = ZoneInfo("UTC" if fault is Fault.ZONE_FORGOTTEN else self.zone)
        local = self.now().astimezone(zone)
        return self.paused or any(self._covers(window, local, fault) for window in self.closed)

    def _covers(self, window: str, local: datetime, fault: Fault | None) -> bool:
        days, _, hours = window.rpartition(" ")
        begin, end = (_as_minutes(text) for text in hours.split("-"))
        minute = local.hour * 60 + local.minute
        if begin < end:
            return begin <= minute < end and self._is_day(days, local, fault)
        # What goes on past midnight belongs to the day it begins on.
        if minute >= begin:
            return self._is_day(days, local, fault)
        is_before_end = minute < end and fault is not Fault.MIDNIGHT_FORGOTTEN
        return is_before_end and self._is_day(days, local - timedelta(days=1), fault)

    def _is_day(self, days: str, local: datetime, fault: Fault | None) -> bool:
        if not days or fault is Fault.DAYS_FORGOTTEN:
            return True
        if days == "school":
            return local.weekday() < 5 and local.date().isoformat() not in self.holidays
        first, _, last = days.partition("-")
        return _DAYS.index(first) <= local.weekday() <= _DAYS.index(last or first)


class Kept:
    """The settings in a file."""

    def __init__(self, path: Path, fault: Fault | None = None) -> None:
        """`path` need not be there: then nothing is set. What can't be understood closes everything."""
        self.path = path
        broken = (
            Settings(profile="adult") if fault is Fault.OPEN_ON_BROKEN_SETTINGS else Settings(paused=True)
        )
        self._broken = broken
        self._stamp = 0
        self._settings = Settings()

    def read(self) -> Settings:
        """The settings as they stand now."""
        with suppress(FileNotFoundError):
            stamp = self.path.stat().st_mtime_ns
            if stamp != self._stamp:
                self._stamp = stamp
                try:
                    self._settings = _understood(json.loads(self.path.read_text()))
                except ValueError:
                    self._settings = self._broken
        return self._settings


def _understood(data: Mapping[str, Any]) -> Settings:
    known = dict(data)
    for name in ("blocked", "allowed", "opened", "holidays", "classes", "reach"):
        known[name] = frozenset(known.get(name, ()))
    known["closed"] = tuple(known.get("closed", ()))
    return Settings(**known)


def ahead_of(at: str) -> float:
    """How many seconds a clock that shows `at` is ahead of the machine's."""
    return datetime.fromisoformat(at).timestamp() - time.time()


def _as_minutes(text: str) -> int:
    if text == "24:00":
        return 24 * 60
    found = clock_time.fromisoformat(text)
    return found.hour * 60 + found.minute
