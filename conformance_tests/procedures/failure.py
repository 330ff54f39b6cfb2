"""Failures: the product is killed, restarted or provoked, and a listed page is asked for all the while.

A refused connection is a permitted way to fail. What counts is that no listed page comes, from before the act
until long after it, and that a harmless one comes again once the cause is removed.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from conformance_tests import stage
from conformance_tests.judge import Expectation, Judgement, Sight, judge
from conformance_tests.lab.question import Question
from conformance_tests.observation import measured
from conformance_tests.stands.visit import ask
from standard.errors import StairgateError
from standard.record import Value
from standard.words import Outcome

if TYPE_CHECKING:
    from conformance_tests.case import Case
    from conformance_tests.observation import Observation
    from conformance_tests.session import Session

RECOVERY = "settings.failure-and-start-up/recovery"
_EVERY = 0.5  # seconds between two questions, by the criterion
_RECOVERY = 60.0
_GONE = 1.0  # seconds between a product's end and its next start
_HUGE = "x" * (1 << 20)


class _Watch:
    """Asks for a listed page again and again, and remembers whether it ever came."""

    def __init__(self, session: Session, host: str) -> None:
        self.session = session
        self.host = host
        self.asked = 0
        self.served = 0
        self.slowest = 0.0

    async def run(self) -> None:
        while True:
            begun = time.monotonic()
            await self.look()
            await asyncio.sleep(max(0.0, _EVERY - (time.monotonic() - begun)))

    async def look(self) -> None:
        self.asked += 1
        path = f"/{self.asked}"
        internet = self.session.internet
        canary = internet.mint.make(internet.origin.case, self.host, path).encode()
        question = Question(url=f"http://{self.host}{path}", seconds=_RECOVERY / 6)
        answer = await ask(self.session.door, question, wanted=canary)
        self.served += canary in answer.text
        self.slowest = max(self.slowest, answer.milliseconds / 1000)


async def carry_out(session: Session, case: Case) -> list[Observation]:
    """Settings: `failure` (its item), `listed` (the host asked for), `seconds` (watched after it)."""
    failure, seconds = case.settings["failure"], float(case.settings["seconds"])
    position = int(case.settings.get("position", 0))
    watch = _Watch(session, case.settings["listed"])
    alive = await session.is_alive()
    if failure == "boot":
        session.running.stop()
    await watch.look()
    running = asyncio.create_task(watch.run())
    try:
        why_not = await _fail(session, failure)
        await asyncio.sleep(0 if why_not else seconds)
        removed = time.monotonic()
        is_back = await _bring_back(session)
        took = time.monotonic() - removed
        await asyncio.sleep(0 if why_not else min(seconds, 2 * _EVERY))
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
    if why_not:
        return [measured(failure, Judgement(Outcome.INAPPLICABLE, why_not), item=failure)]
    sight = Sight(alive_before=alive, alive_after=is_back, canary=watch.served > 0, origin=watch.served > 0)
    judgement = judge(sight, Expectation.BLOCKED)
    if judgement.outcome is Outcome.PASSED:
        said = f"None of {watch.asked} tries brought the listed page; the longest took {watch.slowest:.1f} s."
        judgement = Judgement(Outcome.PASSED, said)
    elif judgement.outcome is Outcome.FAILED:
        said = f"The listed page came at {watch.served} of {watch.asked} tries."
        judgement = Judgement(Outcome.FAILED, said)
    observations = [measured(failure, judgement, item=failure, sight=sight, expected="no listed page comes")]
    if position:
        observations.append(_recovery(session, failure, position, took if is_back else None))
    return observations


def _recovery(session: Session, failure: str, position: int, took: float | None) -> Observation:
    said = (
        f"A harmless page came {took:.1f} s after it." if took is not None else "No harmless page came again."
    )
    outcome = Outcome.PASSED if took is not None and took <= _RECOVERY else Outcome.FAILED
    return measured(
        f"{failure}: until {session.running.adapter.name} serves again",
        Judgement(outcome, said),
        position=position,
        value=Value(number=round(took if took is not None else 2 * _RECOVERY, 2), unit="s"),
        criterion=RECOVERY,
        expected="a harmless page comes again",
    )


async def _fail(session: Session, failure: str) -> str:
    """Do it; why it can't be done with this product, where it can't."""
    running = session.running
    match failure:
        case "kill-all":
            running.kill()
        case "kill-one":
            helpers = _children(running.process.pid)
            if not helpers:
                return "The product is a single process."
            with suppress(ProcessLookupError):
                os.kill(helpers[-1], signal.SIGKILL)
        case "restart":
            running.stop()
            await asyncio.sleep(_GONE)
            running.start_again({})
        case "boot":
            await asyncio.sleep(_GONE)
            running.start_again({})
        case "internal-error":
            for headers in ({"X-Long": _HUGE}, {"Cookie": "; ".join(f"c{n}=1" for n in range(20_000))}):
                url = f"http://{session.beacons.harmless}/"
                await ask(session.door, Question(url=url, headers=headers, seconds=5))
        case "missing-lists":
            stage.take_away(session.variables["LISTS"])
            running.kill()
            await asyncio.sleep(_GONE)
            running.start_again({})
        case _:
            msg = f"there is no failure {failure!r}"
            raise ValueError(msg)
    return ""


async def _bring_back(session: Session) -> bool:
    """Remove the cause, start the product where it no longer runs, and wait for a harmless page."""
    if _put_back(session.variables["LISTS"]):
        session.running.kill()
    if not session.running.is_running:
        session.running.start_again({})
    deadline = time.monotonic() + _RECOVERY
    while time.monotonic() < deadline:
        with suppress(StairgateError):
            if await session.is_alive():
                return True
        await asyncio.sleep(_EVERY / 5)
    return False


def _put_back(folder: str) -> bool:
    lists = Path(folder)
    gone = lists.with_name(stage.GONE)
    if is_gone := gone.exists():
        shutil.rmtree(lists, ignore_errors=True)
        gone.rename(lists)
    return is_gone


def _children(leader: int) -> list[int]:
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
