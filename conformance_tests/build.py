"""Which build is examined, and how many runs of it a folder holds.

A build is known by its own files: those the adapter names, or else the program it starts. Reads files; knows
no case.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from standard import result_file
from standard.errors import Problem, StairgateError
from standard.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance_tests.adapter import Adapter
    from standard.words import Stand

RESULTS = "results.jsonl"
"""The result file's name in the folder of a run."""

# What a program writes beside itself while it runs is not part of what was shipped.
_LEFT_OUT = {"__pycache__"}


def identify(adapter: Adapter, stand: Stand) -> str:
    """The build: `sha256:` over names and contents of its files; "" where its program is not here.

    Raises:
        StairgateError: a file the adapter names is not there; exit code 69.
    """
    if adapter.build:
        return _hashed([*_named(adapter)])
    program = shutil.which(adapter.stands[stand][0])
    return _hashed([("", Path(program))]) if program else ""


def runs_of(build: str, folder: Path) -> int:
    """How many runs of `build` the parent of `folder` holds, the one in `folder` included."""
    if not build:
        return 1
    others = (path for path in folder.parent.glob(f"*/{RESULTS}") if path.parent.name != folder.name)
    return 1 + sum(_build_of(path) == build for path in others)


def _build_of(path: Path) -> str:
    try:
        return result_file.read_header(path).product.build
    except StairgateError:
        return ""  # what can't be read is no run of anything


def _named(adapter: Adapter) -> Iterator[tuple[str, Path]]:
    """The files the adapter names, by their names as they stand there; folders with all below them."""
    missing = [name for name in adapter.build if not (adapter.home / name).exists()]
    if missing:
        problems = [
            Problem(
                code="no-build",
                place=adapter.place("build"),
                cause=f"{name} is not there.",
                hint="Name files or folders of the product, relative to the adapter's own folder.",
            )
            for name in missing
        ]
        raise StairgateError(*problems, exit_code=Exit.MISSING)
    for name in sorted(adapter.build):
        path = adapter.home / name
        yield name, path
        for inside in sorted(path.rglob("*")) if path.is_dir() else ():
            if _LEFT_OUT.isdisjoint(inside.parts):
                yield f"{name}/{inside.relative_to(path).as_posix()}", inside


def _hashed(files: list[tuple[str, Path]]) -> str:
    total = hashlib.sha256()
    for name, path in files:
        if path.is_file():
            total.update(f"{name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return f"sha256:{total.hexdigest()}"
