"""Writes an edition to a file in one of its forms. At the edge: the only module here that writes files."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from standard import catalogue
from standard.errors import Problem, StairgateError
from standard.exits import Exit
from standard.words import Stand

from .data import edition_as_data, write

if TYPE_CHECKING:
    from pathlib import Path

    from standard.catalogue import Catalogue
    from standard.clause import Edition


class Format(StrEnum):
    """The forms an edition is published in."""

    HTML = "html"
    PDF = "pdf"
    JSON = "json"
    OSCAL = "oscal"


def export(edition_id: str, form: Format, out: Path, *, home: Path = catalogue.HOME) -> dict[Path, int]:
    """Write an edition.

    Args:
        edition_id: `2026.1`.
        form: which form.
        out: the file to write; its folder must be there. For OSCAL it may be a folder that is there: it gets
            the catalog and one profile a stand, which a single file has no room for.
        home: the folder the standard lies in.

    Returns:
        The files written, and how many bytes each has.

    Raises:
        StairgateError: the standard can't be read, has no such edition, or `out` can't be written.
    """
    known = catalogue.load(home)
    edition = known.edition(edition_id)
    if form is Format.OSCAL and out.is_dir():
        contents = {out / name: content for name, content in oscal_files(known, edition).items()}
    else:
        contents = {out: render(known, edition, form)}
    for path, content in contents.items():
        try:
            path.write_bytes(content)
        except OSError as error:
            problem = Problem(
                code="unwritable-file",
                place=str(path),
                cause=f"The file can't be written: {error.strerror}.",
                hint="Name a file in a folder that exists and that you may write to.",
            )
            raise StairgateError(problem, exit_code=Exit.MISSING) from error
    return {path: len(content) for path, content in contents.items()}


def render(known: Catalogue, edition: Edition, form: Format) -> bytes:
    """The bytes of `edition` in `form`; the same every time."""
    match form:
        case Format.HTML:
            from .document import page
            from .document.compose import compose

            return page.render(compose(known, edition)).encode()
        case Format.PDF:
            from .document import sheet
            from .document.compose import compose

            return sheet.render(compose(known, edition))
        case Format.JSON:
            return write(edition_as_data(known, edition)).encode()
        case Format.OSCAL:
            from .oscal.catalog import catalog

            return write(catalog(known, edition)).encode()


def oscal_files(known: Catalogue, edition: Edition) -> dict[str, bytes]:
    """The catalog and, for each stand, the profile of the clauses that can reach it, by file name."""
    from .oscal import catalog

    documents = {catalog.CATALOG_FILE: catalog.catalog(known, edition)}
    documents |= {f"profile-{stand}.json": catalog.profile(known, edition, stand) for stand in Stand}
    return {name: write(document).encode() for name, document in documents.items()}
