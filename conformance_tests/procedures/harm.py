"""The failures that a product is put through, each with what removes its cause again.

A failure gives what undoes it; one that this product can't have raises `CannotError`.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from conformance_tests import acts, stage
from conformance_tests.driver import RefusedError
from conformance_tests.lab.network import Space, socket_in
from conformance_tests.lab.question import Question
from conformance_tests.stands.visit import ask
from standard.errors import StairgateError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from conformance_tests.session import Session

type Undo = Callable[[], Awaitable[None]]

_GONE = 1.0  # seconds between a product's end and its next start
_LOOK = 0.1
_HUGE = "x" * (1 << 20)
_FAR = timedelta(days=3653)  # ten years
_DISK = "/run"  # where the lab keeps the product's folder: a disk of its own


class CannotError(Exception):
    """This product can't have this failure."""


async def provoke(session: Session, failure: str, seconds: float) -> Undo:
    """Do it.

    Args:
        session: the product.
        failure: a member of the set `failure-modes`.
        seconds: how long it is watched; what has two halves waits between them.

    Returns:
        What removes the cause; the product is started afterwards where it no longer runs.

    Raises:
        CannotError: the product can't have it.
        RefusedError: its adapter or driver does not say how.
        ValueError: there is no such failure.
    """
    running = session.running
    match failure:
        case "kill-all":
            running.kill()
        case "kill-one":
            helpers = descendants(running.process.pid)
            if not helpers:
                msg = "The product is a single process."
                raise CannotError(msg)
            with suppress(ProcessLookupError):
                os.kill(helpers[-1], signal.SIGKILL)
        case "restart":
            running.stop()
            await _start_again(session)
        case "boot":
            await _start_again(session)
        case "internal-error":
            for headers in ({"X-Long": _HUGE}, {"Cookie": "; ".join(f"c{n}=1" for n in range(20_000))}):
                url = f"http://{session.beacons.harmless}/"
                await ask(session.door, Question(url=url, headers=headers, seconds=5))
        case "missing-lists":
            return await _without_lists(session)
        case "port-race":
            return await _without_port(session)
        case "disk-full":
            return _without_room()
        case "broken-settings":
            return await _with_half_settings(session)
        case "clock-jump":
            return await _in_other_years(session, seconds)
        case _:
            msg = f"there is no failure {failure!r}"
            raise ValueError(msg)
    return _nothing


async def _nothing() -> None:
    """No cause to remove."""


async def _start_again(session: Session) -> None:
    await asyncio.sleep(_GONE)
    session.running.start_again({})


async def _settled(session: Session) -> None:
    """Wait until what was started answers or has ended: on a slow machine the cause must not go before it."""
    deadline = time.monotonic() + session.running.adapter.patience
    while session.running.is_running and time.monotonic() < deadline:
        answer = await ask(session.door, Question(url=f"http://{session.beacons.listed}/", seconds=3))
        if answer.status is not None:
            return
        await asyncio.sleep(_LOOK)


async def _without_lists(session: Session) -> Undo:
    """The lists are gone at start."""
    lists = Path(session.variables["LISTS"])
    gone = lists.with_name(stage.GONE)
    session.running.kill()
    stage.take_away(session.variables["LISTS"])
    await _start_again(session)
    await _settled(session)

    async def put_back() -> None:
        _move(lists, lists.with_name("lists-made"))  # the product may have made a folder of its own
        _move(gone, lists)
        session.running.kill()

    return put_back


def _move(folder: Path, to: Path) -> None:
    if folder.exists():
        folder.rename(to)


async def _without_port(session: Session) -> Undo:
    """While the product restarts, another program takes its port and closes whatever comes."""
    session.running.stop()
    await asyncio.sleep(_GONE)
    taken = socket_in(Space.PRODUCT, socket.AF_INET)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    other: asyncio.Server | None = None
    # A port that something of the product still holds is not there to be taken.
    with suppress(OSError):
        taken.bind((session.variables["LISTEN_HOST"], int(session.variables["LISTEN_PORT"])))
        other = await asyncio.start_server(lambda _, writer: writer.close(), sock=taken)
    session.running.start_again({})

    async def leave() -> None:
        if other is not None:
            other.close()
        taken.close()

    return leave


def _without_room() -> Undo:
    """The disk the product's folder lies on has no byte left."""
    now = os.statvfs(_DISK)
    size, used = now.f_blocks * now.f_frsize, (now.f_blocks - now.f_bfree) * now.f_frsize
    _resize(used)

    async def make_room() -> None:
        _resize(size)

    return make_room


def _resize(size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", _DISK], check=True, capture_output=True)


async def _with_half_settings(session: Session) -> Undo:
    """Every settings file is cut in half, and the product restarted."""
    files = [session.running.work / name for name in session.running.adapter.settings]
    whole = {path: path.read_bytes() for path in files if path.is_file()}
    if not whole:
        msg = "the adapter names no settings file"
        raise RefusedError(msg)
    for path, text in whole.items():
        path.write_bytes(text[: len(text) // 2])
    session.running.stop()
    await _start_again(session)
    await _settled(session)

    async def mend() -> None:
        for path, text in whole.items():
            path.write_bytes(text)
        session.running.kill()

    return mend


async def _in_other_years(session: Session, seconds: float) -> Undo:
    """The clock jumps ten years on, and ten years back from now."""
    for far in (_FAR, -_FAR):
        # What does not start in such a year is closed, which is a permitted way to fail.
        with suppress(StairgateError):
            await acts.perform(session, {"clock": _told(datetime.now(UTC) + far)})
        await asyncio.sleep(seconds / 2)

    async def set_right() -> None:
        answer = await session.drive("clock", at=_told(datetime.now(UTC)))
        if "environment" in answer:
            await session.restart({}, answers=True)  # by the machine's own clock

    return set_right


def _told(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def descendants(leader: int) -> list[int]:
    """Every process that descends from the leader, the youngest last; some leave its group."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                parents[int(folder.name)] = int(fields[1])
    found: set[int] = set()
    while more := {pid for pid, parent in parents.items() if parent in found | {leader}} - found:
        found |= more
    return sorted(found)
