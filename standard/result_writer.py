"""Writes a result file while the run goes, and takes up a broken-off one.

Appends only; what is in the file already is read and checked by `standard.result_file`.
"""

from __future__ import annotations

import json
import os
from typing import IO, TYPE_CHECKING, Any, Self

from . import chain
from .errors import Problem, StairgateError
from .exits import Exit
from .record import Footer, header_data, result_data
from .result_file import Reader

if TYPE_CHECKING:
    from pathlib import Path

    from .record import Header, Result


class Writer:
    """Appends results to a file; every line is on its way to the disk before `write` returns.

    Use as a context manager, or call `close`. Leaving without `finish` leaves a file that can be resumed.
    """

    def __init__(self, stream: IO[bytes], header: Header, *, link: str, written: int) -> None:
        self._stream = stream
        self._run = header.run
        self._link = link
        self.written = written

    @classmethod
    def create(cls, path: Path, header: Header) -> Self:
        """Begin a new file.

        Raises:
            StairgateError: the file is already there; exit code 64.
        """
        try:
            stream = path.open("xb")
        except FileExistsError as error:
            problem = Problem(
                code="results-exist",
                place=str(path),
                cause="There is already a result file.",
                hint="Resume that run, or write to another folder.",
            )
            raise StairgateError(problem, exit_code=Exit.USAGE) from error
        writer = cls(stream, header, link=chain.GENESIS, written=0)
        writer._append(header_data(header))
        return writer

    @classmethod
    def resume(cls, path: Path, header: Header) -> tuple[Self, list[Result]]:
        """Continue an unfinished file after its last whole line.

        Args:
            path: the file.
            header: of the run to continue; all but its start must equal the file's.

        Returns:
            The writer, and the results that are already there.

        Raises:
            StairgateError: damaged before its last line, finished, or of another run.
        """
        reader = Reader(path)
        done = list(reader.results(allow_cut=True))
        if reader.footer is not None:
            raise chain.refusal("finished-results", path, 1, "This run is finished.", "Begin a new run.")
        found = header_data(reader.header)
        wanted = header_data(header)
        for key in ("edition", "product", "stand", "level", "lab", "seed", "selection", "cases", "statement"):
            if found[key] != wanted[key]:
                cause = f"The file was begun with another {key}: {json.dumps(found[key])[:200]}."
                raise chain.refusal(
                    "edition-mismatch" if key == "edition" else "foreign-run",
                    path,
                    1,
                    cause,
                    "Resume with the same settings, or begin a new run.",
                )
        stream = path.open("r+b")
        stream.truncate(reader.sound_bytes)
        stream.seek(reader.sound_bytes)
        return cls(stream, reader.header, link=reader.link, written=len(done)), done

    def write(self, result: Result) -> None:
        """Append one result."""
        self.written += 1
        self._append(result_data(result, run=self._run, seq=self.written))

    def finish(self, *, finished: str) -> Footer:
        """Append the footer and close: the file is whole from here on.

        Args:
            finished: UTC, `2026-11-21T16:00:41Z`.
        """
        footer = Footer(results=self.written, finished=finished)
        self._append({"record": "footer", "run": self._run, "results": footer.results, "finished": finished})
        self.close()
        return footer

    def close(self) -> None:
        """Flush to the disk and close; the file stays resumable if it has no footer."""
        if not self._stream.closed:
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _append(self, data: dict[str, Any]) -> None:
        body = json.dumps(data, ensure_ascii=False, separators=(",", ":"))[:-1].encode()
        self._link = chain.link(self._link, body)
        self._stream.write(chain.joined(body, self._link))
        self._stream.flush()
