"""The verb `conform run`: examine a product, or go on where an examination broke off."""

from __future__ import annotations

import secrets
import shlex
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conformance_tests import adapter as adapters
from conformance_tests import build, excuses, progress, run
from conformance_tests import case as cases_module
from conformance_tests import examination as examinations
from conformance_tests.build import RESULTS
from conformance_tests.corpora import verbs as corpora
from conformance_tests.lab import seal
from conformance_tests.selection import choose_stand, select
from standard import catalogue, result_file
from standard import seed as seeds
from standard.errors import Problem, StairgateError
from standard.exits import Exit
from standard.render import terminal

if TYPE_CHECKING:
    from conformance_tests.examination import Examination
    from standard.catalogue import Catalogue
    from standard.record import Result

CASES = Path(__file__).parent / "cases"


def run_examination(  # noqa: PLR0913, PLR0917 - each is an option of the verb
    product_file: Annotated[Path, typer.Option("--product", help="The product's adapter.")],
    only: Annotated[
        list[str] | None, typer.Option(help="Cases whose id matches this pattern; may be said again.")
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            help="Seed of names, addresses and draws; by default it follows from build and edition."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for results, report and evidence.")] = None,
    stand: Annotated[str, typer.Option(help="Where it stands; by default the first it names.")] = "",
    edition: Annotated[str, typer.Option(help="The edition to examine by.")] = "2026.1",
    resume: Annotated[bool, typer.Option("--resume", help="Go on where the run in --out broke off.")] = False,
    corpus: corpora.Folder = None,
    given: Annotated[
        list[str] | None,
        typer.Option(help="A list of the corpus that the product is given; nothing is drawn from it."),
    ] = None,
    draw_from: Annotated[str, typer.Option(help="Draw from this list of the corpus only.")] = "",
    sealed: Annotated[Path | None, typer.Option(help="A sealed set, opened for this run.")] = None,
    root: Annotated[Path | None, typer.Option(help="What was published of the sealed set.")] = None,
) -> None:
    """Examine a product and write results.jsonl, report.html, report.json and evidence.

    Without --seed the seed follows from the product's build and the edition; only such a run can be declared.
    A run that broke off is continued by the same words and --resume.

    Sites are drawn only with --corpus, and only from lists that the product was not given.

    Example:  stairgate conform run --product conformance_tests/products/privoxy.yaml --out out/privoxy
    """
    known = catalogue.load()
    adapter = adapters.load(product_file, known)
    where = choose_stand(adapter, stand)
    made = build.identify(adapter, where)
    begun = _begun(out) if resume else None
    chosen_seed, is_derived = _seed(seed, begun, made, known.edition(edition).sha256)
    suite = cases_module.load_all(CASES, chosen_seed)
    excuses.refuse_unknown(adapter, str(product_file), {case.id for case in suite})
    drawing = corpora.plan(
        known,
        adapter,
        where,
        corpora.Wish(corpus=corpus, given=tuple(given or ()), draw_from=draw_from, sealed=sealed, root=root),
        seed=chosen_seed,
        only=only or ["*"],
        product_file=product_file,
    )
    drawn = [draw.criterion for draw in drawing.draws]
    folder = out or Path("out") / f"{adapter.id}-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    _make(folder)
    examination = examinations.Examination(
        order=run.Order(
            adapter=adapter,
            adapter_file=str(product_file),
            stand=where,
            cases=[case for case in select(suite, *only or "*", drawn=drawn) if where in case.stands],
            seed=chosen_seed,
            folder=folder,
            drawing=drawing,
        ),
        edition=edition,
        selection=tuple(f"--only {pattern}" for pattern in only or () if pattern != "*"),
        suite=examinations.digest(CASES),
        build=made,
        seed_is_derived=is_derived,
        resumed=begun is not None,
    )
    if begun is None or begun.footer is None:
        code = seal.enter(lambda: _examine(examination, known))
        if code:
            if code not in {Exit.DATA, Exit.USAGE} or not resume:  # what was refused is not to be said again
                _say_how_to_go_on(folder / RESULTS)
            raise typer.Exit(code)
    _report(folder, known, chosen_seed)


def _make(folder: Path) -> None:
    """The folder of the run.

    Raises:
        StairgateError: with exit code 69, where it can't be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        problem = Problem(
            code="unwritable-folder",
            place=f"--out {folder}",
            cause=f"Nothing can be written there: {error.strerror}.",
            hint="Name a folder that is yours:  --out DIR",
        )
        raise StairgateError(problem, exit_code=Exit.MISSING) from error


def _begun(out: Path | None) -> result_file.ResultFile | None:
    """The run to go on with; None where nothing was written yet."""
    if out is None:
        problem = Problem(
            code="nothing-to-resume",
            place="--resume",
            cause="It does not say which run to go on with.",
            hint="Name its folder:  --out DIR",
        )
        raise StairgateError(problem, exit_code=Exit.USAGE)
    path = out / RESULTS
    return result_file.load(path, allow_cut=True) if path.exists() else None


def _seed(
    asked: int | None, begun: result_file.ResultFile | None, made: str, edition: str
) -> tuple[int, bool]:
    """The seed, and whether it follows from build and edition."""
    derived = seeds.derive(made, edition) if made else None
    if asked is None and begun is not None and begun.header.seed.isdecimal():
        asked = int(begun.header.seed)
    if asked is None:
        # A product of no known build: nothing to derive a seed from.
        return (secrets.randbelow(seeds.LARGEST + 1), False) if derived is None else (derived, True)
    return asked, asked == derived


def _examine(examination: Examination, known: Catalogue) -> int:
    with progress.bar("examining") as bar:
        order = examination.order
        task = bar.add_task("", total=len(order.cases) + len(order.drawing.draws))
        done: set[str] = set()

        def tell(result: Result) -> None:
            if result.case not in done:
                done.add(result.case)
                bar.update(task, advance=1, description=result.case)

        return examinations.carry_out(examination, known, tell)


def _say_how_to_go_on(path: Path) -> None:
    """After a run broke off: the words that continue it, where something of it was written."""
    try:
        begun = result_file.load(path, allow_cut=True, observed=False)
    except StairgateError:
        return
    if begun.footer is None and begun.results:
        words = [word for word in sys.argv[1:] if word != "--resume"]
        if "--out" not in words:
            words += ["--out", str(path.parent)]
        typer.echo(f"{len(begun.results)} results are kept; go on with:", err=True)
        typer.echo(f"  stairgate {shlex.join(words)} --resume", err=True)


def _report(folder: Path, known: Catalogue, seed: int) -> None:
    report, weighed, code = examinations.report_on(folder, known)
    typer.echo(terminal.render(report, colour=sys.stdout.isatty()))
    for sentence in weighed.sentences():
        typer.echo(sentence)
    for word, value in (("report", folder / "report.html"), ("results", folder / RESULTS), ("seed", seed)):
        typer.echo(f"{word:<10}{value}")
    raise typer.Exit(code)
