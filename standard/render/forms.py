"""Every form of a report by name, and writing the ones asked for. At the edge: writes files."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from standard.errors import Problem, StairgateError
from standard.exits import Exit

from . import data, earl, junit, report_page, report_sheet, terminal
from .oscal import assessment, catalog

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from standard.catalogue import Catalogue
    from standard.report import Report


class Form(StrEnum):
    """The forms of a report that are one file."""

    TEXT = "text"
    HTML = "html"
    PDF = "pdf"
    JSON = "json"
    JUNIT = "junit"
    EARL = "earl"


def render(report: Report, form: Form) -> bytes:
    """The bytes of `report` in `form`; the same every time."""
    match form:
        case Form.TEXT:
            return terminal.render(report).encode()
        case Form.HTML:
            return report_page.render(report).encode()
        case Form.PDF:
            return report_sheet.render(report)
        case Form.JSON:
            return data.render(report).encode()
        case Form.JUNIT:
            return junit.render(report).encode()
        case Form.EARL:
            return earl.render(report).encode()


def write(
    report: Report, files: Mapping[Form, Path], *, oscal: Path | None = None, known: Catalogue | None = None
) -> list[Path]:
    """Write a report in the forms asked for.

    Args:
        report: what to write.
        files: where each form goes.
        oscal: a folder for the OSCAL documents, made where it is not there.
        known: the standard; with it the folder also gets the catalog and profile the others refer to.

    Returns:
        The files written.

    Raises:
        StairgateError: one of them can't be written.
    """
    wanted = {path: render(report, form) for form, path in files.items()}
    if oscal is not None:
        documents = assessment.documents(report)
        if known is not None:
            edition = known.edition(report.facts.edition)
            documents[catalog.CATALOG_FILE] = catalog.catalog(known, edition)
            documents["profile.json"] = catalog.profile(known, edition, report.facts.stand)
        wanted |= {oscal / name: data.write(document).encode() for name, document in documents.items()}
    for path, content in wanted.items():
        try:
            if oscal is not None:
                oscal.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            problem = Problem(
                code="unwritable-file",
                place=str(path),
                cause=f"The file can't be written: {error.strerror}.",
                hint="Name a file in a folder that exists and that you may write to.",
            )
            raise StairgateError(problem, exit_code=Exit.MISSING) from error
    return list(wanted)
