# noqa: INP001 - a script, run by hand and by a test; not a package
"""Regenerates every file that is made from code: `make docs`. With --check it only names the stale ones.

One table; a test runs the check. To add a file, add a line.
"""

from __future__ import annotations

import functools
import importlib.util
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rules import help as help_services
from rules import search_engines, services
from rules.policy.schema import write_schema
from rules.reference import describe_categories
from standard import catalogue, grade, result_file
from standard.render import data, report_page, schema, terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from standard.report import Report

ROOT = Path(__file__).resolve().parents[1]


@functools.cache
def sample_report() -> Report:
    """The report on an invented run with faults in it; see `examples/sample_run.py`."""
    spec = importlib.util.spec_from_file_location("sample_run", ROOT / "examples" / "sample_run.py")
    if spec is None or spec.loader is None:
        raise FileNotFoundError("examples/sample_run.py")
    sample_run = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = sample_run  # dataclasses look their module up there
    spec.loader.exec_module(sample_run)
    known = catalogue.load()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.jsonl"
        sample_run.write_run(known, path, faults=sample_run.FAULTS)
        found = result_file.load(path)
    return grade.grade_file(found, known)


GENERATED: Mapping[str, Callable[[], str | bytes]] = {
    "docs/categories.md": describe_categories,
    "docs/help-services.md": help_services.describe,
    "docs/search-engines.md": search_engines.describe,
    "docs/services.md": services.describe,
    "examples/report.html": lambda: report_page.render(sample_report()),
    "examples/report.txt": lambda: terminal.render(sample_report()),
    "rules/policy/policy.schema.json": write_schema,
    "standard/schemas/comparison.schema.json": lambda: data.write(schema.of_comparison()),
    "standard/schemas/exported-edition.schema.json": lambda: data.write(schema.of_exported_edition()),
    "standard/schemas/report.schema.json": lambda: data.write(schema.of_report()),
}
"""Each file, relative to the repository, and what makes its content. Same code, same bytes."""


def stale() -> list[str]:
    """The files whose content is not what the code makes today."""
    return [name for name, make in GENERATED.items() if _read(ROOT / name) != _encode(make())]


def _encode(content: str | bytes) -> bytes:
    return content if isinstance(content, bytes) else content.encode()


def _read(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None


def main() -> int:
    """Write, or check; 0 where all is fresh, 1 where --check found something stale."""
    names = stale()
    if "--check" in sys.argv[1:]:
        sys.stderr.writelines(f"stale: {name} (run: make docs)\n" for name in names)
        return int(bool(names))
    for name in names:
        path = ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_encode(GENERATED[name]()))
        sys.stdout.write(f"wrote {name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
