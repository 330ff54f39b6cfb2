"""The verbs `stairgate standard …`: read the standard, and check that it holds together.

At the edge: prints, reads the folder named, turns findings into exit codes. Decides nothing.
"""

from __future__ import annotations

import dataclasses
import difflib
import fnmatch
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from . import capability, catalogue, lint, strict_yaml
from .criterion import phrase
from .errors import Problem, StairgateError
from .exits import Exit
from .render.export import Format, export
from .words import Module, Stand, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .catalogue import Catalogue
    from .clause import Clause

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="The codified standard: read it, and check that it holds together.",
)

Home = Annotated[
    Path, typer.Option("--standard", metavar="DIR", help="Folder with clauses/, annexes/ and editions/.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


@app.command("list")
def list_clauses(
    pattern: Annotated[str, typer.Argument(help="An id, a number, or either with * in it.")] = "*",
    edition: Annotated[str, typer.Option(metavar="ID", help="Only what this edition selects.")] = "",
    as_json: Json = False,
    home: Home = catalogue.HOME,
) -> None:
    """List the clauses in printed order.

    Example:  stairgate standard list 'content.*'
    """
    known = catalogue.load(home)
    clauses = known.selected(known.edition(edition)) if edition else tuple(known.clauses.values())
    chosen = [clause for clause in clauses if _matches(clause, pattern)]
    if not chosen:
        raise StairgateError(_unknown(pattern, known), exit_code=Exit.USAGE)
    if as_json:
        for clause in chosen:
            typer.echo(json.dumps(as_plain(clause), ensure_ascii=False))
        return
    _print_table(chosen)


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="ID", help="A clause's id or number, or a criterion's id.")],
    as_json: Json = False,
    home: Home = catalogue.HOME,
) -> None:
    """Show one clause: its sentence, why it is asked, whom it reaches, and what must be shown.

    Example:  stairgate standard show content.gambling
    """
    known = catalogue.load(home)
    wanted = known.owners.get(name, name)
    found = next((one for one in known.clauses.values() if wanted in {one.id, one.number}), None)
    if found is None:
        raise StairgateError(_unknown(name, known), exit_code=Exit.USAGE)
    typer.echo(json.dumps(as_plain(found), ensure_ascii=False) if as_json else "\n".join(_page(found, known)))


@app.command("lint")
def lint_standard(
    cases: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="The suite's cases: ask for coverage both ways too."),
    ] = None,
    as_json: Json = False,
    home: Home = catalogue.HOME,
) -> None:
    """Check that the standard's parts fit each other; every finding at once. Exit code 1 where there is one.

    Example:  stairgate standard lint --cases conformance_tests/cases
    """
    known = catalogue.load(home)
    problems = lint.check(known, None if cases is None else list(_cases(cases)))
    if as_json:
        for problem in problems:
            typer.echo(json.dumps(dataclasses.asdict(problem), ensure_ascii=False))
    elif problems:
        typer.echo("\n\n".join(map(str, problems)), err=True)
    if not as_json:
        found = f"{len(problems)} findings" if problems else "nothing found"
        typer.echo(
            f"{len(known.clauses)} clauses, {len(known.criteria)} criteria, {len(known.sets)} sets, "
            f"{len(known.populations)} populations: {found}"
        )
    if problems:
        raise typer.Exit(int(Exit.FINDING))


@app.command("export")
def export_edition(
    edition: Annotated[str, typer.Option(metavar="ID", help="The edition: 2026.1.")],
    form: Annotated[Format, typer.Option("--format", help="As what.")],
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="Where to write it; for oscal a folder gets profiles too.")
    ],
    home: Home = catalogue.HOME,
) -> None:
    """Write an edition as a document (html, pdf) or as data (json, oscal).

    As OSCAL, a file gets the catalog; a folder that is there gets the catalog and a profile for each stand.

    Example:  stairgate standard export --edition 2026.1 --format pdf --out standard.pdf
    """
    for path, size in export(edition, form, out, home=home).items():
        typer.echo(f"wrote {path} ({size:,} bytes)")


