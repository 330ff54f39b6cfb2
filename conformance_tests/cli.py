"""The verbs `stairgate conform …`: examine a product, try an adapter, prove the suite on its own fakes."""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conformance_tests import adapter as adapters
from conformance_tests import case as cases_module
from conformance_tests import coverage, matrix, product, progress, reporting, running, smoke
from conformance_tests.corpora import verbs as corpora
from conformance_tests.lab import seal
from conformance_tests.selection import choose_stand, select
from standard import catalogue
from standard.errors import Problem, StairgateError
from standard.exits import Exit
from standard.words import Stand

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance_tests.case import Case

HERE = Path(__file__).parent
CASES = HERE / "cases"
PRODUCTS = HERE / "products"
_LABS_A_PROCESSOR = 4  # most of a lab's time is waiting for what a product does with it

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="Examine a filtering product in the closed lab."
)
app.command("run")(running.run_examination)
app.command("report")(reporting.report)
app.add_typer(corpora.app, name="corpus")
app.command("compare")(reporting.compare)


@app.command("products")
def show_products(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """The adapters that come with the suite, and which of their products are installed here.

    Example:  stairgate conform products
    """
    known = catalogue.load()
    for path in sorted(PRODUCTS.glob("*.yaml")):
        one = adapters.load(path, known)
        installed = product.is_installed(one)
        version = product.ask_version(one) if installed else ""
        if as_json:
            data = {
                "id": one.id,
                "name": one.name,
                "installed": installed,
                "version": version,
                "stands": list(one.stands),
            }
            typer.echo(json.dumps(data))
        else:
            state = version if installed else "not installed"
            typer.echo(f"{one.id:<20} {state:<16} {', '.join(one.stands):<14} {one.name}")


@app.command("coverage")
def show_coverage(
    stand: Annotated[Stand, typer.Option(help="Where the product stands.")] = Stand.FORWARD_PROXY,
    missing: Annotated[bool, typer.Option("--missing", help="Only what is not covered whole.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """What the suite examines at a stand, and what it doesn't, each with its reason.

    Example:  stairgate conform coverage --stand forward-proxy --missing
    """
    lines = coverage.cover(catalogue.load(), cases_module.load_all(CASES, 1), stand)
    for line in lines:
        if not missing or line.reason:
            typer.echo(json.dumps(asdict(line)) if as_json else coverage.sentence(line))
    if not as_json:
        typer.echo(coverage.total(lines, stand))


@app.command("smoke")
def try_adapter(
    product_file: Annotated[Path, typer.Option("--product", help="The product's adapter.")],
    stand: Annotated[str, typer.Option(help="Where it stands; by default the first it names.")] = "",
) -> None:
    """Try an adapter alone: one harmless page must be served, one listed name must not.

    Example:  stairgate conform smoke --product conformance_tests/products/privoxy.yaml
    """
    adapter = adapters.load(product_file, catalogue.load())
    where = choose_stand(adapter, stand)
    code = seal.enter(lambda: smoke.try_out(adapter, where))
    if code:
        raise typer.Exit(code)
    typer.echo(
        f"ready  {adapter.name} {product.ask_version(adapter)} as {where}: serves, and blocks its lists"
    )


@app.command()
def controls(
    only: Annotated[str, typer.Option(help="Cases whose id matches this pattern.")] = "*",
    seed: Annotated[int, typer.Option(help="Seed of names and addresses.")] = 1,
    control: Annotated[
        list[str] | None, typer.Option(help="Only these controls; by default all of them.")
    ] = None,
    stand: Annotated[list[Stand] | None, typer.Option(help="Only at these stands; by default all.")] = None,
    at_once: Annotated[
        int, typer.Option(help="Sealed labs beside each other; by default four a processor.")
    ] = 0,
) -> None:
    """Prove the suite on its own fakes: every control against every case, compared with what is declared.

    Example:  stairgate conform controls --only 'content.*'
    """
    chosen = select(cases_module.load_all(CASES, seed), only)
    wanted = tuple(control or matrix.ALL)
    if unknown := sorted(set(wanted) - set(matrix.ALL)):
        problem = Problem(
            code="unknown-control",
            place=f"--control {unknown[0]}",
            cause="There is no control of this name.",
            hint=f"There are: {', '.join(matrix.ALL)}.",
        )
        raise StairgateError(problem, exit_code=Exit.USAGE)
    stands = tuple(stand or matrix.STANDS)
    rows = matrix.rows_of(chosen, wanted, stands)
    total = sum(row_stand in case.stands for row_stand, _ in rows for case in chosen)
    with progress.bar("controls") as bar:
        task = bar.add_task("", total=total)
        cells = matrix.carry_out(
            chosen,
            catalogue.load(),
            seed,
            lambda cell: bar.update(task, advance=1, description=cell.control),
            controls=wanted,
            stands=stands,
            at_once=at_once or _LABS_A_PROCESSOR * (os.process_cpu_count() or 1),
        )
    is_whole = (only, wanted, stands) == ("*", matrix.ALL, matrix.STANDS)
    raise typer.Exit(_say_matrix(cells, chosen, is_whole=is_whole))


def _say_matrix(cells: Sequence[matrix.Cell], cases: Sequence[Case], *, is_whole: bool) -> int:
    wrong = [cell for cell in cells if not cell.holds]
    for cell in wrong:
        typer.echo(f"{cell.control:<28} {cell.case}  ({cell.stand})")
        typer.echo(f"    declared {cell.declared}, came {cell.outcome}: {cell.because}")
    harmless, uncaught = matrix.unkilled(cases)
    for case in harmless:
        typer.echo(f"no control fails on  {case}")
    for fault in uncaught if is_whole else ():
        typer.echo(f"no case catches      {fault}")
    typer.echo(
        f"{len(cells)} cells, {len(wrong)} not as declared; {len(cases)} cases, {len(harmless)} unkilled"
    )
    return Exit.FINDING if wrong or harmless or (is_whole and uncaught) else Exit.GOOD
