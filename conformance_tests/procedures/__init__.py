"""Procedures: cases that are more than questions in a row. Each gives its observations, as probes do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from conformance_tests.procedures import delay, failure, journal, load, secrets

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
    "record-parts": journal.show_parts,
    "help-traces": journal.find_traces,
}


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
