"""The readers of a worker: processes beside the event loop that read what would hold it up.

What can't be read in time is not served: a reader that is gone or late means a block, never an open page.
The late one is ended, and another takes its place.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from proxy.reader import LENGTH, frame, read_reply

if TYPE_CHECKING:
    from proxy.reading import Answer, Findings

logger = logging.getLogger(__name__)

DEADLINE = 5.0
"""Seconds a page may wait to be read, the queue before it included. A page of 256 KB takes 10 to 20 ms."""

_COMMAND = (sys.executable, "-m", "proxy.reader")


class UnreadError(Exception):
    """An answer could not be read; its text says why."""


class _Reader:
    """One process and the socket to it; started when it is needed, and again after its end."""

    def __init__(self, command: tuple[str, ...]) -> None:
        self.waiting = 0
        self._command = command
        self._turn = asyncio.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def ask(self, sent: bytes) -> bytes:
        """Send one frame and wait for its reply.

        Raises:
            OSError: the process is gone, or can't be started.
            EOFError: the same, noticed while reading.
        """
        async with self._turn:
            try:
                reader, writer = self._streams or await self.start()
                writer.write(sent)
                await writer.drain()
                (size,) = LENGTH.unpack(await reader.readexactly(LENGTH.size))
                return await reader.readexactly(size)
            except BaseException:
                # Cut off in the middle, also by the deadline: what it sends next would answer another page.
                self.end()
                raise

    async def warm_up(self) -> None:
        """Start the process where it does not run."""
        async with self._turn:
            if self._streams is None:
                await self.start()

    async def start(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Start the process; it reads its phrases before its first frame."""
        here, there = socket.socketpair()
        try:
            with there:
                self._process = await asyncio.to_thread(self._spawn, there)
            self._streams = await asyncio.open_connection(sock=here)
        except BaseException:
            here.close()
            raise
        return self._streams

    def _spawn(self, there: socket.socket) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._command,
            stdin=there.fileno(),
            stdout=subprocess.DEVNULL,
            cwd=Path(__file__).parents[1],
        )

    def end(self) -> None:
        """End the process, where there is one."""
        streams, self._streams = self._streams, None
        process, self._process = self._process, None
        if streams is not None:
            streams[1].transport.abort()
        if process is not None:
            process.kill()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(1)

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        return None if self._process is None else self._process.pid


class Readers:
    """One or two readers; used on one event loop."""

    def __init__(self, number: int | None = None, *, command: tuple[str, ...] = _COMMAND) -> None:
        """Prepare them; processes are started by `warm_up` or with the first page.

        Args:
            number: how many; by default two where there are four cores or more.
            command: what a reader is started with.
        """
        self.deadline = DEADLINE
        self._readers = [_Reader(command) for _ in range(number or (2 if (os.cpu_count() or 1) >= 4 else 1))]

    async def warm_up(self, *, after: float = 0) -> None:
        """Start the processes, `after` seconds from now, so that the first page need not wait for one."""
        await asyncio.sleep(after)
        for one in self._readers:
            with contextlib.suppress(OSError):
                await one.warm_up()

    async def read(self, answer: Answer) -> Findings:
        """Have one answer read.

        Raises:
            UnreadError: the reader is gone or late.
        """
        one = min(self._readers, key=lambda reader: reader.waiting)
        one.waiting += 1
        try:
            async with asyncio.timeout(self.deadline):
                return read_reply(await one.ask(frame(answer)))
        except TimeoutError as error:
            raise UnreadError("it took too long to read") from error
        except (OSError, EOFError) as error:
            logger.warning("a reader is gone: %s", error)
            raise UnreadError("what reads pages has failed") from error
        finally:
            one.waiting -= 1

    def pids(self) -> tuple[int, ...]:
        """Of the processes that run now."""
        return tuple(pid for one in self._readers if (pid := one.pid) is not None)

    def close(self) -> None:
        """End all of them; on the event loop they were used on."""
        for one in self._readers:
            one.end()