@app.command("reach")
def show_reach(
    statement: Annotated[
        Path, typer.Argument(metavar="STATEMENT", help="A capability statement (YAML or JSON).")
    ],
    stand: Annotated[
        Stand | None, typer.Option(help="Where the product stands; the statement's first by default.")
    ] = None,
    edition: Annotated[str, typer.Option(metavar="ID", help="The edition; the newest by default.")] = "",
    as_json: Json = False,
    home: Home = catalogue.HOME,
) -> None:
    """Check a capability statement, and show which clauses it leaves to be examined.

    Exit code 1 where a clause is lost already: it requires what the statement declares absent.

    Example:  stairgate standard reach statement.yaml --stand dns-resolver
    """
    known = catalogue.load(home)
    made = capability.load(statement, known)
    at = stand or made.stands[0]
    chosen = known.selected(known.edition(edition or max(known.editions)))
    reaches = [
        (clause, capability.reach(clause, at, made))
        for clause in chosen
        if clause.module in {Module.CORE, *made.modules}
    ]
    for clause, found in reaches:
        verdict = "examined" if found.verdict is None else found.verdict.value
        if as_json:
            plain = {"id": clause.id, "number": clause.number, "stand": at, "reach": verdict}
            typer.echo(json.dumps({**plain, "because": found.because}, ensure_ascii=False))
        elif found.verdict is not None:
            typer.echo(f"{clause.number:<8}{clause.id}  {verdict.replace('_', ' ')}\n        {found.because}")
    lost = sum(found.verdict is Verdict.NOT_SATISFIED for _, found in reaches)
    if not as_json:
        open_ones = sum(found.verdict is None for _, found in reaches)
        away = len(reaches) - open_ones - lost
        typer.echo(f"{at}: {open_ones} clauses to examine, {away} not applicable, {lost} lost already")
    if lost:
        raise typer.Exit(int(Exit.FINDING))


def as_plain(clause: Clause) -> dict[str, Any]:
    """A clause as plain JSON data, each criterion with its measure in words (`asked`)."""
    plain = dataclasses.asdict(clause)
    del plain["place"]
    for criterion, data in zip(clause.criteria, plain["criteria"], strict=True):
        del data["place"]
        data["asked"] = phrase(criterion.measure)
    return plain


def _matches(clause: Clause, pattern: str) -> bool:
    if any(fnmatch.fnmatchcase(name, pattern) for name in (clause.id, clause.number)):
        return True
    return clause.id.startswith(pattern + ".") or clause.number.startswith(pattern + ".")


def _print_table(clauses: list[Clause]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("No.", "Id", "Binds", "Criteria"):
        table.add_column(heading, no_wrap=True)
    table.add_column("Title", overflow="fold")
    for clause in clauses:
        critical = " !" if clause.critical else ""
        count = str(len(clause.criteria))
        table.add_row(clause.number, clause.id, clause.obligation + critical, count, clause.title)
    # A pipe has no width: one clause a line, whatever its title.
    console = Console()
    (console if console.is_terminal else Console(width=200)).print(table)
    if any(clause.critical for clause in clauses):
        typer.echo("! critical: not satisfying it suspends a certificate")


def _page(clause: Clause, known: Catalogue) -> Iterator[str]:
    when = clause.applies_when
    yield f"{clause.number}  {clause.title}"
    yield f"{clause.id} · {clause.obligation}{' · critical' if clause.critical else ''} · {clause.module}"
    yield from ("", clause.text, "", f"Why: {clause.rationale}", "")
    yield "Reaches: " + (", ".join(when.stands) or "whoever claims the module")
    if when.capability:
        title = known.capabilities[when.capability].title if when.capability in known.capabilities else ""
        yield f"Capability: {when.capability} ({title}), {when.offered}"
    for assumption in clause.assumptions:
        yield f"Assumes: {assumption}"
    if clause.interpretation:
        yield f"Read as: {clause.interpretation}"
    yield from ("", "Must be shown:")
    for criterion in clause.criteria:
        yield f"  {criterion.id}  [{criterion.method}, {criterion.level}, {criterion.evidence}]"
        yield f"      {criterion.text}"
        yield f"      {phrase(criterion.measure)}"
    yield ""
    for reference in clause.references:
        yield f"{reference.relation}: {reference.source}, {reference.place}"
    for change in clause.history:
        yield f"{change.edition}: {change.change}"


def _unknown(name: str, known: Catalogue) -> Problem:
    close = difflib.get_close_matches(name, [*known.clauses, *known.criteria], n=1)
    return Problem(
        code="nothing-selected",
        place=name,
        cause="No clause or criterion has that id or number.",
        hint=f"Did you mean {close[0]}?" if close else "List them:  stairgate standard list",
    )


def _cases(folder: Path) -> Iterator[lint.Case]:
    """The suite's index: id and criterion of every YAML file below `folder` that has both."""
    if not folder.is_dir():
        raise StairgateError(
            Problem(
                code="no-cases",
                place=str(folder),
                cause="There is no such folder of cases.",
                hint="Name the folder that holds the suite's case files.",
            ),
            exit_code=Exit.MISSING,
        )
    for path in sorted(folder.rglob("*.yaml")):
        document = strict_yaml.load_file(path)
        data = document.data
        if (
            isinstance(data, dict)
            and isinstance(data.get("id"), str)
            and isinstance(data.get("criterion"), str)
        ):
            yield lint.Case(id=data["id"], criterion=data["criterion"], place=document.place("criterion"))
