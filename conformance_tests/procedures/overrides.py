"""Overrides as a client meets them: granted for a few hosts at once, each ends when it was said to."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from conformance_tests.judge import Judgement
from conformance_tests.lab.question import Question
from conformance_tests.observation import measured
from conformance_tests.stands.visit import ask
from standard.record import Value
from standard.words import Outcome

if TYPE_CHECKING:
    from conformance_tests.case import Case
    from conformance_tests.observation import Observation
    from conformance_tests.session import Session

_OFF = 60.0  # seconds an end may be off, by the criterion
_EVERY = 0.5


async def carry_out(session: Session, case: Case) -> list[Observation]:
    """Settings: `listed` (hosts below it are), `times`, `minutes`, `patience` (seconds past it)."""
    told = case.settings
    hosts = [f"site{number}.{told['listed']}" for number in range(1, int(told["times"]) + 1)]
    alive = await session.is_alive()
    ends: dict[str, float] = {}
    for host in hosts:
        await session.drive("configure", change="override", host=host, minutes=told["minutes"])
        ends[host] = time.monotonic() + float(told["minutes"]) * 60
    found = await asyncio.gather(
        *(_watch(session, case, host, ends[host], float(told.get("patience", 2 * _OFF))) for host in hosts)
    )
    if not (alive and await session.is_alive()):
        said = "A harmless page did not load: nothing is shown."
        return [measured(hosts[0], Judgement(Outcome.CANNOT_TELL, said))]
    return [
        measured(f"http://{host}/", judgement, position=position, value=Value(number=off, unit="s"))
        for position, (host, (off, judgement)) in enumerate(zip(hosts, found, strict=True), start=1)
    ]


async def _watch(
    session: Session, case: Case, host: str, end: float, patience: float
) -> tuple[float, Judgement]:
    """How far from its stated end an override ended, in seconds, and what that means."""
    canary = session.internet.mint.make(case.id, host, "/").encode()
    was_open = False
    while True:
        answer = await ask(session.door, Question(url=f"http://{host}/", seconds=5))
        off = time.monotonic() - end
        if canary in answer.text:
            was_open = True
        elif was_open:
            outcome = Outcome.PASSED if abs(off) <= _OFF else Outcome.FAILED
            return round(abs(off), 1), Judgement(outcome, f"It ended {off:+.1f} s from its stated end.")
        if off > patience:
            said = "It never ended." if was_open else "The page never came: the override was not in force."
            return 2 * _OFF, Judgement(Outcome.FAILED, said)
        await asyncio.sleep(_EVERY)
