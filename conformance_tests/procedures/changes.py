"""Changes as a client meets them: a host is blocked and opened again, twenty times over.

Two times are measured of each: from the change until it is in force, and from the end of the block until a
client that keeps what it may keep sees the page again.
"""

from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING

from conformance_tests.judge import Judgement
from conformance_tests.lab.question import Answer, Question
from conformance_tests.observation import measured
from conformance_tests.stands.visit import ask
from standard.record import Value
from standard.words import Outcome

if TYPE_CHECKING:
    from conformance_tests.case import Case
    from conformance_tests.observation import Observation
    from conformance_tests.session import Session

FORGOTTEN = "blocked-person.true-status/forgotten"
HOW_LONG = "configuration.change-takes-effect/how-long"
_MOST = 60.0  # seconds, by both criteria
_EVERY = 0.1
_KEPT = re.compile(r"(?:max-age|s-maxage)\s*=\s*0*[1-9]")


async def carry_out(session: Session, case: Case) -> list[Observation]:
    """Settings: `base` (its hosts are `site1.base`…), `times`, `patience` (seconds for a change)."""
    base, times = str(case.settings["base"]), int(case.settings["times"])
    patience = float(case.settings.get("patience", 2 * _MOST))
    observations: list[Observation] = []
    for position in range(1, times + 1):
        url = f"http://site{position}.{base}/"
        if not await _comes(session, case, url):
            said = f"{url} did not load before anything was changed: nothing is shown."
            return [*observations, measured(url, Judgement(Outcome.CANNOT_TELL, said))]
        await session.drive("configure", change="block-host", host=f"site{position}.{base}")
        closed, block = await _wait(session, case, url, patience, comes=False)
        observations.append(_seen(f"{url} is blocked", closed, position, HOW_LONG))
        await session.drive("configure", change="unblock-host", host=f"site{position}.{base}")
        if closed is not None and is_kept(block):
            said = f"The block may be kept: {block.header('cache-control')!r}. A client with it shows it on."
            value = Value(number=patience, unit="s")
            judgement = Judgement(Outcome.FAILED, said)
            observations.append(measured(url, judgement, value=value, position=position, criterion=FORGOTTEN))
            continue
        opened, _ = await _wait(session, case, url, patience, comes=True)
        observations.append(_seen(f"{url} is open again", opened, position, FORGOTTEN))
    return observations


async def _wait(
    session: Session, case: Case, url: str, patience: float, *, comes: bool
) -> tuple[float | None, Answer]:
    """How many seconds until the page comes, or no longer comes; None where it did not happen in time."""
    begun = time.monotonic()
    while True:
        answer = await ask(session.door, Question(url=url, seconds=_MOST / 6))
        spent = time.monotonic() - begun
        if (_canary(session, case, url) in answer.text) == comes and answer.status is not None:
            return spent, answer
        if spent > patience:
            return None, answer
        await asyncio.sleep(_EVERY)


async def _comes(session: Session, case: Case, url: str) -> bool:
    return _canary(session, case, url) in (await ask(session.door, Question(url=url))).text


def _canary(session: Session, case: Case, url: str) -> bytes:
    host = url.removeprefix("http://").rstrip("/")
    return session.internet.mint.make(case.id, host, "/").encode()


def is_kept(block: Answer) -> bool:
    """Whether a client's cache may show this block again (RFC 9111 3, 4.2)."""
    told = block.header("cache-control").lower()
    is_fresh = bool(_KEPT.search(told)) or bool(block.header("expires"))
    return is_fresh and "no-store" not in told and "no-cache" not in told


def _seen(what: str, seconds: float | None, position: int, criterion: str) -> Observation:
    within = seconds is not None and seconds <= _MOST
    said = "It did not happen." if seconds is None else f"{seconds:.1f} s after it was saved."
    number = round(2 * _MOST if seconds is None else seconds, 2)
    return measured(
        what,
        Judgement(Outcome.PASSED if within else Outcome.FAILED, said),
        position=position,
        value=Value(number=number, unit="s"),
        criterion=criterion,
    )
