"""Name servers' answers, kept for as long as they hold: bounded, negative ones too; one flight a name."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proxy.dns.chain import Answer, read_answer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import dns.message

CAPACITY = 50_000

type Ask = Callable[[str, int], Awaitable[dns.message.Message]]
type Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer and when it was given.

    Attributes:
        answer: the answer.
        at: when it came, by the cache's clock.
    """

    answer: Answer
    at: float


class Cache:
    """What the name servers said. What could not be asked is not kept: the next question asks again."""

    def __init__(
        self, ask: Ask, *, clock: Callable[[], float] = time.monotonic, capacity: int = CAPACITY
    ) -> None:
        """Begin empty.

        Args:
            ask: asks the name servers; may raise OSError.
            clock: seconds, of any origin.
            capacity: answers kept at most.
        """
        self._ask = ask
        self.clock = clock
        self._capacity = capacity
        self._kept: OrderedDict[Key, Kept] = OrderedDict()
        self._flights: dict[Key, asyncio.Task[Kept]] = {}

    def known(self, name: str, kind: int) -> Kept | None:
        """The answer where it is here and still holds. Never waits."""
        kept = self._kept.get((name, kind))
        if kept is None or kept.at + kept.answer.seconds <= self.clock():
            return None
        return kept

    async def get(self, name: str, kind: int) -> Kept:
        """The answer, asked for where it is not here; those who ask for the same wait for one flight.

        Raises:
            OSError: no name server answers.
        """
        kept = self.known(name, kind)
        if kept is not None:
            return kept
        key = (name, kind)
        flight = self._flights.get(key)
        if flight is None:
            flight = asyncio.ensure_future(self._fly(key))
            self._flights[key] = flight
            flight.add_done_callback(lambda done: self._landed(key, done))
        # One client going away must not take the look-up from the others who wait for it.
        return await asyncio.shield(flight)

    async def _fly(self, key: Key) -> Kept:
        kept = Kept(read_answer(await self._ask(*key)), self.clock())
        self._kept[key] = kept
        self._kept.move_to_end(key)
        while len(self._kept) > self._capacity:
            self._kept.popitem(last=False)
        return kept

    def _landed(self, key: Key, flight: asyncio.Task[Kept]) -> None:
        self._flights.pop(key, None)
        if not flight.cancelled():
            flight.exception()  # told to whoever waits; looked at here so that nobody is warned of it
