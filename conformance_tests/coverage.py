"""What the suite examines and what it doesn't, each with its reason: coverage both ways. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from conformance_tests import procedures
from conformance_tests.corpora.choice import is_drawn
from standard.criterion import EveryMeasure
from standard.words import Evidence, Method

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance_tests.case import Case
    from standard.catalogue import Catalogue
    from standard.criterion import Criterion
    from standard.words import Stand


class State(StrEnum):
    """How far a criterion is examined."""

    WHOLE = "whole"
    PART = "part"
    DRAWN = "drawn"
    """No case shows it; a draw does, where a run is given `--corpus`."""
    PEOPLE = "people"
    """A person looks, or the vendor signs."""
    SOAK = "soak"
    """It takes an hour of measurements."""
    NONE = "none"


_METHODS = {
    Method.INSPECTION: "a person looks",
    Method.ATTESTATION: "the vendor signs",
}
_SOAK = "needs an hour of measurements: the group `soak`, which is not built yet"
_DRAWN = "drawn from lists the product was not given: needs --corpus"
_NOT_DRAWN = "to be drawn, and no run draws it yet"
# Areas for which the lab still lacks the means, and what it lacks.
_LACKING = {
    "configuration": "needs settings that the driver's `configure` does not change yet",
    "records": "needs accounts, notices or days that the lab doesn't drive yet",
    "removal": "needs an installation to remove",
    "installation": "needs an installation to look at",
    "upkeep": "needs signed updates or simulated days",
    "everyday-use": _SOAK,
    "settings": "needs settings, accounts, clocks or devices that the lab doesn't drive yet",
    "supervised-person": "needs the driver's `journal` and a supervised device",
}
# Clauses that lack something else than their area does.
_OF_CLAUSES = {
    "settings.adult-authentication": "needs the driver's `settings`: changes with and without credential",
    "settings.credential-strength": "needs the driver's `settings`, and two installations",
    "settings.guess-limiting": "needs the driver's `settings`: an interface that asks for the credential",
    "settings.sources-unavailable": "needs the adult's notices: no verb of the driver hands them out",
    "filter-safety.own-key": "needs two installations beside each other",
    "filter-safety.console-hardening": "needs to be told where the control interface is",
    "filter-safety.components": "needs a list of components to be handed out",
    "records.access-control": "needs to be told where records can be asked for",
    "records.egress-account": "needs all that leaves the product's machine to be kept",
    "description.guide": "needs the pages of the guide",
    "description.claims-traceable": "needs the pages on which the vendor makes claims",
    "description.honest-limits": "needs the public page of limits, and the results of the whole run",
    "education.child-explanation": "needs the texts that are shown to a child",
    "education.signposts-alive": "needs the list of signposts that the product ships",
    "declaration.published": "held against a declaration: `certify verify` looks at it",
    "declaration.build-under-test": "needs what the vendor ships, beside what was examined",
    "declaration.replayable-evidence": "held against a declaration: `certify verify` recomputes it",
    "declaration.re-test": "needs the register of declarations",
    "declaration.rebadging": "needs the results of two products",
    "records.tamper-evidence": "needs the journal's own check, which no verb of the driver calls",
}
_NO_CASE = "no case is written yet"
_PHRASES = "needs phrases that a product flags and nobody is harmed by"
_CLOCKS = "needs a client's own clock, and 24 hours of the product's"
_BROWSER = "needs a browser at this stand"
_ENFORCED = "needs a product that enforces at this stand: here the lab gives the client no other way"
EXACTLY = {
    "content.generated-and-streamed-text/leaked-bytes": _PHRASES,
    "content.generated-and-streamed-text/streams": _PHRASES,
    "content.safe-preference/off-again": "needs the preference to be switched",
    "communications.private-messages/planted-sentences": "needs a mock chat that is not written yet",
    "description.capability-statement/no-contradiction": "needs the results of the whole run",
    "support.appeal-from-the-block-page/route": "needs a review to be sent from the page and to be received",
    "support.appeal-from-the-block-page/acknowledged": "needs a day of somebody's work",
    "filter-safety.not-an-open-relay/foreign-clients": "needs a client outside the home in the lab",
    "settings.going-round/direct-attempts": _ENFORCED,
    "settings.hidden-server-names/bodies": "needs a client that speaks Encrypted Client Hello",
    "settings.curious-child/attempts": "needs accounts, a task to end and a PIN to guess",
    "settings.temporary-override/default-length": "needs overrides without a length, and a clock that jumps",
    "settings.temporary-override/recorded": "the driver's `journal` exports decisions, not what adults did",
    "settings.clock/extra-minutes": _CLOCKS,
    "settings.clock/moves": _CLOCKS,
    "configuration.time-rules/exactness": "needs a running clock set to just before each boundary",
    "configuration.explain-a-decision/names-its-rule": "the driver has no verb that explains",
    "configuration.person-and-device-separation/changes-of-owner": "needs several persons in the lab",
    "blocked-person.clean-failure-on-tls/no-warning": _BROWSER,
    "blocked-person.safe-silent-page/accessible": _BROWSER,
}
"""Criterion -> why no case shows it, where more can be said than of its area."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One criterion of a stand.

    Attributes:
        criterion: its id.
        cases: ids of the cases that show it.
        missing: members of its set that no probe shows.
        members: how many its set has; 0 for other measures.
        reason: why it is not covered, or not whole; empty where it is.
        state: how far it is examined.
    """

    criterion: str
    cases: tuple[str, ...]
    missing: tuple[str, ...]
    members: int
    reason: str
    state: State


def cover(catalogue: Catalogue, cases: Sequence[Case], stand: Stand) -> list[Line]:
    """Every criterion that applies to a stand, in the order of the standard."""
    here = [case.at(stand) for case in cases if stand in case.stands]
    return [
        _line(criterion, clause.id, here, catalogue, stand)
        for clause in catalogue.clauses.values()
        if stand in clause.applies_when.stands
        for criterion in clause.criteria
    ]


def sentence(line: Line) -> str:
    """One line as text: its state, how many members are shown, and the reason below it."""
    shown = f"{line.members - len(line.missing)}/{line.members}" if line.members else ""
    told = f"{line.state:<6}{shown:>8}  {line.criterion}"
    return f"{told}\n{'':<16}{line.reason}" if line.reason else told


def total(lines: Sequence[Line], stand: Stand) -> str:
    """All lines of a stand in one sentence: each criterion is counted once."""
    count = Counter(line.state for line in lines)
    return (
        f"{len(lines)} criteria at {stand}: {count[State.WHOLE]} whole, {count[State.PART]} in part, "
        f"{count[State.DRAWN]} drawn (shown with --corpus), {count[State.PEOPLE]} by a person or the vendor, "
        f"{count[State.SOAK]} waiting for the group `soak`, {count[State.NONE]} not covered"
    )


def _line(criterion: Criterion, clause: str, cases: list[Case], catalogue: Catalogue, stand: Stand) -> Line:
    showing = [case for case in cases if criterion.id in procedures.shows(case)]
    members = _members(criterion, catalogue, stand)
    shown = {item for case in showing for item in procedures.shows(case)[criterion.id]}
    missing = tuple(member for member in members if member not in shown)
    if showing:
        state = State.PART if missing else State.WHOLE
        reason = f"not yet shown: {', '.join(missing)}" if missing else ""
    else:
        state, reason = _gap(criterion, clause)
    return Line(
        criterion=criterion.id,
        cases=tuple(case.id for case in showing),
        missing=missing,
        members=len(members),
        reason=reason,
        state=state,
    )


def _gap(criterion: Criterion, clause: str) -> tuple[State, str]:
    """What becomes of a criterion that no case shows, and why none does."""
    if criterion.method in _METHODS:
        return State.PEOPLE, _METHODS[criterion.method]
    if is_drawn(criterion):
        return State.DRAWN, _DRAWN
    reason = EXACTLY.get(criterion.id, "") or _OF_CLAUSES.get(clause, "")
    if not reason and criterion.evidence is Evidence.DRAWN:
        reason = _NOT_DRAWN
    reason = reason or _LACKING.get(clause.partition(".")[0], _NO_CASE)
    return State.SOAK if reason == _SOAK else State.NONE, reason


def _members(criterion: Criterion, catalogue: Catalogue, stand: Stand) -> tuple[str, ...]:
    """The members of a criterion's set that reach this stand."""
    measure = criterion.measure
    if not isinstance(measure, EveryMeasure):
        return ()
    found = catalogue.sets.get(measure.set_id)
    return measure.members if found is None else found.members(stand, ())
