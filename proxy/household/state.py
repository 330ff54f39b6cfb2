"""The household's state as decisions need it: minutes used and earned, overrides, warnings clicked away.

Each process has one. What it counted is written down every few seconds, what others wrote is looked for
before a decision: one question of a few microseconds, at most twenty times a second, tells whether anything
changed. Where the database can't be read, what was known last holds, and minutes go on being counted.
"""

from __future__ import annotations

import asyncio
import logging
import time
from datetime import timedelta
from typing import TYPE_CHECKING, Self

import sqlalchemy as sa

from proxy.clock import Clock
from proxy.confirming import Confirming
from proxy.household import pins, reading, store
from proxy.household.meter import Counts, Meter
from proxy.pinning import Pinning
from rules.errors import StairgateError
from rules.policy import JournalLevel

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime
    from pathlib import Path

    from proxy.home import Home
    from proxy.pinning import Sighting
    from rules.decide import Moment
    from rules.policy import Policy

logger = logging.getLogger(__name__)

LOOK = 0.05
"""Seconds after which it is looked whether another process changed something."""
COUNT = 3.0
"""Seconds after which minutes are written down, and those of all processes read."""
CONFIRMED_FOR = timedelta(hours=1)
"""How long a warning stays clicked away."""
_MARK = 60.0  # seconds between two notes of what time it is
_KEPT = timedelta(days=400)
_KEPT_ENDED = timedelta(days=30)
_KEPT_MINUTES = 32 * 24 * 60


class Household:
    """An open household. `moment` and `confirm` belong to the event loop, `write` to a thread."""

    def __init__(
        self,
        engine: sa.Engine,
        path: Path,
        policy: Callable[[], Policy],
        clock: Callable[[], datetime],
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self.meter = Meter(clock)
        self.pinning = Pinning(clock)
        """Knows which device pins which name."""
        self.path = path
        self._engine = engine
        self._policy = policy
        self._clock = clock
        self._steady = steady
        self._glance = engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self._version: int | None = None
        self._looked_at = self._counted_at = self._marked_at = float("-inf")
        with store.told_in_words(path), engine.begin() as connection:
            key = store.key(connection, "confirm")
            mark = store.read_mark(connection)
            if mark is not None and isinstance(clock, Clock):
                clock.resume(mark)
            self._read = self._known = reading.read(connection, policy(), clock())
            self._learn_from(connection, clock())
        self.confirming = Confirming(key=key, clock=clock, keep=self.confirm)
        """Takes what the button of a warning sends."""
        self._forgot_on: date | None = None

    @classmethod
    def open(cls, home: Home, policy: Callable[[], Policy], clock: Callable[[], datetime]) -> Self:
        """Open the home's household, making or upgrading its tables.

        Args:
            home: whose.
            policy: the policy in force.
            clock: the time of decisions.

        Raises:
            StairgateError: damaged (65), locked or unwritable (69).
        """
        return cls(store.open_store(home.household), home.household, policy, clock)

    def moment(self, at: datetime) -> Moment:
        """A moment with the household's state then, as far as it is known. Never raises."""
        now = self._steady()
        if now - self._looked_at >= LOOK:
            self._looked_at = now
            self._look(at, now)
        return self._known.moment(at)

    def confirm(self, person: str, host: str) -> None:
        """A person has clicked on past a warning: for a while it is not shown again.

        Raises:
            StairgateError: it could not be written down.
        """
        at = self._clock()
        with store.told_in_words(self.path), self._engine.begin() as connection:
            store.confirm(connection, person, host, at + CONFIRMED_FOR)
            self._read = reading.read_exceptions(connection, self._read, at)
        self._known = self._read.with_waiting(self.meter.waiting())

    async def keep(self) -> None:
        """Write down what is counted, for ever. A fault in one round must not end the next."""
        while True:
            await asyncio.sleep(COUNT)
            counts, sightings = self.meter.take(), self.pinning.take()
            written = False
            try:
                written = await asyncio.to_thread(self._write, counts, sightings)
            except Exception:
                logger.exception("minutes used could not be written down")
            self._settle(written=written)

    def write(self) -> None:
        """Write down what was counted since the last time; what can't be written is kept."""
        self._settle(written=self._write(self.meter.take(), self.pinning.take()))

    def _settle(self, *, written: bool) -> None:
        self.meter.settle(written=written)
        self._counted_at = float("-inf")  # the next look reads what is written now, and not only what waits

    def _write(self, counts: Counts, sightings: tuple[Sighting, ...] = ()) -> bool:
        """Write what was counted and seen, in any thread; False where it can't be (then it was not seen)."""
        minutes, traffic = counts
        if not (minutes or traffic or sightings) and self._steady() - self._marked_at < _MARK:
            return True
        try:
            with store.told_in_words(self.path), self._engine.begin() as connection:
                store.add_minutes(connection, filter(self._is_kept, minutes))
                kept = {key: bytes_ for key, bytes_ in traffic.items() if self._keeps(key[0])}
                store.add_traffic(connection, self._policy().week.day_of(self._clock()), kept)
                if sightings:
                    pins.learn(connection, sightings, self._clock())
                self._forget(connection, self._clock())
                self._mark(connection)
        except StairgateError as error:
            logger.warning("minutes used could not be written down: %s", error.problems[0].cause)
            return False
        return True

    def close(self) -> None:
        """Write what is left and close."""
        self.write()
        self._glance.close()
        self._engine.dispose()

    def _is_kept(self, minute: tuple[str, str, int]) -> bool:
        person, target, _ = minute
        known = self._policy().people.get(person)
        return self._keeps(person) or (known is not None and target in known.budgeted)

    def _keeps(self, person: str) -> bool:
        """Whether more is kept of a person than limits need: not where the journal is off for them."""
        known = self._policy().people.get(person)
        return known is not None and known.journal is not JournalLevel.OFF

    def _look(self, at: datetime, now: float) -> None:
        """Read what changed."""
        try:
            version = self._glance.exec_driver_sql("PRAGMA data_version").scalar()
            due = at >= self._read.ends or now - self._counted_at >= COUNT
            if version == self._version and not due:
                return
            self._version = version
            if due:
                self._counted_at = now
                self._read = reading.read(self._glance, self._policy(), at)
            else:
                self._read = reading.read_exceptions(self._glance, self._read, at)
            self._learn_from(self._glance, at)
        except sa.exc.SQLAlchemyError:
            logger.warning("the household can't be read; what was known last holds")
        self._known = self._read.with_waiting(self.meter.waiting())

    def _learn_from(self, connection: sa.Connection, at: datetime) -> None:
        self.pinning.know(pins.read(connection, at), self._read.overrides)

    def _mark(self, connection: sa.Connection) -> None:
        """Now and then: keep what time it is."""
        if isinstance(self._clock, Clock) and self._steady() - self._marked_at >= _MARK:
            self._marked_at = self._steady()
            store.keep_mark(connection, self._clock.mark())

    def _forget(self, connection: sa.Connection, at: datetime) -> None:
        """Once a day: delete what no limit and no report needs any more."""
        day = self._policy().week.day_of(at)
        if day == self._forgot_on:
            return
        self._forgot_on = day
        store.forget(
            connection,
            minutes_before=int(at.timestamp() // 60) - _KEPT_MINUTES,
            days_before=day - _KEPT,
            ended_before=at - _KEPT_ENDED,
        )
