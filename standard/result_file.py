"""Reads a result file line by line, and refuses one that is not what was written.

`Reader` streams; `load` keeps everything. Written by `standard.result_writer`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

from . import chain, collection, schema
from .errors import Problem, StairgateError
from .exits import Exit
from .record import Footer, Header, Result, header_from, result_from
from .schema import FileKind
from .wire import LineReader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultFile:
    """A whole file in memory.

    Attributes:
        header: its first line.
        results: in the order written.
        footer: its last line; None where the run is unfinished.
        sha256: of its bytes.
    """

    header: Header
    results: tuple[Result, ...]
    footer: Footer | None
    sha256: str


def load(path: Path, *, allow_cut: bool = False, observed: bool = True) -> ResultFile:
    """Read and check a whole file; `Reader` does the same line by line.

    Args:
        path: the file.
        allow_cut: whether an unfinished file is read as far as it goes.
        observed: whether the results keep their details for machines, which grading needs none of. They are
            checked either way.

    Raises:
        StairgateError: unreadable, or cut, edited, reordered or foreign, with line and reason.
    """
    reader = Reader(path)
    with collection.put_off():
        results = tuple(reader.results(allow_cut=allow_cut, observed=observed))
    return ResultFile(header=reader.header, results=results, footer=reader.footer, sha256=reader.sha256)


def read_header(path: Path) -> Header:
    """The first line of a file, its form and chain checked; nothing after it is looked at.

    Raises:
        StairgateError: as `load`.
    """
    reader = Reader(path)
    reader.close()
    return reader.header


class Reader:
    """Reads a file line by line, checking form and chain; memory does not grow with the file.

    Attributes:
        header: known from the start.
        footer: known once the results are read; None for an unfinished file.
        link: the last sound link of the chain.
        sound_bytes: how much of the file is whole lines with a sound chain, the footer not included.
        sha256: of all bytes read; complete once the results are read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.footer: Footer | None = None
        self.link = chain.GENESIS
        self.sound_bytes = 0
        self._hash = hashlib.sha256()
        self._is_valid = schema.validator(FileKind.RESULT).is_valid
        self._line = 0
        self._seq = 0
        try:
            self._stream = path.open("rb", buffering=1 << 20)
        except OSError as error:
            raise StairgateError(
                Problem(
                    code="unreadable-file",
                    place=str(path),
                    cause=f"The result file can't be read: {error.strerror}.",
                    hint="Check that it exists and who may read it.",
                ),
                exit_code=Exit.MISSING,
            ) from error
        first = self._next_line()
        if not first:
            self._stream.close()
            raise self._refuse("truncated-results", "The file is empty.", "Run the examination.")
        try:
            data = self._checked(first)
        except StairgateError:
            self._stream.close()
            raise
        if data["record"] != "header":
            self._stream.close()
            raise self._refuse(
                "no-header", "The first line is not a header.", "Use the file as it was written."
            )
        self._run = data["run"]
        self._wire = LineReader(self._run)
        self.header = header_from(data)
        self.sound_bytes = len(first)

    def close(self) -> None:
        """Close the file; only for who reads no results, reading them to the end closes it too."""
        self._stream.close()

    @property
    def sha256(self) -> str:
        """SHA-256 of the bytes read so far: of the whole file once the results are read."""
        return self._hash.hexdigest()

    def results(self, *, allow_cut: bool = False, observed: bool = True) -> Iterator[Result]:
        """Every result, in the order written; then `footer` is known.

        Args:
            allow_cut: whether a file without a footer, its last line perhaps half written, is accepted.
            observed: whether the results keep their details for machines.

        Raises:
            StairgateError: at the first line that is not as written.
        """
        with self._stream:
            while line := self._next_line():
                if allow_cut and not line.endswith(b"\n"):
                    return
                result = self._quickly(line, observed=observed)
                if result is not None:
                    yield result
                    continue
                data = self._checked(line)
                match data["record"]:
                    case "result":
                        self._seq += 1
                        self.sound_bytes += len(line)
                        yield result_from(data, observed=observed)
                    case "footer":
                        self._end(data)
                        return
                    case _:
                        raise self._refuse(
                            "second-header", "A second header begins here.", "Keep one run a file."
                        )
        if not allow_cut:
            cause = f"The file ends after {self._seq} results without a footer: the run did not finish."
            raise self._refuse(
                "truncated-results", cause, "Resume the run; an unfinished file has no verdict."
            )

    def _quickly(self, line: bytes, *, observed: bool) -> Result | None:
        """The result of nearly every line; None where `_checked` must say what is wrong, if anything."""
        result = self._wire.read(line, self._seq + 1, observed=observed)
        wanted = None if result is None else chain.next_link(self.link, line)
        if wanted is None:
            return None
        self.link = wanted
        self._seq += 1
        self.sound_bytes += len(line)
        return result

    def _end(self, data: dict[str, Any]) -> None:
        if data["results"] != self._seq:
            cause = f"The footer counts {data['results']} results; there are {self._seq}."
            raise self._refuse("wrong-count", cause, "Use the file as it was written.")
        if self._next_line():
            raise self._refuse(
                "after-footer", "Something follows the footer.", "Use the file as it was written."
            )
        self.footer = Footer(results=data["results"], finished=data["finished"])

    def _next_line(self) -> bytes:
        line = self._stream.readline()
        if line:
            self._line += 1
            self._hash.update(line)
        return line

    def _checked(self, line: bytes) -> dict[str, Any]:
        """The line's data, once its chain, its place and its form are right."""
        data = self._parsed(line)
        wanted = chain.next_link(self.link, line)
        if wanted is None:
            raise self._broken(data)
        if not self._is_valid(data):
            problems = schema.complaints(data, FileKind.RESULT, lambda *_: f"{self.path}:{self._line}")
            raise StairgateError(*problems)
        if self._line > 1 and data["run"] != self._run:
            raise self._broken(data)
        if data["record"] == "result" and data["seq"] != self._seq + 1:
            raise self._broken(data)
        self.link = wanted
        return data

    def _parsed(self, line: bytes) -> dict[str, Any]:
        try:
            data = orjson.loads(line)
        except ValueError as error:
            if line.endswith(b"\n"):
                raise self._refuse(
                    "edited-results", "This line is not JSON.", "Use the file as it was written."
                ) from error
            raise self._refuse(
                "truncated-results",
                "The last line is cut off.",
                "Resume the run; an unfinished file has no verdict.",
            ) from error
        if not isinstance(data, dict):
            raise self._refuse(
                "edited-results", "This line is not an object.", "Use the file as it was written."
            )
        return data

    def _broken(self, data: dict[str, Any]) -> StairgateError:
        """The most likely reason why the chain does not hold here."""
        if self._line > 1 and data.get("run") != self._run:
            cause = f"This line is from another run: {data.get('run')!r} instead of {self._run!r}."
            return self._refuse("foreign-record", cause, "Keep one run a file.")
        seq = data.get("seq")
        if data.get("record") == "result" and isinstance(seq, int) and seq != self._seq + 1:
            cause = f"Result {seq} stands where {self._seq + 1} belongs: lines were removed or reordered."
            return self._refuse("reordered-results", cause, "Use the file as it was written.")
        cause = "This line, or a line before it, is not the one that was written: its hash does not fit."
        return self._refuse("edited-results", cause, "Use the file as it was written.")

    def _refuse(self, code: str, cause: str, hint: str) -> StairgateError:
        return chain.refusal(code, self.path, max(self._line, 1), cause, hint)
