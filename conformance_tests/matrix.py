"""The matrix: every control against every case at every stand, compared cell by cell with what is declared.

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
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from conformance_tests import conduct
from conformance_tests.controls.adapters import FLAWLESS, adapter_of
from conformance_tests.controls.faults import Fault, Sham, played_at
from conformance_tests.grouping import group
from conformance_tests.lab import plan, seal
from conformance_tests.lab.internet import Internet, fresh_folder
from conformance_tests.session import open_session
from conformance_tests.stands.place import place_of
from standard.errors import Problem, StairgateError
from standard.exits import Exit
from standard.words import Outcome, Stand

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from conformance_tests.case import Case
    from standard.catalogue import Catalogue

ALL = (FLAWLESS, *Fault, *Sham)
_PATIENCE = 2.0  # seconds a control gets for a change
STANDS = (Stand.FORWARD_PROXY, Stand.DNS_RESOLVER, Stand.GATEWAY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One control on one case.

    Attributes:
        stand: where both stand.
        control: `flawless`, a fault or a sham.
        case: the case's id.
        declared: what the case says must come of it.
        outcome: what came.
        because: the sentence.
    """

    stand: Stand
    control: str
    case: str
    declared: Outcome
    outcome: Outcome
    because: str

    @property
    def holds(self) -> bool:
        """Whether it came as declared."""
        return self.outcome is self.declared


type Row = tuple[Stand, str]


def controls_at(stand: Stand) -> tuple[str, ...]:
    """The controls that stand there."""
    return (FLAWLESS, *played_at(stand), *Sham)


def declared(case: Case, control: str) -> Outcome:
    """What must come of a control on a case."""
    if control in set(Sham):
        return Outcome.CANNOT_TELL
    return Outcome.FAILED if control in case.faults else Outcome.PASSED


def thinned(case: Case) -> Case:
    """The case with as many probes as it says the matrix needs, taken evenly, and the matrix's settings.

    A control takes a change over at once or never, so none is waited for as long as a product may be.
    """
    hurried = tuple(
        replace(probe, options={**probe.options, "within": min(_PATIENCE, probe.options["within"])})
        if "within" in probe.options
        else probe
        for probe in case.probes
    )
    settings = {**case.settings, **case.settings.get("matrix", {})}
    case = replace(case, settings=settings, probes=hurried)
    if not case.thin or len(case.probes) <= case.thin:
        return case
    # What changes the state of things is done; of what is asked in each state, some is.
    acting = {index for index, probe in enumerate(case.probes) if "first" in probe.options}
    step = len(case.probes) / case.thin
    kept = sorted(acting | {int(index * step) for index in range(case.thin)})
    return replace(case, probes=tuple(case.probes[index] for index in kept))


def unkilled(cases: Sequence[Case]) -> tuple[list[str], list[str]]:
    """Cases no control can fail, and faults of a stand that no case there declares; both must be empty."""
    harmless = [
        case.id
        for case in cases
        if not any(fault in played_at(stand) for stand in case.stands for fault in case.at(stand).faults)
    ]
    uncaught = [
        f"{fault} ({stand})"
        for stand in STANDS
        for fault in played_at(stand)
        if not any(stand in case.stands and fault in case.at(stand).faults for case in cases)
    ]
    return harmless, uncaught


def carry_out(
    cases: Sequence[Case],
    catalogue: Catalogue,
    seed: int,
    tell: Callable[[Cell], None],
    *,
    controls: Sequence[str] = ALL,
    stands: Sequence[Stand] = STANDS,
    at_once: int = 1,
) -> list[Cell]:
    """Every control on every case; `tell` hears of each cell as it is filled.

    Args:
        cases: each is asked at every stand it names.
        catalogue: the loaded standard.
        seed: of names and addresses.
        tell: called in this process.
        controls: which of `ALL`.
        stands: which of `STANDS`.
        at_once: how many sealed labs run beside each other.

    Raises:
        StairgateError: a lab ended before its controls were through.
    """
    at = {stand: [thinned(case.at(stand)) for case in cases if stand in case.stands] for stand in stands}
    rows = rows_of(cases, controls, stands)
    # The rows wait in a pipe, one byte each: a lab that is done with one takes the next.
    waiting, filling = os.pipe()
    os.write(filling, bytes(range(len(rows))))
    os.close(filling)
    readers: list[int] = []
    children: list[int] = []
    for _ in range(min(at_once, len(rows))):
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            os._exit(_work(at, catalogue, seed, rows, waiting, write))
        os.close(write)
        readers.append(read)
        children.append(child)
    os.close(waiting)
    cells: list[Cell] = []
    for line in _lines_of(readers):
        data = json.loads(line)
        cell = Cell(
            stand=Stand(data["stand"]),
            control=data["control"],
            case=data["case"],
            declared=Outcome(data["declared"]),
            outcome=Outcome(data["outcome"]),
            because=data["because"],
        )
        tell(cell)
        cells.append(cell)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    expected = sum(len(at[stand]) for stand, _ in rows)
    if any(codes) or len(cells) != expected:
        raise StairgateError(
            Problem(
                code="lab-ended",
                place="controls",
                cause=f"A lab ended early: {len(cells)} of {expected} cells were filled.",
                hint="Its reason stands above.",
            ),
            exit_code=Exit.MISSING,
        )
    order = {row: index for index, row in enumerate(rows)}
    return sorted(cells, key=lambda cell: (order[cell.stand, cell.control], cell.case))


def rows_of(cases: Sequence[Case], controls: Sequence[str], stands: Sequence[Stand]) -> list[Row]:
    """Every control at every stand that it can have and where a case is asked."""
    return [
        (stand, control)
        for stand in stands
        for control in controls
        if control in controls_at(stand) and any(stand in case.stands for case in cases)
    ]


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
    cases: Mapping[Stand, Sequence[Case]],
    catalogue: Catalogue,
    seed: int,
    rows: Sequence[Row],
    waiting: int,
    write: int,
) -> int:
    """In a forked child: seal a lab, and fill the cells of one waiting row after the other."""

    async def fill() -> None:
        work = fresh_folder()
        async with AsyncExitStack() as opened:
            here: Stand | None = None
            while taken := os.read(waiting, 1):
                stand, control = rows[taken[0]]
                if stand is not here:
                    await opened.aclose()
                    made = Internet(plan.draw(seed), work, routed=place_of(stand).routed)
                    internet = await opened.enter_async_context(made)
                    here = stand
                for cell in await _one(internet, stand, control, cases[stand], catalogue, work):
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
    internet: Internet, stand: Stand, control: str, cases: Sequence[Case], catalogue: Catalogue, work: Path
) -> list[Cell]:
    outcomes: dict[str, tuple[Outcome, str]] = {}
    for profile, together in group(cases):
        try:
            async with open_session(
                internet,
                adapter_of(control, stand, catalogue),
                stand,
                profile,
                together,
                work=work / "product",
                separate=False,
            ) as session:
                for case in together:
                    judgement = (await conduct.carry_out(session, case)).judgement
                    outcomes[case.id] = (judgement.outcome, judgement.because)
        except StairgateError as error:
            # What never gets ready for one start of its cases gets ready for none.
            cause = error.problems[0].cause
            outcomes |= {case.id: (Outcome.CANNOT_TELL, cause) for case in cases if case.id not in outcomes}
            break
    return [
        Cell(
            stand=stand,
            control=control,
            case=case.id,
            declared=declared(case, control),
            outcome=outcomes[case.id][0],
            because=outcomes[case.id][1],
        )
        for case in cases
    ]
