"""Failures: the product is killed, restarted or provoked, and a listed page is asked for all the while.

A refused connection is a permitted way to fail. What counts is that no listed page comes, from before the act
until long after it, and that a harmless one comes again once the cause is removed.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from conformance_tests.judge import Expectation, Judgement, Sight, judge
from conformance_tests.observation import measured
from conformance_tests.procedures import harm
from conformance_tests.procedures.watch import EVERY, Watch
from standard.errors import StairgateError
from standard.record import Value
from standard.words import Outcome

if TYPE_CHECKING:
    from conformance_tests.case import Case
    from conformance_tests.observation import Observation
    from conformance_tests.session import Session

RECOVERY = "settings.failure-and-start-up/recovery"
_RECOVERY = 60.0


async def carry_out(session: Session, case: Case) -> list[Observation]:
    """Settings: `failure` (its item), `listed` (the host asked for), `seconds` (watched after it)."""
    failure, seconds = case.settings["failure"], float(case.settings["seconds"])
    position = int(case.settings.get("position", 0))
    watch = Watch(session, case.settings["listed"])
    alive = await session.is_alive()
    if failure == "boot":
        session.running.stop()
    await watch.look()
    async with watch.kept():
        try:
            undo = await harm.provoke(session, failure, seconds)
        except harm.CannotError as error:
            judgement = Judgement(Outcome.INAPPLICABLE, str(error))
            return [measured(failure, judgement, item=failure, expected="no listed page comes")]
        try:
            await asyncio.sleep(seconds)
        finally:
            await undo()
        removed = time.monotonic()
        is_back = await bring_back(session)
        took = time.monotonic() - removed
        await asyncio.sleep(min(seconds, 2 * EVERY))
    sight = Sight(alive_before=alive, alive_after=is_back, canary=watch.served > 0, origin=watch.served > 0)
    observations = [
        measured(failure, judged(sight, watch), item=failure, sight=sight, expected="no listed page comes")
    ]
    if position:
        observations.append(_recovery(session, failure, position, took if is_back else None))
    return observations


def judged(sight: Sight, watch: Watch) -> Judgement:
    """What a watch showed, with its numbers."""
    judgement = judge(sight, Expectation.BLOCKED)
    if judgement.outcome is Outcome.PASSED:
        said = f"None of {watch.asked} tries brought the listed page; the longest took {watch.slowest:.1f} s."
        return Judgement(Outcome.PASSED, said)
    if judgement.outcome is Outcome.FAILED:
        said = f"The listed page came at {watch.served} of {watch.asked} tries."
        return Judgement(Outcome.FAILED, said)
    return judgement


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


async def bring_back(session: Session) -> bool:
    """Start the product where it no longer runs, and wait for a harmless page; whether one came."""
    deadline = time.monotonic() + _RECOVERY
    while time.monotonic() < deadline:
        # Seen again and again: one that was about to give up may have done so only now.
        if not session.running.is_running:
            session.running.start_again({})
        with suppress(StairgateError):
            if await session.is_alive():
                return True
        await asyncio.sleep(EVERY / 5)
    return False
