"""Delay: each request is made through the product and without it, in random order; the difference counts.

The one without starts on the product's own machine, so that both travel the same way.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from conformance_tests.judge import Judgement
from conformance_tests.lab import client
from conformance_tests.lab.network import Space
from conformance_tests.lab.question import Question
from conformance_tests.observation import measured
from conformance_tests.stands.visit import ask
from standard.measure import quantile
from standard.record import Value
from standard.words import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from conformance_tests.case import Case
    from conformance_tests.observation import Observation
    from conformance_tests.session import Session

_BUSY = 15.0  # milliseconds a page of the lab takes without the product, on a machine too busy to measure


async def carry_out(session: Session, case: Case) -> list[Observation]:
    """Settings: `open` (the host asked for), `draw` (pairs), `criteria` (those the numbers show).

    Settings for the matrix, whose pairs are too few for a verdict: `median`, `quantile` (milliseconds above
    which the case itself is failed).
    """
    internet, told = session.internet, case.settings
    host = str(told["open"])
    address = str(internet.zone.names[host].four[0])
    straight = replace(
        session.door, proxy=None, resolver=None, addresses={host: address}, space=Space.PRODUCT
    )
    dice = random.Random(f"{internet.plan.seed}/delay")  # noqa: S311 - a reproducible order, no secret
    added: list[float] = []
    directly: list[float] = []
    missed = 0
    for index in range(int(told["draw"])):
        scheme = "https" if index % 2 else "http"
        question = Question(url=f"{scheme}://{host}/{index}")
        canary = internet.mint.make(case.id, host, f"/{index}").encode()
        through = without = None
        for way in dice.sample(("through", "without"), 2):
            if way == "through":
                through = await ask(session.door, question, wanted=canary)
            else:
                without = await client.ask(straight, question)
        if through is None or without is None or canary not in through.text or canary not in without.text:
            missed += 1
        else:
            directly.append(without.milliseconds)
            added.append(through.milliseconds - without.milliseconds)
    said = f"{missed} of {told['draw']} harmless pages did not come: their delay can't be told."
    is_busy = bool(directly) and quantile(directly, 0.5) > _BUSY
    if is_busy:
        said = f"Without the product a page took {quantile(directly, 0.5):.0f} ms: this machine is too busy."
    if missed or not added or (is_busy and "median" not in told):
        return [
            measured(
                "pairs of requests", Judgement(Outcome.CANNOT_TELL, said), criterion=criterion, position=1
            )
            for criterion in told["criteria"]
        ]
    if "median" in told:
        return [measured("pairs of requests", _judge(added, told))]
    return [
        measured(
            "one request through the product and one without it",
            Judgement(Outcome.PASSED, f"The product added {number:.1f} ms."),
            value=Value(number=round(number, 3), unit="ms"),
            position=position,
            criterion=criterion,
        )
        for criterion in told["criteria"]
        for position, number in enumerate(added, start=1)
    ]


def _judge(added: list[float], told: Mapping[str, Any]) -> Judgement:
    """The matrix's verdict over a few pairs; over the standard's thousand the grader decides."""
    median, tail = quantile(added, 0.5), quantile(added, 0.95)
    outcome = Outcome.FAILED if median > told["median"] or tail > told["quantile"] else Outcome.PASSED
    return Judgement(outcome, f"The product added {median:.0f} ms in the median, {tail:.0f} ms at 95 %.")
