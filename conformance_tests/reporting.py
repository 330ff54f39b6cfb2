"""The verbs `conform report` and `conform compare`: result files in, renderings out. No examination here."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conformance_tests import evidence
from conformance_tests.build import RESULTS
from conformance_tests.excuses import CODES
from standard import catalogue, grade, result_file
from standard.errors import StairgateError

if TYPE_CHECKING:
    from standard.catalogue import Catalogue
    from standard.report import Report

File = Annotated[Path | None, typer.Option(metavar="FILE", help="Write this form.")]


def report(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="A run's results.jsonl, or its folder.")],
    html: File = None,
    pdf: File = None,
    as_json: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write this form.")] = None,
    junit: File = None,
    earl: File = None,
    oscal: Annotated[Path | None, typer.Option(metavar="DIR", help="Write OSCAL documents there.")] = None,
) -> None:
    """Grade a result file again and show the report; with options, write it in other forms instead.

    Example:  stairgate conform report out/results.jsonl --html report.html --pdf report.pdf
    """
    from standard.render import terminal
    from standard.render.forms import Form, write

    known = catalogue.load()
    found = graded(results, known)
    wanted = {Form.HTML: html, Form.PDF: pdf, Form.JSON: as_json, Form.JUNIT: junit, Form.EARL: earl}
    files = {form: path for form, path in wanted.items() if path is not None}
    if files or oscal is not None:
        for path in write(found, files, oscal=oscal, known=known):
            typer.echo(f"wrote {path}")
    else:
        typer.echo(terminal.render(found, colour=sys.stdout.isatty()))
    raise typer.Exit(int(CODES[found.verdict]))


def compare(
    results: Annotated[
        list[Path], typer.Argument(metavar="RESULTS...", help="Two or more result files, or their folders.")
    ],
    html: File = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
    only_different: Annotated[bool, typer.Option("--different", help="Only clauses that differ.")] = False,
) -> None:
    """Put runs side by side: several products, or one product over time.

    Example:  stairgate conform compare out/before out/after --different
    """
    from standard.render import comparison, comparison_forms, data

    known = catalogue.load()
    made = comparison.compare([graded(path, known) for path in results])
    if html is not None:
        html.write_text(comparison_forms.as_page(made), encoding="utf-8")
        typer.echo(f"wrote {html}", err=as_json)
    if as_json:
        typer.echo(json.dumps(json.loads(data.write(comparison.as_data(made))), ensure_ascii=False))
    elif html is None:
        typer.echo(comparison_forms.as_text(made, only_different=only_different), nl=False)


def graded(path: Path, known: Catalogue) -> Report:
    """The report on a result file, or on a folder's `results.jsonl`; an unfinished one as far as it goes.

    Raises:
        StairgateError: the file is missing, edited or of another edition, or evidence beside it was altered.
    """
    file = path / RESULTS if path.is_dir() else path
    has_evidence = (file.parent / "evidence").is_dir()
    found = result_file.load(file, allow_cut=True, observed=has_evidence)
    if has_evidence and (problems := evidence.altered(found.results, file.parent)):
        raise StairgateError(*problems)
    only = {result.criterion for result in found.results} if found.header.selection else None
    return grade.grade_file(found, known, only=only)
