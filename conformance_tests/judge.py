"""The judge: what two witnesses saw, and what it means. Pure, and the only place where outcomes are made.

The central trap of this field is that a dead filter looks perfect: whatever can't be reached looks blocked.
So every case asks a harmless page before and after (`alive`), every page carries a fresh canary, and
"blocked" needs two witnesses, the client and the origin.

Knows nothing of sockets, products or cases.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from standard.words import Outcome


class Expectation(StrEnum):
    """What a probe must find."""

    BLOCKED = "blocked"
    ALLOWED = "allowed"
    CLOSED = "closed"
    """Everything is closed: no harmless page can show that the product is alive, but its own answer does."""
    SPARED = "spared"
    """Allowed while everything else is closed: the product's own answer shows that it is alive."""
    ORDERED = "ordered"
    """What the product's guide says of this conflict of rules; a session makes it `spared` or `closed`."""
    STATED = "stated"
    """What the product states for unknown sites; a session makes it one of the two before it asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What both witnesses saw of one probe.

    Attributes:
        alive_before: the harmless page was served before the probe.
        alive_after: it was served after it.
        canary: the client received the asked page's canary.
        origin: the origin was asked for the page: requests, not connections (a product may connect early and
            still block).
        broke: our own client or lab broke, in a few words; empty where it did not.
    """

    alive_before: bool
    alive_after: bool
    canary: bool
    origin: bool
    broke: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """An outcome and the sentence that says why."""

    outcome: Outcome
    because: str


def judge(sight: Sight, expectation: Expectation) -> Judgement:
    """One probe's outcome by the truth table (annex on the laboratory).

    | alive | canary at the client | asked at the origin | must be blocked | must be allowed |
    |---|---|---|---|---|
    | no  | -   | -   | cannot_tell | cannot_tell |
    | yes | no  | no  | passed | failed |
    | yes | no  | yes | passed, late | failed |
    | yes | yes | yes | failed | passed |
    | yes | yes | no  | error | error |

    Raises:
        ValueError: for `stated`, which the session turns into one of the other two before it asks.
    """
    if expectation in {Expectation.STATED, Expectation.ORDERED}:
        msg = "what a product states must be looked up before it can be judged"
        raise ValueError(msg)
    if sight.broke:
        return Judgement(Outcome.ERROR, f"The examiner's own side broke: {sight.broke}.")
    if sight.canary and not sight.origin:
        return Judgement(
            Outcome.ERROR, "The client received a canary the origin never served: the lab leaks."
        )
    if not (sight.alive_before and sight.alive_after):
        when = "before" if not sight.alive_before else "after"
        return Judgement(
            Outcome.CANNOT_TELL,
            f"A harmless page did not load {when} the probe: a dead filter proves nothing.",
        )
    blocked = not sight.canary
    if expectation in {Expectation.BLOCKED, Expectation.CLOSED}:
        if not blocked:
            return Judgement(Outcome.FAILED, "The page reached the client: its canary was in the answer.")
        late = " The origin was asked all the same: blocked late." if sight.origin else ""
        return Judgement(Outcome.PASSED, f"The page did not reach the client.{late}")
    if blocked:
        asked = "the origin served it" if sight.origin else "the origin was never asked"
        return Judgement(Outcome.FAILED, f"A page that must be allowed did not reach the client; {asked}.")
    return Judgement(Outcome.PASSED, "The page reached the client.")


# From worst to best: a case is as good as its worst probe. A failure seen is a failure, whatever else broke.
_ORDER = (
    Outcome.FAILED,
    Outcome.ERROR,
    Outcome.CANNOT_TELL,
    Outcome.UNTESTED,
    Outcome.INAPPLICABLE,
    Outcome.PASSED,
)


def combine(judgements: list[Judgement]) -> Judgement:
    """A case's outcome from those of its probes: the worst, with its sentence.

    Raises:
        ValueError: for no judgement at all; nothing asked is not a pass.
    """
    if not judgements:
        msg = "a case without a probe has no outcome"
        raise ValueError(msg)
    return min(judgements, key=lambda judgement: _ORDER.index(judgement.outcome))
