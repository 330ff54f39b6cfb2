"""Procedures: cases that are more than questions in a row. Each gives its observations, as probes do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from conformance_tests import members
from conformance_tests.procedures import (
    changes,
    delay,
    failure,
    journal,
    keys,
    load,
    overrides,
    secrets,
    signposts,
    statement,
    stopping,
    tampering,
)

if TYPE_CHECKING:
    from conformance_tests.case import Case
    from conformance_tests.observation import Observation
    from conformance_tests.session import Session

type Procedure = Callable[[Session, Case], Awaitable[list[Observation]]]

_KNOWN: dict[str, Procedure] = {
    "failure": failure.carry_out,
    "load": load.carry_out,
    "secrets": secrets.carry_out,
    "delay": delay.carry_out,
    "overrides": overrides.carry_out,
    "changes": changes.carry_out,
    "record-parts": journal.show_parts,
    "help-traces": journal.find_traces,
    "stopping": stopping.carry_out,
    "tampering": tampering.carry_out,
    "keys": keys.carry_out,
    "signposts": signposts.carry_out,
    "statement": statement.carry_out,
}


def shows(case: Case) -> dict[str, set[str]]:
    """Criterion -> members of its set that a case shows; a criterion without a set has none."""
    shown = {case.criterion: {probe.item for probe in case.probes if probe.item}}
    match case.procedure:
        case "failure":
            shown[case.criterion] = {case.settings["failure"]}
            shown[failure.RECOVERY] = set()
        case "load":
            shown[load.AFTER_LOAD] = set(load.AFTER_ITEMS)
        case "secrets":
            shown[case.criterion] = {f"{kind}-{way}" for kind in secrets.KINDS for way in secrets.WAYS}
        case "changes":
            shown = {changes.FORGOTTEN: set(), changes.HOW_LONG: set()}
        case "delay":
            shown = {criterion: set() for criterion in case.settings["criteria"]}
        case "stopping":
            shown[case.criterion] = set(stopping.ITEMS)
            shown[stopping.UNASKED] = set()
        case "keys":
            shown[case.criterion] = set(keys.ITEMS)
        case "tampering":
            shown[case.criterion] = {*tampering.KINDS, tampering.SECOND}
        case "signposts":
            shown = {case.criterion: set(signposts.GRID), signposts.REACHABLE: set(signposts.STATES)}
        case "statement":
            shown[case.criterion] = set(members.ids_of(statement.SETS[case.settings["finds"]]))
        case "record-parts":
            shown[case.criterion] = set(journal.ITEMS)
    return shown


def find(name: str) -> Procedure | None:
    """The procedure of a name; None for `probes`, the questions in a row.

    Raises:
        ValueError: there is none of this name.
    """
    if name == "probes":
        return None
    if name not in _KNOWN:
        msg = f"there is no procedure {name!r}; there are probes, {', '.join(_KNOWN)}"
        raise ValueError(msg)
    return _KNOWN[name]
