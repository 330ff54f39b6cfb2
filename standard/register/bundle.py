"""The bundle: one zip with results, edition, report and declaration; the same bytes for the same content.

Reading trusts nothing: only the names that belong there, each once, within a size, and nothing is unpacked to
a path the bundle chooses.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import TYPE_CHECKING, Any

from standard.errors import Problem, StairgateError
from standard.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

DECLARATION = "declaration.json"
SIGNATURE = "declaration.sig.json"
SHEET = "declaration.pdf"
RESULTS = "results.jsonl"
REPORT = "report.json"
PAGE = "report.html"
EDITION = "edition/"
"""The folder of the edition's own files, as they lie in the standard."""

FIXED = (DECLARATION, SIGNATURE, SHEET, RESULTS, REPORT, PAGE)
_OF_EDITION = re.compile(
    r"edition/(clauses/[a-z0-9-]+/[a-z0-9.-]+|annexes/sets/[a-z0-9-]+|annexes/[a-z-]+|matter/[a-z-]+"
    r"|editions/[0-9.]+)\.yaml\Z"
)
_LARGEST = 4 * 1024**3
_EARLIEST = (1980, 1, 1, 0, 0, 0)  # the first moment a zip file can hold


def signature(public_key: str, value: str) -> dict[str, Any]:
    """What the signature file holds: who signed what, with which key; both texts are hexadecimal."""
    return {
        "record": "signature",
        "format": 1,
        "algorithm": "Ed25519",
        "of": DECLARATION,
        "public_key": public_key,
        "signature": value,
    }


def pack(files: Mapping[str, bytes]) -> bytes:
    """A bundle of `files`, in the order of their names, stored as they are.

    Stored, not compressed: two compressors may make different bytes of the same content.
    """
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, _EARLIEST)
            info.create_system = 3  # Unix, whatever system this is
            info.external_attr = 0o644 << 16
            archive.writestr(info, files[name])
    return stream.getvalue()


def unpack(path: Path) -> dict[str, bytes]:
    """The files of a bundle.

    Raises:
        StairgateError: not a bundle, or with a file missing, twice, strange or too large; all named at once.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            problems = _refused(path, infos)
            if problems:
                raise StairgateError(*problems)
            return {info.filename: archive.read(info) for info in infos}
    except OSError as error:
        problem = Problem(
            code="unreadable-file",
            place=str(path),
            cause=f"The bundle can't be read: {error.strerror or error}.",
            hint="Check that it exists and who may read it.",
        )
        raise StairgateError(problem, exit_code=Exit.MISSING) from error
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        cause = f"This is not a whole bundle: {error}."
        raise StairgateError(_problem(path, "not-a-bundle", cause)) from error


def _refused(path: Path, infos: list[zipfile.ZipInfo]) -> list[Problem]:
    names = [info.filename for info in infos]
    problems = [
        _problem(path, "missing-file", f"The bundle has no {name}.") for name in FIXED if name not in names
    ]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            problems.append(_problem(path, "twice-in-bundle", f"{name!r} is in the bundle twice."))
        if name not in FIXED and not _OF_EDITION.match(name):
            problems.append(_problem(path, "strange-file", f"{name!r} does not belong into a bundle."))
    problems += [
        _problem(path, "packed-otherwise", f"{info.filename!r} is compressed; a bundle's files are stored.")
        for info in infos
        if info.compress_type != zipfile.ZIP_STORED
    ]
    if sum(info.file_size for info in infos) > _LARGEST:
        problems.append(_problem(path, "too-large", "The bundle's files are over 4 GiB together."))
    return problems


def _problem(path: Path, code: str, cause: str) -> Problem:
    hint = "Use the bundle as `stairgate certify declare` wrote it."
    return Problem(code=code, place=path.name, cause=cause, hint=hint)
