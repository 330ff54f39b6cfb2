"""The matrix: every control against every case, compared cell by cell with what the cases declare.

A case names the faults it must catch. A control with such a fault must fail it; every other control, and the
flawless one, must pass it. Controls that are no filter at all never get ready, and count as no kill.

`carry_out` deals the controls out to processes, each in a sealed lab of its own.
"""

from __future__ import annotations

import asyncio
import json
import os
import selectors
import sys
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from conformance_tests.adapter import Adapter
from conformance_tests.controls.faults import Fault, Sham
from conformance_tests.grouping import group
from conformance_tests.lab import plan, seal
from conformance_tests.lab.internet import Internet, fresh_folder
from conformance_tests.session import open_session
from standard import capability
from standard.errors import Problem, StairgateError
from standard.exits import Exit
from standard.words import Outcome, Stand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from conformance_tests.case import Case
    from standard.catalogue import Catalogue

FLAWLESS = "flawless"
ALL = (FLAWLESS, *Fault, *Sham)


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
        marks={
            "is-a-block": "Blocked by",
            "by-what": "Control filter",
            "why": "belongs to the category",
            "what-to-do": "What to do",
        },
        signal="KILL",
        grace=0,
        patience=4 if control in set(Sham) else 30,
    )


def declared(case: Case, control: str) -> Outcome:
    """What must come of a control on a case."""
    if control in set(Sham):
        return Outcome.CANNOT_TELL
    return Outcome.FAILED if control in case.faults else Outcome.PASSED


def thinned(case: Case) -> Case:
    """The case with as many probes as it says the matrix needs, taken evenly."""
    if not case.thin or len(case.probes) <= case.thin:
        return case
    step = len(case.probes) / case.thin
    return replace(case, probes=tuple(case.probes[int(index * step)] for index in range(case.thin)))


def unkilled(cases: Sequence[Case]) -> tuple[list[str], list[str]]:
    """Cases that declare no fault, and faults that no case declares; both must be empty."""
    caught = {fault for case in cases for fault in case.faults}
    return [case.id for case in cases if not case.faults], [fault for fault in Fault if fault not in caught]


def carry_out(
    cases: Sequence[Case],
    catalogue: Catalogue,
    seed: int,
    tell: Callable[[Cell], None],
    *,
    controls: Sequence[str] = ALL,
    at_once: int = 1,
) -> list[Cell]:
    """Every control on every case; `tell` hears of each cell as it is filled.

    Args:
        cases: those that can be asked at the forward-proxy stand are.
        catalogue: the loaded standard.
        seed: of names and addresses.
        tell: called in this process.
        controls: which of `ALL`.
        at_once: how many sealed labs run beside each other.

    Raises:
        StairgateError: a lab ended before its controls were through.
    """
    here = [thinned(case) for case in cases if Stand.FORWARD_PROXY in case.stands]
    # The controls wait in a pipe, one byte each: a lab that is done with one takes the next.
    waiting, filling = os.pipe()
    os.write(filling, bytes(range(len(controls))))
    os.close(filling)
    readers: list[int] = []
    children: list[int] = []
    for _ in range(min(at_once, len(controls))):
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            os._exit(_work(here, catalogue, seed, controls, waiting, write))
        os.close(write)
        readers.append(read)
        children.append(child)
    os.close(waiting)
    cells: list[Cell] = []
    for line in _lines_of(readers):
        data = json.loads(line)
        cell = Cell(
            control=data["control"],
            case=data["case"],
            declared=Outcome(data["declared"]),
            outcome=Outcome(data["outcome"]),
            because=data["because"],
        )
        tell(cell)
        cells.append(cell)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    if any(codes) or len(cells) != len(controls) * len(here):
        raise StairgateError(
            Problem(
                code="lab-ended",
                place="controls",
                cause=f"A lab ended early: {len(cells)} of {len(controls) * len(here)} cells were filled.",
                hint="Its reason stands above.",
            ),
            exit_code=Exit.MISSING,
        )
    order = {control: index for index, control in enumerate(controls)}
    return sorted(cells, key=lambda cell: (order[cell.control], cell.case))


def _lines_of(readers: Sequence[int]) -> Iterator[str]:
    with selectors.DefaultSelector() as waiting:
        rest = dict.fromkeys(readers, b"")
        for read in readers:
            waiting.register(read, selectors.EVENT_READ)
        while waiting.get_map():
            for key, _ in waiting.select():
                data = os.read(key.fd, 65536)
                if not data:
                    waiting.unregister(key.fd)
                    os.close(key.fd)
                    continue
                *lines, rest[key.fd] = (rest[key.fd] + data).split(b"\n")
                yield from (line.decode() for line in lines)


def _work(
    cases: Sequence[Case], catalogue: Catalogue, seed: int, controls: Sequence[str], waiting: int, write: int
) -> int:
    """In a forked child: seal a lab, and fill the cells of one waiting control after the other."""

    async def fill() -> None:
        work = fresh_folder()
        async with Internet(plan.draw(seed), work, routed=False) as internet:
            while taken := os.read(waiting, 1):
                for cell in await _one(internet, controls[taken[0]], cases, catalogue, work):
                    os.write(write, json.dumps(asdict(cell)).encode() + b"\n")

    def inside() -> int:
        asyncio.run(fill())
        return 0

    try:
        return seal.enter(inside)
    except StairgateError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the child's only way to say it
        return error.exit_code


async def _one(
    internet: Internet, control: str, cases: Sequence[Case], catalogue: Catalogue, work: Path
) -> list[Cell]:
    outcomes: dict[str, tuple[Outcome, str]] = {}
    for profile, together in group(cases):
        try:
            async with open_session(
                internet,
                adapter_of(control, catalogue),
                Stand.FORWARD_PROXY,
                profile,
                together,
                work=work / "product",
                separate=False,
            ) as session:
                for case in together:
                    judgement = (await session.carry_out(case)).judgement
                    outcomes[case.id] = (judgement.outcome, judgement.because)
        except StairgateError as error:
            # What never gets ready for one start of its cases gets ready for none.
            cause = error.problems[0].cause
            outcomes |= {case.id: (Outcome.CANNOT_TELL, cause) for case in cases if case.id not in outcomes}
            break
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
