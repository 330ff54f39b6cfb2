"""The control's gate: a small forward proxy that looks inside TLS with an authority of its own.

It gets what a product gets (`$WORK $LISTEN $LISTS $CA`) and never reads a case; `program` starts it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from conformance_tests.controls.decision import Filter, split_target
from conformance_tests.controls.faults import Fault, Sham
from conformance_tests.controls.journal import Journal
from conformance_tests.controls.known import class_of, reports_to, sensitive_hosts
from conformance_tests.controls.remembered import stood_there
from conformance_tests.controls.settings import Kept, Settings
from conformance_tests.lab.spelling import plain_host

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from conformance_tests.controls.upstream import Upstream
    from conformance_tests.lab.certificates import Authority

_STARTING = 1.5  # seconds one control serves everything
_CROWD = 400  # open connections that are too many for one control
_LICENSED = 5 * 365 * 86_400  # seconds
_BUSY = 80  # requests within a second that are too many for one control


class Gate:
    """One running control."""

    def __init__(
        self, sieve: Filter, upstream: Upstream, authority: Authority, sham: Sham | None, work: Path
    ) -> None:
        """`sieve` decides, `upstream` fetches, `authority` signs; a `sham` is no filter at all."""
        self.kept = Kept(work / "settings.json", sieve.fault)
        self.at_start = self.kept.read()
        self.journal = Journal(work / "journal.jsonl", sieve.fault, sieve.help_hosts)
        self.started = time.monotonic()
        self.recent: list[float] = []
        self.helper = _start_helper()
        self.crashed = 0.0
        self.answered = 0
        self.sieve = sieve
        self.upstream = upstream
        self.authority = authority
        self.sham = sham
        self.blocked_addresses: set[str] = set()
        self.is_in_emergency = False
        self.connections = 0
        self.work = work

    def settings(self, as_opened: Settings) -> Settings:
        """The settings in force; `as_opened` are those of the moment the connection was opened."""
        match self.sieve.fault:
            case Fault.CHANGES_WAIT_FOR_RESTART:
                return self.at_start
            case Fault.CHANGES_SPARE_OPEN_CONNECTIONS:
                return as_opened
        return self.kept.read()

    async def decide(
        self, url: str, headers: Mapping[str, str], body: bytes, settings: Settings
    ) -> str | None:
        """What a request is blocked for, by its category and by what an adult has set."""
        category = await self.category(url, headers, body)
        _, host, _, target = split_target(url)
        name = plain_host(host)
        closed = settings.closes(name, category, self.sieve.fault)
        if self.sieve.is_help(name):
            return closed if self.sieve.fault is Fault.HELP_CLOSED else category
        own = settings.own_rule(name, target, self.sieve.fault)
        if own and self.sieve.fault is not Fault.OWN_ALLOW_WEAK:
            return None
        if closed or self._is_overridden(name, category, settings):
            return closed
        if category is None:
            category = settings.subscribed.get(name) or self._closed_class(name, target, settings)
        if own is False:
            category = "the family's own list"
        elif settings.profile == "adult" or category in settings.opened:
            return None
        if self.sieve.fault is Fault.OPEN_WHILE_STARTING and time.monotonic() < self.started + _STARTING:
            return None
        return None if self._gives_up() else category

    def _is_overridden(self, name: str, category: str | None, settings: Settings) -> bool:
        """Whether an override runs for this host."""
        match self.sieve.fault:
            case Fault.OVERRIDE_STAYS:
                return name in settings.overrides
            case Fault.OVERRIDE_WIDE:
                known = {self.sieve.category_of(host) for host in settings.overrides}
                return category is not None and category in known
        return settings.has_opened(name)

    def _closed_class(self, name: str, target: str, settings: Settings) -> str | None:
        """The closed class of service that a host belongs to; its report and help pages stay open."""
        if reports_to(name, target) and self.sieve.fault is not Fault.REPORTS_CLOSED:
            return None
        found = class_of(name, below=self.sieve.fault is not Fault.WWW_FORGOTTEN)
        return found if found in settings.classes else None

    def _gives_up(self) -> bool:
        """The faults that open what ought to be closed when something else goes wrong."""
        match self.sieve.fault:
            case Fault.OPEN_UNDER_LOAD:
                return self._is_busy()
            case Fault.OPEN_WITHOUT_HELPER:
                self.helper = 0 if self.helper and os.waitpid(self.helper, os.WNOHANG)[0] else self.helper
                return self.helper == 0
            case Fault.OPEN_ON_CRASH:
                return time.monotonic() < self.crashed + _STARTING
            case Fault.OPEN_AFTER_PORT_RACE:
                return self.is_in_emergency
            case Fault.OPEN_ON_FULL_DISK:
                return os.statvfs(self.work).f_bavail == 0
            case Fault.OPEN_IN_OTHER_YEARS:
                return abs(self.kept.read().ahead) > _LICENSED
            case Fault.OPEN_WHEN_CROWDED:
                return self.connections > _CROWD
        return False

    def _is_busy(self) -> bool:
        now = time.monotonic()
        self.recent = [*(at for at in self.recent if at > now - 1), now]
        return len(self.recent) > _BUSY

    async def linger(self) -> None:
        """Two controls take their time."""
        self.answered += 1
        if self.sieve.fault is Fault.SLOW:
            await asyncio.sleep(0.12)
        elif self.sieve.fault is Fault.SLOW_AT_TIMES and self.answered % 8 == 0:
            await asyncio.sleep(0.4)

    async def category(self, url: str, headers: Mapping[str, str], body: bytes) -> str | None:
        """What a request is blocked for, before anything is asked of the origin."""
        scheme, host, port, target = split_target(url)
        if self.sham is Sham.ALLOWS_EVERYTHING:
            return None
        if self.sham is Sham.BLOCKS_EVERYTHING:
            return "everything"
        if self.sham is Sham.REMEMBERS_A_LAB and not await self._was_there(host):
            return None
        if self.sieve.fault is Fault.WEBSOCKET_PASSES and "upgrade" in headers:
            return None
        if self.sieve.fault is Fault.OPEN_ON_CRASH and len(target) > 1000:
            return None  # its matcher gave up on a long path, and it relayed
        if self.sieve.fault is Fault.REFERER_TRUSTED and "referer" in headers:
            return None
        kinds = headers.get("content-type", "") + headers.get("accept", "")
        category = self.sieve.blocked_for(
            scheme, host, port, target, body=body, asks_names="dns-message" in kinds
        )
        if self.sieve.fault is Fault.ADDRESS_SHARED:
            return await self._shared(host, category)
        return category

    def passes_through(self, host: str) -> bool:
        """Whether connections to this host are not looked into."""
        return plain_host(host) in sensitive_hosts() and self.sieve.fault is not Fault.LOOKS_INTO_BANKS

    async def _was_there(self, host: str) -> bool:
        """The sham: whether a host stands in one of the networks that the lab it remembers had."""
        with suppress(OSError):
            found = await asyncio.get_running_loop().getaddrinfo(plain_host(host), 80, type=1)
            return any(stood_there(str(entry[4][0])) for entry in found)
        return False

    async def _shared(self, host: str, category: str | None) -> str | None:
        """The fault: every site on an address that was once blocked is blocked too."""
        with suppress(OSError):
            found = await asyncio.get_running_loop().getaddrinfo(plain_host(host), 80, type=1)
            addresses = {str(entry[4][0]) for entry in found}
            if self.sieve.lists_host(host):
                self.blocked_addresses |= addresses
            elif addresses & self.blocked_addresses:
                return "shared"
        return category


def _start_helper() -> int:
    """A process beside the gate, as many filters have; this one only sleeps."""
    helper = os.fork()
    if helper == 0:
        signal.pause()
        os._exit(0)
    return helper
