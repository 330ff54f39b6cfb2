"""What the suite examines and what it doesn't, each with its reason: coverage both ways. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance_tests import procedures
from standard.criterion import EveryMeasure
from standard.words import Evidence, Method

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance_tests.case import Case
    from standard.catalogue import Catalogue
    from standard.criterion import Criterion
    from standard.words import Stand

_METHODS = {
    Method.INSPECTION: "a person looks",
    Method.ATTESTATION: "the vendor signs",
}
# Areas for which the lab still lacks the means, and what it lacks.
_LACKING = {
    "configuration": "needs settings that the driver's `configure` does not change yet",
    "records": "needs accounts, notices or days that the lab doesn't drive yet",
    "removal": "needs an installation to remove",
    "installation": "needs an installation to look at",
    "upkeep": "needs signed updates or simulated days",
    "everyday-use": "needs an hour of measurements: the group `soak`",
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
    "records.tamper-evidence": "needs the journal's own check, which no verb of the driver calls",
}
_NO_CASE = "no case is written yet"
_PHRASES = "needs phrases that a product flags and nobody is harmed by"
_CLOCKS = "needs a client's own clock, and 24 hours of the product's"
_BROWSER = "needs a browser at this stand"
_ENFORCED = "needs a product that enforces at this stand: here the lab gives the client no other way"
EXACTLY = {
    "content.age-labels/levels": "needs a profile for each level",
    "content.generated-and-streamed-text/leaked-bytes": _PHRASES,
    "content.generated-and-streamed-text/streams": _PHRASES,
    "content.safe-preference/off-again": "needs the preference to be switched",
    "communications.private-messages/planted-sentences": "needs a mock chat that is not written yet",
    "communications.service-classes/core-classes": "the capability statement has no place for classes yet",
    "content.unknown-sites/default-stated": "the capability statement does not name the profiles yet",
    "configuration.age-profiles/brackets": "the capability statement does not map ages to profiles yet",
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
    "blocked-person.help-on-the-page/grid": "needs the household's country to be set",
    "blocked-person.help-on-the-page/reachable": "needs the page's own links followed",
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
    """

    criterion: str
    cases: tuple[str, ...]
    missing: tuple[str, ...]
    members: int
    reason: str


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
    """One line as text: whole, part or none, how many members, and the reason below it."""
    shown = f"{line.members - len(line.missing)}/{line.members}" if line.members else ""
    state = "whole" if not line.reason else "part" if line.cases else "none"
    told = f"{state:<6}{shown:>8}  {line.criterion}"
    return f"{told}\n{'':<16}{line.reason}" if line.reason else told


def _line(criterion: Criterion, clause: str, cases: list[Case], catalogue: Catalogue, stand: Stand) -> Line:
    showing = [case for case in cases if criterion.id in procedures.shows(case)]
    members = _members(criterion, catalogue, stand)
    shown = {item for case in showing for item in procedures.shows(case)[criterion.id]}
    missing = tuple(member for member in members if member not in shown)
    if not showing:
        reason = _METHODS.get(criterion.method, "")
        if not reason and criterion.evidence is Evidence.DRAWN:
            reason = "drawn from lists the product was not given: needs --corpus"
        reason = reason or EXACTLY.get(criterion.id, "") or _OF_CLAUSES.get(clause, "")
        reason = reason or _LACKING.get(clause.partition(".")[0], _NO_CASE)
    else:
        reason = f"not yet shown: {', '.join(missing)}" if missing else ""
    return Line(
        criterion=criterion.id,
        cases=tuple(case.id for case in showing),
        missing=missing,
        members=len(members),
        reason=reason,
    )


def _members(criterion: Criterion, catalogue: Catalogue, stand: Stand) -> tuple[str, ...]:
    """The members of a criterion's set that reach this stand."""
    measure = criterion.measure
    if not isinstance(measure, EveryMeasure):
        return ()
    found = catalogue.sets.get(measure.set_id)
    return measure.members if found is None else found.members(stand, ())
