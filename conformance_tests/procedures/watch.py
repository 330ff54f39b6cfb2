"""A watch: a listed page is asked for again and again, whatever is done to the product meanwhile."""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from conformance_tests.lab.question import Question
from conformance_tests.stands.visit import ask

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from conformance_tests.session import Session

EVERY = 0.5
"""Seconds between two questions, by the criteria."""
_PATIENCE = 10.0


class Watch:
    """Asks for a listed page, and remembers whether it ever came.

    Attributes:
        asked: how often it asked.
        served: how often the page came.
        slowest: seconds of the longest answer.
    """

    def __init__(self, session: Session, host: str) -> None:
        """`host` is listed."""
        self.session = session
        self.host = host
        self.asked = 0
        self.served = 0
        self.slowest = 0.0

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Ask every half second until the end of the block."""
        running = asyncio.create_task(self._run())
        try:
            yield
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    async def _run(self) -> None:
        while True:
            begun = time.monotonic()
            await self.look()
            await asyncio.sleep(max(0.0, EVERY - (time.monotonic() - begun)))

    async def look(self) -> None:
        """Ask once."""
        self.asked += 1
        path = f"/{self.asked}"
        internet = self.session.internet
        canary = internet.mint.make(internet.origin.case, self.host, path).encode()
        question = Question(url=f"http://{self.host}{path}", seconds=_PATIENCE)
        answer = await ask(self.session.door, question, wanted=canary)
        self.served += canary in answer.text
        self.slowest = max(self.slowest, answer.milliseconds / 1000)
