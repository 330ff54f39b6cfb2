"""Load: many requests at once, one in ten for a listed page. Load may slow a filter and never opens it."""

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

_AT_ONCE = 200
_AFTER = 60.0
_SHUT = "no listed page comes"
_BACK = "a harmless page comes"
AFTER_LOAD = "settings.overload/after-load"
AFTER_ITEMS = ("harmless-served", "listed-blocked")


async def carry_out(session: Session, case: Case) -> list[Observation]:
    """Settings: `listed` and `open` (hosts), `rate` (requests a second), `seconds`."""
    told = case.settings
    rate, seconds = int(told["rate"]), float(told["seconds"])
    total = round(rate * seconds)
    alive = await session.is_alive()
    begun = time.monotonic()
    gates = asyncio.Semaphore(_AT_ONCE)
    served = {"listed": 0, "open": 0}

    async def one(index: int) -> None:
        kind = "listed" if index % 10 == 0 else "open"
        host, path = str(told[kind]), f"/{index}"
        canary = session.internet.mint.make(case.id, host, path).encode()
        async with gates:
            question = Question(url=f"http://{host}{path}", seconds=10)
            answer = await ask(session.door, question, wanted=canary)
        served[kind] += canary in answer.text

    tasks = []
    for index in range(total):
        tasks.append(asyncio.create_task(one(index)))
        # The clock leads, not the product: what it can't take waits at the door.
        if (early := begun + (index + 1) / rate - time.monotonic()) > 0:
            await asyncio.sleep(early)
    # What the product has not answered in as long again it has not served.
    await asyncio.wait(tasks, timeout=max(seconds, 10.0))
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    took = time.monotonic() - begun
    listed = -(-total // 10)
    said = (
        f"{served['listed']} of {listed} listed pages and {served['open']} of {total - listed} others came, "
        f"at {total / took:.0f} requests a second over {took:.0f} s."
    )
    outcome = Outcome.FAILED if served["listed"] else Outcome.PASSED
    if not alive or not served["open"]:
        outcome, said = Outcome.CANNOT_TELL, f"{said} A dead filter proves nothing."
    value = Value(
        number=served["listed"], unit="pages", of=int(told.get("of", listed)) if outcome else listed
    )
    return [
        measured(
            f"{rate} requests a second", Judgement(outcome, said), value=value, position=1, expected=_SHUT
        ),
        *await _after(session, case),
    ]


async def _after(session: Session, case: Case) -> list[Observation]:
    deadline = time.monotonic() + _AFTER
    alive = False
    while not alive and time.monotonic() < deadline:
        alive = await session.is_alive()
    host, path = str(case.settings["listed"]), "/after"
    canary = session.internet.mint.make(case.id, host, path).encode()
    answer = await ask(session.door, Question(url=f"http://{host}{path}"), wanted=canary)
    came = canary in answer.text
    back = Judgement(
        Outcome.PASSED if alive else Outcome.FAILED,
        "A harmless page came." if alive else f"No harmless page came within {_AFTER:g} s of the load's end.",
    )
    shut = Judgement(
        Outcome.CANNOT_TELL if not alive else Outcome.FAILED if came else Outcome.PASSED,
        "The listed page came after the load." if came else "The listed page did not come.",
    )
    return [
        measured("after the load", back, item=AFTER_ITEMS[0], criterion=AFTER_LOAD, expected=_BACK),
        measured("after the load", shut, item=AFTER_ITEMS[1], criterion=AFTER_LOAD, expected=_SHUT),
    ]
