"""An examination: a header that says all, results as they come, and afterwards a report.

`carry_out` runs inside the seal and writes `results.jsonl`; `report_on` runs outside, grades and renders.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from conformance_tests import product, run
from conformance_tests.lab import seal
from standard import grade, result_file
from standard.exits import Exit
from standard.facts import Product
from standard.record import Announced, Header
from standard.render import data, report_page
from standard.result_writer import Writer
from standard.words import Level, Seal, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable

    from standard.catalogue import Catalogue
    from standard.record import Result
    from standard.report import Report

RESULTS = "results.jsonl"
_CODES = {
    Verdict.SATISFIED: Exit.GOOD,
    Verdict.NOT_APPLICABLE: Exit.GOOD,
    Verdict.NOT_SATISFIED: Exit.FINDING,
    Verdict.NOT_SHOWN: Exit.NOT_SHOWN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """Everything a run needs beside its order.

    Attributes:
        order: product, stand, cases, seed, folder.
        edition: id of the edition.
        selection: the flags that left something out; empty for a full run.
        suite: SHA-256 over all cases of the suite.
    """

    order: run.Order
    edition: str
    selection: tuple[str, ...]
    suite: str


def carry_out(examination: Examination, catalogue: Catalogue, tell: Callable[[Result], None]) -> int:
    """Inside the seal: prove it, then write every result as it comes; `tell` hears of each.

    Raises:
        StairgateError: the product did not get ready, or the result file is there already.
    """
    proof = seal.prove()
    order = examination.order
    header = Header(
        run=f"{_now().replace(':', '-')}-{os.urandom(2).hex()}",
        edition=examination.edition,
        edition_sha256=catalogue.edition(examination.edition).sha256,
        product=_identify(order),
        stand=order.stand,
        level=Level.BASIC,
        seal=proof.seal,
        how=proof.sentence(),
        seed=str(order.seed),
        cases=examination.suite,
        started=_now(),
        selection=examination.selection,
        statement=order.adapter.statement_data,
        known_failures=tuple(
            Announced(case=one.case, because=one.because, expires=one.expires, see=one.see)
            for one in order.adapter.known_failures
        ),
        tool=f"stairgate {version('stairgate')}",
    )
    with Writer.create(order.folder / RESULTS, header) as writer:

        def write(result: Result) -> None:
            writer.write(result)
            tell(result)

        run.carry_out(order, write)
        writer.finish(finished=_now())
    return Exit.GOOD if proof.seal is not Seal.NONE else Exit.NOT_SHOWN


def report_on(folder: Path, catalogue: Catalogue) -> tuple[Report, int]:
    """Grade a folder's results and write `report.html` and `report.json` beside them.

    Returns:
        The report, and the exit code its verdict leads to.

    Raises:
        StairgateError: the result file is missing, cut, edited or of another edition.
    """
    found = result_file.load(folder / RESULTS)
    only = {record.criterion for record in found.results} if found.header.selection else None
    report = grade.grade_file(found, catalogue, only=only)
    (folder / "report.html").write_text(report_page.render(report), encoding="utf-8")
    (folder / "report.json").write_text(data.render(report), encoding="utf-8")
    return report, int(_CODES[report.verdict])


def digest(cases: Path) -> str:
    """SHA-256 over all files of the suite's cases, in order."""
    total = hashlib.sha256()
    for path in sorted(cases.rglob("*.yaml")):
        total.update(str(path.relative_to(cases)).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def _identify(order: run.Order) -> Product:
    adapter = order.adapter
    program = shutil.which(adapter.stands[order.stand][0])
    build = f"sha256:{hashlib.sha256(Path(program).read_bytes()).hexdigest()}" if program else ""
    return Product(
        id=adapter.id,
        name=adapter.name,
        version=product.ask_version(adapter),
        build=build,
        vendor=adapter.vendor,
    )


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
