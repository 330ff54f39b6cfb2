"""Makes a bundle from a result file and a key, or names everything that stands in the way."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from standard import catalogue, grade, result_file
from standard.errors import Problem, StairgateError
from standard.exits import Exit
from standard.render import data, declaration_sheet, report_page

from . import bundle, keys
from .declaration import declare
from .obstacles import obstacles

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from standard.catalogue import Catalogue
    from standard.report import Report
    from standard.result_file import ResultFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A bundle ready to be written.

    Attributes:
        content: its bytes.
        declaration: what it declares.
        fingerprint: of the key that signed it.
    """

    content: bytes
    declaration: Mapping[str, Any]
    fingerprint: str


def sign(results: Path, key: Ed25519PrivateKey, *, on: date, home: Path = catalogue.HOME) -> Signed:
    """The signed bundle of a run.

    Args:
        results: the result file.
        key: the supplier's private key.
        on: the day of the declaration.
        home: the folder the standard lies in.

    Raises:
        StairgateError: the file was altered (65), or every obstacle to declaring it (1).
    """
    known = catalogue.load(home)
    found = result_file.load(results, allow_cut=True, observed=False)
    report = graded(found, known)
    edition = known.edition(found.header.edition)
    problems = obstacles(found.header, found.results, report, edition=edition, on=on)
    if problems:
        raise StairgateError(*problems, exit_code=Exit.FINDING)
    fingerprint = keys.fingerprint(key.public_key())
    declared = declare(report, found.header, edition, fingerprint=fingerprint, on=on)
    files = {
        bundle.RESULTS: results.read_bytes(),
        bundle.REPORT: data.render(report).encode(),
        bundle.PAGE: report_page.render(report).encode(),
        bundle.SHEET: declaration_sheet.render(declared),
        **edition_files(home, edition.id),
    }
    declared["files"] = {name: hashlib.sha256(files[name]).hexdigest() for name in sorted(files)}
    content = data.write(declared).encode()
    signature = bundle.signature(keys.public_hex(key.public_key()), key.sign(content).hex())
    files |= {bundle.DECLARATION: content, bundle.SIGNATURE: data.write(signature).encode()}
    return Signed(content=bundle.pack(files), declaration=declared, fingerprint=fingerprint)


def graded(found: ResultFile, known: Catalogue) -> Report:
    """The report on a result file.

    Raises:
        StairgateError: the run names an edition that is not known, or not with that content (1).
    """
    header = found.header
    if header.edition not in known.editions:
        problem = Problem(
            code="unknown-edition",
            place=f"edition {header.edition}",
            cause="The run names an edition that this standard does not have.",
            hint="Choose one of: " + ", ".join(known.editions),
        )
        raise StairgateError(problem, exit_code=Exit.FINDING)
    # Of a run that selected, only that part can be graded; that it selected is an obstacle of its own.
    only = {result.criterion for result in found.results} if header.selection else None
    try:
        return grade.grade_file(found, known, only=only)
    except StairgateError as error:
        raise StairgateError(*error.problems, exit_code=Exit.FINDING) from error


def edition_files(home: Path, edition_id: str) -> dict[str, bytes]:
    """Everything an edition is made of, as it lies in the standard, by its name in a bundle."""
    paths = [
        *home.glob("clauses/**/*.yaml"),
        *home.glob("annexes/**/*.yaml"),
        *home.glob("matter/*.yaml"),
        home / "editions" / f"{edition_id}.yaml",
    ]
    return {bundle.EDITION + path.relative_to(home).as_posix(): path.read_bytes() for path in sorted(paths)}
