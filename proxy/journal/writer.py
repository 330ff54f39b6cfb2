"""The journal's one writer: takes records from the gate without making it wait, and writes them in batches.

A full queue loses records and counts them; a broken database is tried again and said aloud. Neither opens the
gate nor closes it: that choice is the gate's, which asks `healthy`.
"""

from __future__ import annotations

import threading
from collections import deque
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Self

from rules.errors import StairgateError
from rules.policy import JournalLevel

from .record import Record, Row, as_row, describe
from .store import complaints, insert_rows, open_engine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine

    from proxy.home import Home
    from rules.decide import Decision, Request

_QUEUE_LENGTH = 50_000
"""Records that may wait: about 25 MB, and a minute of a busy home with a locked disk."""
_BATCH = 2_000
_GATHER_SECONDS = 0.2
"""How long a first record waits for company; far below the one second after which it must be readable."""
_RETRY_SECONDS = 1.0


def _now() -> datetime:
    return datetime.now(UTC)


class Journal:
    """An open journal. Its methods may be called from any thread."""

    def __init__(
        self,
        engine: Engine,
        path: Path,
        *,
        level: Callable[[str], JournalLevel],
        clock: Callable[[], datetime] = _now,
        queue_length: int = _QUEUE_LENGTH,
    ) -> None:
        self.engine = engine
        self.lost = 0
        """Records that were dropped because the queue was full, since the journal was opened."""
        self.written = 0
        """Records that are in the database, since the journal was opened."""
        self.trouble: StairgateError | None = None
        """Why the last batch could not be written; None when all is well."""
        self.path = path
        self._level = level
        self._clock = clock
        self._waiting: deque[Row] = deque()
        self._room = queue_length
        self._turn = threading.Condition()
        self._stopping = threading.Event()
        self._writer = threading.Thread(target=self._write_for_ever, name="journal", daemon=True)
        self._writer.start()

    @classmethod
    def open(
        cls,
        home: Home,
        *,
        level: Callable[[str], JournalLevel] = lambda _person: JournalLevel.ADDRESS,
        clock: Callable[[], datetime] = _now,
        queue_length: int = _QUEUE_LENGTH,
    ) -> Self:
        """Open the home's journal, making or upgrading its tables, and start the writer.

        Args:
            home: whose journal.
            level: how much of an address is kept for a person, asked at every record: the policy may change.
            clock: gives the time of a record.
            queue_length: how many records may wait to be written.

        Raises:
            StairgateError: damaged (65), locked or unwritable (69).
        """
        engine = open_engine(home.journal)
        return cls(engine, home.journal, level=level, clock=clock, queue_length=queue_length)

    @property
    def healthy(self) -> bool:
        """Whether what is noted now can be expected to be written."""
        return self.trouble is None and self._writer.is_alive() and len(self._waiting) < self._room

    def note(self, request: Request, decision: Decision, device: str = "") -> None:
        """Write down a decision, as far as the policy and the rules of the journal let us. Never waits."""
        record = describe(
            request,
            decision,
            at=self._clock(),
            device=device or request.device,
            level=self._level(request.person),
        )
        if record is not None:
            self.add(record)

    def add(self, record: Record) -> None:
        """Hand a record to the writer; where the queue is full it is lost and counted. Never waits."""
        self.add_rows([as_row(record)])

    def add_rows(self, rows: list[Row]) -> None:
        """As `add`, for many records as plain values."""
        with self._turn:
            room = max(self._room - len(self._waiting), 0)
            self._waiting.extend(rows[:room])
            self.lost += len(rows[room:])
            self._turn.notify()

    def close(self) -> None:
        """Write what waits, then stop. With a broken database: one last try, the rest is counted as lost."""
        self._stopping.set()
        with self._turn:
            self._turn.notify()
        self._writer.join(timeout=10)
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _write_for_ever(self) -> None:
        while True:
            batch = self._gather()
            try:
                if not self._write_until_done(batch):
                    self.lost += len(batch)
            except Exception:  # noqa: BLE001 - one record that can't be written must not end the journal
                self._write_one_by_one(batch)
            if self._stopping.is_set() and not self._waiting:
                return

    def _gather(self) -> list[Row]:
        """The next batch: waits for a first record, then a little for more."""
        with self._turn:
            while not self._waiting and not self._stopping.is_set():
                self._turn.wait()
        if len(self._waiting) < _BATCH:
            self._stopping.wait(_GATHER_SECONDS)
        with self._turn:
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), _BATCH))]

    def _write_one_by_one(self, batch: list[Row]) -> None:
        """Save what can be saved of a batch in which something is no text (a lone surrogate)."""
        for record in batch:
            try:
                written = self._write_until_done([record])
            except Exception:  # noqa: BLE001 - see above
                written = False
            self.lost += not written

    def _write_until_done(self, batch: list[Row]) -> bool:
        """Try until it is written, or once more after the stop was asked for."""
        while True:
            stopping = self._stopping.is_set()
            try:
                with complaints(self.path), self.engine.begin() as connection:
                    insert_rows(connection, batch)
            except StairgateError as error:
                self.trouble = error
            else:
                self.trouble = None
                self.written += len(batch)
                return True
            if stopping:
                return False
            self._stopping.wait(_RETRY_SECONDS)
