"""Stopping: what a child's account on the product's machine can do to end the filter, and what comes of it.

The acts are done one after the other while a listed page is asked for; the watch goes on long after the last.
An act that the kernel refuses opens nothing, and is tried all the same.
"""

from __future__ import annotations

import asyncio
import functools
import os
import resource
import signal
import socket
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance_tests import account
from conformance_tests.judge import Judgement, Sight
from conformance_tests.lab.network import Space, inside
from conformance_tests.observation import measured
from conformance_tests.procedures.failure import bring_back, judged
from conformance_tests.procedures.harm import descendants
from conformance_tests.procedures.watch import Watch
from standard.record import Value
from standard.words import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conformance_tests.case import Case
    from conformance_tests.observation import Observation
    from conformance_tests.session import Session

UNASKED = "settings.stopping-the-filter/origin-unasked"
ITEMS = (
    "end-task", "kill", "kill-helper", "suspend", "take-port", "exhaust-connections", "exhaust-files",
    "network-flap", "sign-out-in",
)  # fmt: skip
_IDLE = 2000
_FILL = 64 << 20
_FILLER = ".child-was-here"
_EXPECTED = "no listed page comes"
_HELD: list[socket.socket] = []  # in the child: what it holds until it is ended


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of an act: in words, whether it took effect, and what ends it."""

    said: str
    is_done: bool
    end: Callable[[], None]


async def carry_out(session: Session, case: Case) -> list[Observation]:
    """Settings: `listed` (the host asked for), `seconds` (watched after what took effect, and at the end).

    `pause` is how long it is watched after what was refused.
    """
    account.refuse_where_alone()
    seconds, pause = float(case.settings["seconds"]), float(case.settings["pause"])
    watch = Watch(session, case.settings["listed"])
    client = str(session.internet.plan.home[1])
    alive = await session.is_alive()
    told: list[tuple[str, str, Sight, int]] = []
    async with watch.kept():
        for item in ITEMS:
            served = watch.served
            done = _do(session, item)
            try:
                await asyncio.sleep(seconds if done.is_done else pause)
            finally:
                done.end()
            is_back = await bring_back(session)
            came = watch.served > served
            sight = Sight(alive_before=alive, alive_after=is_back, canary=came, origin=came)
            past = sum(
                seen.host == watch.host and seen.peer == client for seen in session.internet.origin.seen
            )
            told.append((item, done.said, sight, past))
            alive = is_back
        served = watch.served
        await asyncio.sleep(seconds)
    came_late = watch.served > served
    observations = []
    for position, (item, said, sight, past) in enumerate(told, 1):
        judgement = judged(sight, watch)
        if came_late and judgement.outcome is Outcome.PASSED:
            judgement = Judgement(Outcome.FAILED, "The listed page came after the last of the acts.")
        judgement = Judgement(judgement.outcome, f"{said} {judgement.because}")
        observations.append(measured(item, judgement, item=item, sight=sight, expected=_EXPECTED))
        outcome = Outcome.FAILED if past else Outcome.PASSED
        because = f"{past} requests of the client came to the listed origin past the product."
        value = Value(number=past, unit="requests", of=10)
        observations.append(
            measured(item, Judgement(outcome, because), value=value, position=position, criterion=UNASKED)
        )
    return observations


def _do(session: Session, item: str) -> _Done:
    pids = [session.running.process.pid, *descendants(session.running.process.pid)]
    host, port = session.variables["LISTEN_HOST"], int(session.variables["LISTEN_PORT"])
    match item:
        case "end-task":
            return _signalled(pids, signal.SIGTERM)
        case "kill":
            return _signalled(pids, signal.SIGKILL)
        case "kill-helper":
            return _signalled(pids[1:][-1:], signal.SIGKILL)
        case "suspend":
            return _signalled(pids, signal.SIGSTOP)
        case "sign-out-in":
            ended = account.as_child(lambda: _try(lambda: os.kill(-1, signal.SIGKILL)))
            return _Done("Every process of the account was ended.", bool(ended), _nothing)
        case "take-port":
            end = account.hold_as_child(lambda: _take(host, port))
            return _Done("The account tried to listen on the port.", is_done=False, end=end)
        case "exhaust-connections":
            end = account.hold_as_child(lambda: _connect(host, port))
            return _Done(f"{_IDLE} connections were opened and left idle.", is_done=True, end=end)
        case "exhaust-files":
            return _filled(session.running.work)
        case _:
            return _flapped()


def _nothing() -> None:
    """Nothing to end."""


def _try(act: Callable[[], None]) -> bool:
    with suppress(OSError):
        act()
        return True
    return False


def _signalled(pids: list[int], number: signal.Signals) -> _Done:
    def send() -> list[int]:
        return [pid for pid in pids if _try(functools.partial(os.kill, pid, number))]

    heard = account.as_child(send) or []

    def wake() -> None:
        for pid in heard:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    said = f"{len(heard)} of {len(pids)} processes could be sent {number.name}."
    return _Done(said, bool(heard), wake)


def _take(host: str, port: int) -> bool:
    taken = socket.socket()
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    _HELD.append(taken)
    return _try(lambda: taken.bind((host, port))) and _try(taken.listen)


def _connect(host: str, port: int) -> int:
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    while len(_HELD) < _IDLE:
        _HELD.append(one := socket.socket())
        one.settimeout(1)
        if not _try(functools.partial(one.connect, (host, port))):
            break
    return len(_HELD)


def _filled(work: Path) -> _Done:
    written = account.as_child(lambda: _fill(work)) or 0

    def clear() -> None:
        for path in work.rglob(_FILLER):
            path.unlink()

    return _Done(f"{written} bytes could be written into its folder.", bool(written), clear)


def _fill(work: Path) -> int:
    written = 0
    for folder in (work, *work.rglob("*/")):
        with suppress(OSError), (folder / _FILLER).open("wb") as file:
            while written < _FILL:
                written += file.write(b"x" * (1 << 20))
    return written


def _flapped() -> _Done:
    def flap() -> bool:
        down = ["ip", "link", "set", "lan0", "down"]
        return subprocess.run(down, check=False, capture_output=True).returncode == 0

    went = bool(account.as_child(flap))

    def raise_again() -> None:
        with inside(Space.PRODUCT):
            subprocess.run(["ip", "link", "set", "lan0", "up"], check=True)

    said = "The account could take the network down." if went else "The account may not touch the network."
    return _Done(said, went, raise_again if went else _nothing)
