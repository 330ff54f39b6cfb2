"""The matrix: every control against every case, compared cell by cell with what the cases declare.

A case names the faults it must catch. A control with such a fault must fail it; every other control, and the
flawless one, must pass it. Controls that are no filter at all never get ready, and count as no kill.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from conformance_tests.adapter import Adapter
from conformance_tests.controls.faults import Fault, Sham
from conformance_tests.lab import plan
from conformance_tests.lab.internet import Internet, fresh_folder
from conformance_tests.session import open_session
from standard import capability
from standard.errors import StairgateError
from standard.words import Outcome, Stand

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from conformance_tests.case import Case
    from standard.catalogue import Catalogue

FLAWLESS = "flawless"
COLUMNS = 1 + len(Fault) + len(Sham)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One control on one case.

    Attributes:
        control: `flawless`, a fault or a sham.
        case: the case's id.
        declared: what the case says must come of it.
        outcome: what came.
        because: the sentence.
    """

    control: str
    case: str
    declared: Outcome
    outcome: Outcome
    because: str

    @property
    def holds(self) -> bool:
        """Whether it came as declared."""
        return self.outcome is self.declared


def adapter_of(control: str, catalogue: Catalogue) -> Adapter:
    """The adapter that starts a control: it gets what a product gets."""
    described = {
        "format": 1,
        "product": {"id": f"control-{control}", "name": f"Control: {control}", "vendor": "The examiner"},
        "audience": "Nobody: a fake that shows a case can fail.",
        "stands": ["forward-proxy"],
        "offers": [],
        "lacks": [],
    }
    command = (
        sys.executable,
        "-m",
        "conformance_tests.controls.gate",
        "--listen",
        "$LISTEN",
        "--lists",
        "$LISTS",
    )
    fault = () if control == FLAWLESS else ("--fault", control)
    return Adapter(
        id=f"control-{control}",
        name=f"Control: {control}",
        vendor="The examiner",
        homepage="",
        version=("true",),
        version_pattern="(.*)",
        stands={Stand.FORWARD_PROXY: (*command, "--ca", "$CA", "--work", "$WORK", *fault)},
        statement=capability.parse(described, catalogue, place=lambda *_: "control"),
        statement_data=described,
        authority="$WORK/control-ca.pem",
        signal="KILL",
        grace=0,
        patience=3 if control in set(Sham) else 20,
    )


def declared(case: Case, control: str) -> Outcome:
    """What must come of a control on a case."""
    if control in set(Sham):
        return Outcome.CANNOT_TELL
    return Outcome.FAILED if control in case.faults else Outcome.PASSED


def unkilled(cases: Sequence[Case]) -> tuple[list[str], list[str]]:
    """Cases that declare no fault, and faults that no case declares; both must be empty."""
    caught = {fault for case in cases for fault in case.faults}
    return [case.id for case in cases if not case.faults], [fault for fault in Fault if fault not in caught]


def carry_out(
    cases: Sequence[Case], catalogue: Catalogue, seed: int, tell: Callable[[Cell], None]
) -> list[Cell]:
    """Every control on every case, inside the seal; `tell` hears of each cell as it is filled."""
    return asyncio.run(_carry_out(cases, catalogue, seed, tell))


async def _carry_out(
    cases: Sequence[Case], catalogue: Catalogue, seed: int, tell: Callable[[Cell], None]
) -> list[Cell]:
    cells: list[Cell] = []
    work = fresh_folder()
    here = [case for case in cases if Stand.FORWARD_PROXY in case.stands]
    async with Internet(plan.draw(seed), work, routed=False) as internet:
        for control in (FLAWLESS, *Fault, *Sham):
            for cell in await _one(internet, control, here, catalogue, work):
                tell(cell)
                cells.append(cell)
    return cells


async def _one(
    internet: Internet, control: str, cases: Sequence[Case], catalogue: Catalogue, work: Path
) -> list[Cell]:
    outcomes: Mapping[str, tuple[Outcome, str]]
    try:
        async with open_session(
            internet,
            adapter_of(control, catalogue),
            Stand.FORWARD_PROXY,
            "child",
            cases,
            work=work / "product",
            separate=False,
        ) as session:
            results = [await session.carry_out(case) for case in cases]
        outcomes = {one.case.id: (one.judgement.outcome, one.judgement.because) for one in results}
    except StairgateError as error:
        outcomes = {case.id: (Outcome.CANNOT_TELL, error.problems[0].cause) for case in cases}
    return [
        Cell(
            control=control,
            case=case.id,
            declared=declared(case, control),
            outcome=outcomes[case.id][0],
            because=outcomes[case.id][1],
        )
        for case in cases
    ]
