"""The meter: which minutes somebody used, and how many bytes went where. `Household` writes it down.

**What counts as use.** A minute counts for a person and a host if they opened a page there in it, or if
`ENOUGH` bytes went through. Devices talk by themselves: push channels, telemetry, look-ups for updates. A
heartbeat costs a few hundred bytes, a beacon on a new TLS connection 5 to 8 kB, of which a handful may come
in a minute; the slowest thing that is worth a limit, a voice call of 8 kbit/s, moves 60 kB a minute and more,
and a film a hundred times that. Between the two lies the threshold. It is one host's, so that many small
talkers do not add up. A minute counts once for everything the host belongs to: its categories, its services,
`everything`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rules.budget import stay

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from proxy.household.store import Key
    from proxy.stay import Use

type Counts = tuple[set[tuple[str, str, int]], dict[Key, tuple[int, int]]]
"""Minutes somebody used (person, target, minute since 1970), and bytes up and down."""

ENOUGH = 32_768
"""Bytes of one person and one host in a minute that are no background talk."""


class _Seen:
    """One person at one host in this minute."""

    __slots__ = ("bytes", "counted", "loads", "targets")

    def __init__(self) -> None:
        self.bytes = 0
        self.loads = 0
        self.counted = False
        self.targets: set[str] = set()


class Meter:
    """Counts until somebody takes the counts away."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        """Begin at nothing.

        Args:
            clock: the time minutes are counted by; aware.
        """
        self._clock = clock
        self._minute = 0
        self._seen: dict[Key, _Seen] = {}
        self._last: dict[Key, int] = {}
        self._minutes: set[tuple[str, str, int]] = set()
        self._traffic: dict[Key, tuple[int, int]] = {}
        self._taken: Counts = (set(), {})

    def add(self, use: Use, up: int, down: int, loads: int) -> None:
        """Count bytes and opened pages of one use. A help service is never counted.

        Args:
            use: what it was.
            up: bytes from the person.
            down: bytes to the person.
            loads: pages opened.
        """
        if use.decision.help or not use.request.person:
            return
        minute = int(self._clock().timestamp() // 60)
        if minute != self._minute:
            self._minute = minute
            self._seen.clear()
        person = use.request.person
        targets = use.targets()
        seen = self._seen.setdefault((person, use.host), _Seen())
        seen.bytes += up + down
        seen.loads += loads
        new = targets - seen.targets
        seen.targets |= new
        is_used = bool(seen.loads) or seen.bytes >= ENOUGH
        if is_used:
            for target in seen.targets if not seen.counted else new:
                self._mark((person, target), minute)
            seen.counted = True
        for target in targets:
            if target != "everything" and not target.startswith("list:"):
                before = self._traffic.get((person, target), (0, 0))
                self._traffic[person, target] = (before[0] + up, before[1] + down)

    def _mark(self, key: Key, minute: int) -> None:
        for one in stay(self._last.get(key), minute):
            self._minutes.add((*key, one))
        self._last[key] = minute

    def take(self) -> Counts:
        """What is not yet written down, to be written; it goes on waiting until `settle`."""
        taken = self._taken = (self._minutes, self._traffic)
        self._minutes, self._traffic = set(), {}
        return taken

    def settle(self, *, written: bool) -> None:
        """What was taken last is written down, or has to be taken again."""
        (minutes, traffic), self._taken = self._taken, (set(), {})
        if written:
            return
        self._minutes |= minutes
        for key, (up, down) in traffic.items():
            before = self._traffic.get(key, (0, 0))
            self._traffic[key] = (before[0] + up, before[1] + down)

    def waiting(self) -> set[tuple[str, str, int]]:
        """The minutes that are not known to be written down, to look at."""
        return self._minutes | self._taken[0]
