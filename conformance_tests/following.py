"""An examination followed from outside while it runs: its process, and its results as they are written.

For who wants each case's results as soon as they are there (`conformance_tests.plugin`). Reads what the run
writes; asks nothing itself.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from conformance_tests.build import RESULTS
from standard import record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from standard.record import Result

_POLL = 0.05
_PATIENCE = 20.0  # seconds a stopped run gets to put its product away


class Following:
    """One run of `stairgate conform run` in a process of its own.

    Attributes:
        folder: where it writes results, report and evidence.
        output: the file its words go to.
    """

    def __init__(self, words: Sequence[str], folder: Path) -> None:
        """Start the run.

        Args:
            words: what follows `stairgate conform run`; `--out` is added.
            folder: where it writes; made where it is not there.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.output = folder / "output.txt"
        command = [sys.executable, "-m", "stairgate", "conform", "run", *words, "--out", str(folder)]
        with self.output.open("wb") as output:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        self._results: dict[str, list[Result]] = {}
        self._at_hand = ""
        self._read = 0

    def results_of(self, case: str) -> list[Result]:
        """The results of one case, once they are all there; none where the run ended without them."""
        while True:
            has_ended = self._process.poll() is not None
            self._read_on()
            if has_ended or (case in self._results and self._at_hand != case):
                return self._results.get(case, [])
            time.sleep(_POLL)

    def wait(self) -> int:
        """Wait for the end: the report is written then. Returns the run's exit code."""
        return self._process.wait()

    def stop(self) -> None:
        """Stop a run that still goes; what it wrote stays and can be continued."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def last_words(self) -> str:
        """The end of what the run printed: why it ended, where it did so early."""
        return self.output.read_text(encoding="utf-8", errors="replace").strip()[-2000:]

    def _read_on(self) -> None:
        """Take in the whole lines written since the last time."""
        path = self.folder / RESULTS
        if not path.exists():
            return
        with path.open("rb") as stream:
            stream.seek(self._read)
            for line in stream:
                if not line.endswith(b"\n"):
                    return
                self._read += len(line)
                data = json.loads(line)
                if data["record"] == "result":
                    result = record.result_from(data)
                    self._results.setdefault(result.case, []).append(result)
                    self._at_hand = result.case
