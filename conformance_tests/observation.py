"""What came of one probe or one measurement of a case, and of the case as a whole. Values only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance_tests.driver import DriverError
from conformance_tests.judge import Expectation, Judgement, Sight, combine
from conformance_tests.lab.question import Answer
from conformance_tests.parts import Probe
from standard.errors import StairgateError
from standard.words import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance_tests.case import Case
    from standard.record import Value

UNSEEN = Sight(alive_before=False, alive_after=False, canary=False, origin=False)
"""What was seen of something that was not asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One probe, as both witnesses saw it; or one measurement.

    Attributes:
        probe: what was asked.
        answer: what the client got.
        sight: what both witnesses saw.
        judgement: what it means.
        value: the measured number, for times and amounts.
        position: which measurement, from 1.
        criterion: what it shows, where that is not the case's own criterion.
        expected: what must be seen, in words; empty where the probe says it.
    """

    probe: Probe
    answer: Answer
    sight: Sight
    judgement: Judgement
    value: Value | None = None
    position: int = 0
    criterion: str = ""
    expected: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One case's outcome."""

    case: Case
    judgement: Judgement
    observations: tuple[Observation, ...]
    milliseconds: float

    @classmethod
    def of(cls, case: Case, observations: Sequence[Observation], milliseconds: float = 0.0) -> Result:
        """The case is as good as the worst of its observations."""
        judgement = combine([seen.judgement for seen in observations])
        return cls(
            case=case, judgement=judgement, observations=tuple(observations), milliseconds=milliseconds
        )


def measured(  # noqa: PLR0913 - one for each thing its record says
    what: str,
    judgement: Judgement,
    *,
    item: str = "",
    value: Value | None = None,
    position: int = 0,
    criterion: str = "",
    sight: Sight = UNSEEN,
    expected: str = "what the criterion asks",
) -> Observation:
    """An observation that is no single question: `what` was done, and `expected` must come of it."""
    return Observation(
        probe=Probe(ask=what, expect=Expectation.BLOCKED, item=item),
        answer=Answer(),
        sight=sight,
        judgement=judgement,
        value=value,
        position=position,
        criterion=criterion,
        expected=expected,
    )


def undone(case: Case, error: Exception, *, begin: int = 0) -> list[Observation]:
    """What comes of probes whose act was not done.

    An error where the driver broke; untested where it can't; and where the product did not come back it can't
    be told: a dead filter shows nothing.

    Args:
        case: its probes from `begin` on; one for the whole where it has none.
        error: why.
        begin: the first probe that was not asked.
    """
    outcome, said = Outcome.UNTESTED, str(error)
    if isinstance(error, DriverError):
        outcome = Outcome.ERROR
    elif isinstance(error, StairgateError):
        outcome, said = Outcome.CANNOT_TELL, error.problems[0].cause
    said = said.rstrip(".")
    judgement = Judgement(outcome, f"{said[:1].upper()}{said[1:]}.")
    probes = case.probes[begin:] or (Probe(ask=case.title, expect=Expectation.BLOCKED),)
    return [
        Observation(probe=probe, answer=Answer(error="not asked"), sight=UNSEEN, judgement=judgement)
        for probe in probes
    ]
