"""A run: cases against one product in a sealed lab, results written as they come.

Runs inside the seal. What is written is the standard's result file; grading and rendering happen outside.
"""

from __future__ import annotations

import asyncio
import shlex
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from conformance_tests import conduct, drawn, evidence
from conformance_tests.corpora.choice import Drawing
from conformance_tests.grouping import group
from conformance_tests.judge import combine
from conformance_tests.lab import plan
from conformance_tests.lab.internet import Internet, fresh_folder
from conformance_tests.observation import Result, undone
from conformance_tests.session import open_session
from conformance_tests.stands.place import place_of
from standard import record
from standard.errors import StairgateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from conformance_tests.adapter import Adapter
    from conformance_tests.case import Case
    from standard.words import Stand


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a run is asked to do.

    Attributes:
        adapter: the product.
        adapter_file: its path as it was given, for the command that repeats a case.
        stand: where it stands.
        cases: what to carry out.
        seed: of names, addresses and draws.
        folder: where results and evidence go.
        drawing: what is drawn besides.
    """

    adapter: Adapter
    adapter_file: str
    stand: Stand
    cases: Sequence[Case]
    seed: int
    folder: Path
    drawing: Drawing = field(default_factory=Drawing)


def carry_out(order: Order, write: Callable[[record.Result], None]) -> None:
    """Carry out every case that can be asked at the order's stand; `write` is called with each result.

    Raises:
        StairgateError: the product could not be set up or did not get ready.
    """
    asyncio.run(_carry_out(order, write))


async def _carry_out(order: Order, write: Callable[[record.Result], None]) -> None:
    here = [case.at(order.stand) for case in order.cases if order.stand in case.stands]
    work = fresh_folder()
    async with Internet(plan.draw(order.seed), work, routed=place_of(order.stand).routed) as internet:
        for number, (profile, session_cases) in enumerate(group(here)):
            try:
                await _ask_together(internet, order, profile, session_cases, work, write)
            except StairgateError as error:
                # What never starts can't be examined; what fails to start once more is a result.
                if number == 0:
                    raise
                for case in session_cases:
                    _write(Result.of(case, undone(case, error)), order, datetime.now(UTC), write)
        if order.drawing.draws:
            case = drawn.as_case(order.drawing)
            async with open_session(
                internet,
                order.adapter,
                order.stand,
                case.profile,
                [case],
                work=work / "product",
                separate=False,
            ) as session:
                await drawn.carry_out(order.drawing, session, write)


async def _ask_together(
    internet: Internet,
    order: Order,
    profile: str,
    cases: Sequence[Case],
    work: Path,
    write: Callable[[record.Result], None],
) -> None:
    """All cases of one start."""
    async with open_session(
        internet, order.adapter, order.stand, profile, cases, work=work / "product", separate=False
    ) as session:
        for case in cases:
            started = datetime.now(UTC)
            _write(await conduct.carry_out(session, case), order, started, write)


def _write(result: Result, order: Order, started: datetime, write: Callable[[record.Result], None]) -> None:
    kept = evidence.keep(result, order.folder)
    for line in lines(result, order, started, kept):
        write(line)


def lines(result: Result, order: Order, started: datetime, kept: str) -> Iterator[record.Result]:
    """The lines of the result file for one case: one for each item its probes show, or one for the whole."""
    case = result.case
    again = [
        "stairgate",
        "conform",
        "run",
        "--product",
        order.adapter_file,
        "--only",
        case.id,
        "--seed",
        str(order.seed),
    ]
    by_item: dict[tuple[str, str, int], list[int]] = {}
    for index, observation in enumerate(result.observations):
        shows = (observation.criterion or case.criterion, observation.probe.item, observation.position)
        by_item.setdefault(shows, []).append(index)
    for (criterion, item, position), indexes in by_item.items():
        these = [result.observations[index] for index in indexes]
        judgement = combine([one.judgement for one in these])
        telling = next(one for one in these if one.judgement == judgement)
        yield record.Result(
            case=case.id,
            case_sha256=case.sha256,
            criterion=criterion,
            outcome=judgement.outcome,
            because=judgement.because,
            started=started.strftime("%Y-%m-%dT%H:%M:%SZ"),
            milliseconds=result.milliseconds / len(by_item),
            item=item,
            position=position,
            value=telling.value,
            asked=telling.probe.ask,
            expected=(telling.expected or f"the page is {telling.probe.expect}",),
            observed={
                "status": telling.answer.status,
                "error": telling.answer.error,
                "names": [one.sentence for one in telling.answer.found],
                "canary": telling.sight.canary,
                "origin": telling.sight.origin,
                "alive": [telling.sight.alive_before, telling.sight.alive_after],
            },
            evidence=(kept,),
            reproduce=shlex.join(again),
        )
