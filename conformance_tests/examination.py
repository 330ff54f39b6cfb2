"""An examination: a header that says all, results as they come, and afterwards a report.

`carry_out` runs inside the seal and writes `results.jsonl`; `report_on` runs outside, grades and renders.
"""

from __future__ import annotations

import hashlib
import os
from copy import replace
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from conformance_tests import build, drawn, evidence, excuses, product, run
from conformance_tests.build import RESULTS
from conformance_tests.lab import seal
from standard import grade, result_file
from standard.exits import Exit
from standard.facts import Product
from standard.record import Announced, Header
from standard.render import data, report_page
from standard.result_writer import Writer
from standard.words import Level, Seal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from conformance_tests.excuses import Excuses
    from standard.catalogue import Catalogue
    from standard.record import Result
    from standard.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """Everything a run needs beside its order.

    Attributes:
        order: product, stand, cases, seed, folder.
        edition: id of the edition.
        selection: the flags that left something out; empty for a full run.
        suite: SHA-256 over all cases of the suite.
        build: the product's, as `build.identify` has it.
        seed_is_derived: whether the seed follows from build and edition.
        resumed: whether a broken-off run is continued.
    """

    order: run.Order
    edition: str
    selection: tuple[str, ...]
    suite: str
    build: str = ""
    seed_is_derived: bool = False
    resumed: bool = False


def carry_out(examination: Examination, catalogue: Catalogue, tell: Callable[[Result], None]) -> int:
    """Inside the seal: prove it, then write every result as it comes; `tell` hears of each.

    A run that is continued leaves out the cases that are done; `tell` hears of their results first.

    Raises:
        StairgateError: the product did not get ready; the result file is there already, or, where it is to be
            continued, is of another run.
    """
    proof = seal.prove()
    order = examination.order
    header = _header(examination, catalogue, proof)
    writer, done = _writer(examination, header)
    with writer:

        def write(result: Result) -> None:
            if result.evidence:
                hashes = {evidence.HASHES: evidence.hashed(result.evidence, order.folder)}
                result = replace(result, observed={**result.observed, **hashes})
            writer.write(result)
            tell(result)

        for result in done:
            tell(result)
        run.carry_out(left_of(order, done), write)
        writer.finish(finished=_now())
    return Exit.GOOD if proof.seal is not Seal.NONE else Exit.NOT_SHOWN


def _writer(examination: Examination, header: Header) -> tuple[Writer, list[Result]]:
    path = examination.order.folder / RESULTS
    return Writer.resume(path, header) if examination.resumed else (Writer.create(path, header), [])


def left_of(order: run.Order, done: Sequence[Result]) -> run.Order:
    """What is left of an order after the results in `done`: all but the cases and draws that are finished.

    The last case of which there are results may miss some, and is asked again. What is there of it counts all
    the same: a repeated probe counts once, and a failure stands.
    """
    last = done[-1].case if done else ""
    finished = {result.case for result in done} - {last}
    draws = [one for one in order.drawing.draws if drawn.case_of(one) not in finished]
    return replace(
        order,
        cases=[case for case in order.cases if case.id not in finished],
        drawing=replace(order.drawing, draws=draws),
    )


def _header(examination: Examination, catalogue: Catalogue, proof: seal.Proof) -> Header:
    order = examination.order
    return Header(
        run=f"{_now().replace(':', '-')}-{os.urandom(2).hex()}",
        edition=examination.edition,
        edition_sha256=catalogue.edition(examination.edition).sha256,
        product=_product(examination),
        stand=order.stand,
        level=Level.BASIC,
        seal=proof.seal,
        how=proof.sentence(),
        seed=str(order.seed),
        seed_is_derived=examination.seed_is_derived,
        cases=examination.suite,
        started=_now(),
        selection=examination.selection,
        statement=order.adapter.statement_data,
        known_failures=tuple(
            Announced(case=one.case, because=one.because, expires=one.expires, see=one.see)
            for one in order.adapter.known_failures
        ),
        runs_of_build=build.runs_of(examination.build, order.folder),
        tool=f"stairgate {version('stairgate')}",
        corpus=order.drawing.corpus,
    )


def report_on(folder: Path, catalogue: Catalogue) -> tuple[Report, Excuses, int]:
    """Grade a folder's results and write `report.html` and `report.json` beside them.

    Returns:
        The report, what became of announced failures, and the exit code both lead to.

    Raises:
        StairgateError: the result file is missing, cut, edited or of another edition.
    """
    found = result_file.load(folder / RESULTS)
    only = {record.criterion for record in found.results} if found.header.selection else None
    report = grade.grade_file(found, catalogue, only=only)
    (folder / "report.html").write_text(report_page.render(report), encoding="utf-8")
    (folder / "report.json").write_text(data.render(report), encoding="utf-8")
    weighed = excuses.weigh(found)
    return report, weighed, excuses.exit_code(report, found, catalogue, weighed, only=only)


def digest(cases: Path) -> str:
    """SHA-256 over all files of the suite's cases, in order."""
    total = hashlib.sha256()
    for path in sorted(cases.rglob("*.yaml")):
        total.update(str(path.relative_to(cases)).encode() + b"\0" + path.read_bytes())
    return total.hexdigest()


def _product(examination: Examination) -> Product:
    adapter = examination.order.adapter
    return Product(
        id=adapter.id,
        name=adapter.name,
        version=product.ask_version(adapter),
        build=examination.build,
        vendor=adapter.vendor,
    )


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
