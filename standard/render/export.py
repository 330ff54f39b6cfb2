"""Writes an edition to a file in one of its forms. At the edge: the only module here that writes files."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from standard import catalogue
from standard.errors import Problem, StairgateError
from standard.exits import Exit

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


def export(edition_id: str, form: Format, out: Path, *, home: Path = catalogue.HOME) -> int:
    """Write an edition.

    Args:
        edition_id: `2026.1`.
        form: which form.
        out: the file to write; its folder must be there.
        home: the folder the standard lies in.

    Returns:
        How many bytes were written.

    Raises:
        StairgateError: the standard can't be read, has no such edition, or `out` can't be written.
    """
    known = catalogue.load(home)
    content = render(known, known.edition(edition_id), form, home=home)
    try:
        return out.write_bytes(content)
    except OSError as error:
        problem = Problem(
            code="unwritable-file",
            place=str(out),
            cause=f"The file can't be written: {error.strerror}.",
            hint="Name a file in a folder that exists and that you may write to.",
        )
        raise StairgateError(problem, exit_code=Exit.MISSING) from error


def render(known: Catalogue, edition: Edition, form: Format, *, home: Path = catalogue.HOME) -> bytes:
    """The bytes of `edition` in `form`; the same every time."""
    match form:
        case Format.HTML:
            from .document import page
            from .document.compose import compose

            return page.render(compose(known, edition, home)).encode()
        case Format.PDF:
            from .document import sheet
            from .document.compose import compose

            return sheet.render(compose(known, edition, home))
        case Format.JSON:
            return write(edition_as_data(known, edition)).encode()
        case Format.OSCAL:
            from .oscal.catalog import catalog

            return write(catalog(known, edition)).encode()
