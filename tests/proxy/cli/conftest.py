"""The command line, called in this process: what it prints and its exit code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from stairgate import main


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str


type Stairgate = Callable[..., Done]


@pytest.fixture
def stairgate(capsys: pytest.CaptureFixture[str]) -> Stairgate:
    """Run `stairgate WORDS...`."""

    def run(*words: str) -> Done:
        capsys.readouterr()
        code = main(words)
        found = capsys.readouterr()
        return Done(code, found.out, found.err)

    return run
