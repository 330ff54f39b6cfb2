"""Drawn cases: every member of a draw asked once, in batches, with a harmless page before and after each.

Written cases and drawn ones are never mixed: these have no file, and their records carry the draw.
"""

from __future__ import annotations

import asyncio
import hashlib
import shlex
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from conformance_tests.case import Case
from conformance_tests.judge import Expectation, Judgement, Sight, judge
from conformance_tests.lab.question import Answer, Question
from conformance_tests.lab.sites import Site
from conformance_tests.stands.visit import ask
from standard import record
from standard.words import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from conformance_tests.corpora.choice import Draw, Drawing
    from conformance_tests.corpora.draw import Drawn
    from conformance_tests.session import Session

_BATCH = 40
_PROFILE = "child"
_SECONDS = 10.0


def as_case(drawing: Drawing) -> Case:
    """What stands for a case when the product is started: what the product is given, and nothing else."""
    return Case(
        id="drawn",
        criterion="",
        title="",
        why="",
        stands=(),
        profile=_PROFILE,
        lists=drawing.given,
        sites=(),
        probes=(),
        procedure="probes",
        settings={},
        faults=(),
        faults_at={},
        needs=(),
        thin=0,
        sha256="",
    )


def case_of(draw: Draw) -> str:
    """The id under which the records of a draw stand."""
    return f"{draw.criterion}/{'drawn' if draw.side is None else f'drawn-{draw.side}'}"


async def carry_out(drawing: Drawing, session: Session, write: Callable[[record.Result], None]) -> None:
    """Ask every member of every draw; a draw that could not be made leaves one record that says why."""
    for draw in drawing.draws:
        case = case_of(draw)
        if draw.missing:
            write(_missing(draw, case, drawing))
            continue
        session.internet.play(case, [*(Site(host=one.name) for one in draw.members), *session.beacons.sites])
        alive = await session.is_alive()
        for begin in range(0, len(draw.members), _BATCH):
            batch = draw.members[begin : begin + _BATCH]
            started = _now()
            answers = await asyncio.gather(*(_ask(session, case, one) for one in batch))
            after = await session.is_alive()
            for one, (answer, arrived) in zip(batch, answers, strict=True):
                sight = Sight(
                    alive_before=alive,
                    alive_after=after,
                    canary=arrived,
                    origin=session.internet.origin.asked(one.name, "/"),
                )
                expected = Expectation.BLOCKED if draw.blocked else Expectation.ALLOWED
                write(_line(draw, case, one, answer, judge(sight, expected), drawing, started))
            alive = after


async def _ask(session: Session, case: str, one: Drawn) -> tuple[Answer, bool]:
    canary = session.internet.mint.make(case, one.name, "/").encode()
    answer = await ask(session.door, Question(url=f"http://{one.name}/", seconds=_SECONDS), wanted=canary)
    return answer, canary in answer.text


def _line(
    draw: Draw, case: str, one: Drawn, answer: Answer, judgement: Judgement, drawing: Drawing, started: str
) -> record.Result:
    return record.Result(
        case=case,
        case_sha256=_digest(draw),
        criterion=draw.criterion,
        outcome=judgement.outcome,
        because=judgement.because,
        started=started,
        milliseconds=answer.milliseconds,
        draw=record.Draw(
            position=one.position,
            address=f"http://{one.name}/",
            domain=one.domain,
            stratum=one.stratum,
            side=draw.side,
        ),
        asked=f"http://{one.name}/",
        expected=(f"the page is {'blocked' if draw.blocked else 'allowed'}",),
        observed={"status": answer.status, "error": answer.error, "source": draw.source},
        reproduce=shlex.join([*drawing.again, "--only", draw.criterion]),
    )


def _missing(draw: Draw, case: str, drawing: Drawing) -> record.Result:
    return record.Result(
        case=case,
        case_sha256=_digest(draw),
        criterion=draw.criterion,
        outcome=Outcome.UNTESTED,
        because=f"Nothing was drawn: {draw.missing}.",
        started=_now(),
        milliseconds=0,
        reproduce=shlex.join([*drawing.again, "--only", draw.criterion]),
    )


def _digest(draw: Draw) -> str:
    """What stands for the case's file: the members, in the order drawn."""
    text = "\n".join(one.name for one in draw.members)
    return hashlib.sha256(f"{draw.criterion}\n{draw.source}\n{text}".encode()).hexdigest()


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
