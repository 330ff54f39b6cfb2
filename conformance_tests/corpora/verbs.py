"""What the command line does with corpora: choose draws for a run, show what could be drawn, seal a set."""

from __future__ import annotations

import json
import os
import secrets
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from conformance_tests.corpora import choice, sealed, source
from conformance_tests.corpora import draw as drawing
from conformance_tests.corpora.choice import Drawing, Holding
from conformance_tests.selection import fits
from standard import catalogue
from standard.errors import Problem, StairgateError
from standard.exits import Exit
from standard.record import Corpus, CorpusList
from standard.words import Stand

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from conformance_tests.adapter import Adapter
    from conformance_tests.corpora.source import Source
    from standard.catalogue import Catalogue

LISTS = "STAIRGATE_TEST_LISTS"
"""The environment variable that names a folder of lists, where --corpus doesn't."""

app = typer.Typer(no_args_is_help=True, help="What drawn cases are drawn from.")

Folder = Annotated[
    Path | None,
    typer.Option("--corpus", metavar="DIR", help=f"Folder of public lists; by default {LISTS}."),
]


def folder_of(given: Path | None) -> Path | None:
    """The folder asked for, or the one the environment names, or None."""
    named = os.environ.get(LISTS)
    return given or (Path(named) if named else None)


def at_hand_in(folder: Path | None) -> tuple[Source, ...]:
    """The lists in a folder; none without one."""
    return source.load(folder) if folder else ()


@app.command("show")
def show(
    corpus: Folder = None,
    held: Annotated[list[str] | None, typer.Option(help="A list the product holds.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of the draws.")] = 1,
    stand: Annotated[Stand, typer.Option(help="Where the product stands.")] = Stand.FORWARD_PROXY,
) -> None:
    """What would be drawn, from which list, and how much of that the product holds.

    Example:  stairgate conform corpus show --corpus lists --held ut1
    """
    folder = folder_of(corpus)
    at_hand = at_hand_in(folder)
    holding = _holding(at_hand, frozenset(held or ()))
    for draw in choice.choose(catalogue.load(), stand, at_hand, held=holding, seed=seed):
        typer.echo(draw.sentence)


@app.command("seal")
def seal(
    out: Annotated[Path, typer.Option(help="Folder for the secret file and the one to publish.")],
    corpus: Folder = None,
    count: Annotated[int, typer.Option(help="How many members.")] = 500,
    seed: Annotated[int | None, typer.Option(help="Seed of the draw; new by default.")] = None,
    only: Annotated[list[str] | None, typer.Option("--from", help="Draw from this list only.")] = None,
) -> None:
    """Seal a set: `sealed.json` is kept secret until the run, `root.json` is published first.

    Example:  stairgate conform corpus seal --corpus lists --out sealed
    """
    folder = folder_of(corpus)
    every = at_hand_in(folder)
    if folder is None:
        problem = Problem(
            code="no-corpus",
            place="--corpus",
            cause="No folder of lists was named: there is nothing to draw from.",
            hint="Name one:  --corpus FOLDER",
        )
        raise StairgateError(problem, exit_code=Exit.USAGE)
    _refuse_unknown(every, only or ())
    if (out / "sealed.json").exists():
        problem = Problem(
            code="set-exists",
            place=str(out / "sealed.json"),
            cause="There is already a sealed set; one is never written over.",
            hint="Name another folder.",
        )
        raise StairgateError(problem, exit_code=Exit.USAGE)
    at_hand = [one for one in every if not only or one.id in only]
    frame = choice.frame_of(at_hand)
    chosen = secrets.randbelow(1 << 31) if seed is None else seed
    members = tuple(one.name for one in drawing.draw(frame, count, f"{chosen}/sealed"))
    made = sealed.SealedSet(
        source="+".join(one.id for one in at_hand), salt=secrets.token_hex(32), members=members
    )
    out.mkdir(parents=True, exist_ok=True)
    secret = out / "sealed.json"
    secret.touch(mode=0o600)
    secret.write_text(json.dumps(made.as_data(), indent=1), encoding="utf-8")
    (out / "root.json").write_text(json.dumps(made.commitment(), indent=1) + "\n", encoding="utf-8")
    typer.echo(f"publish  {out / 'root.json'}: {len(members)} members, root {made.root}")
    typer.echo(f"keep     {secret}")


def given_of(at_hand: Sequence[Source], held: Collection[str]) -> dict[str, tuple[str, ...]]:
    """What the lists that a product holds say, by category: only what is to be blocked."""
    given: defaultdict[str, list[str]] = defaultdict(list)
    for one in at_hand:
        for file in one.files:
            if one.id in held and file.holds not in source.HARMLESS:
                given[file.holds] += source.names(file)
    return {category: tuple(names) for category, names in given.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the command line says of draws.

    Attributes:
        corpus: folder of lists, or None for what the environment names, if --given or another asks for it.
        given: lists of it that the product is given.
        draw_from: the only list to draw from, or "".
        sealed: a sealed set.
        root: its commitment.
    """

    corpus: Path | None
    given: tuple[str, ...]
    draw_from: str
    sealed: Path | None
    root: Path | None


def plan(
    known: Catalogue,
    adapter: Adapter,
    stand: Stand,
    wish: Wish,
    *,
    seed: int,
    only: Sequence[str],
    product_file: Path,
) -> Drawing:
    """The draws of a run, printed before it begins; none where no corpus was asked for.

    Raises:
        StairgateError: the wish is circular, or names something that is not there.
    """
    if (wish.sealed is None) != (wish.root is None):
        problem = Problem(
            code="half-a-set",
            place="--sealed" if wish.sealed else "--root",
            cause="A sealed set is opened by both of its files.",
            hint="Write  --sealed sealed.json --root root.json",
        )
        raise StairgateError(problem, exit_code=Exit.USAGE)
    asked = bool(wish.given or wish.draw_from or wish.sealed)
    folder = folder_of(wish.corpus) if asked else wish.corpus
    if folder is None:
        nothing = Holding(lists=frozenset(), names=frozenset())
        draws = choice.choose(known, stand, (), held=nothing, seed=seed)
        left = {draw.criterion for draw in draws if any(fits(draw.criterion, pattern) for pattern in only)}
        if left:
            said = f"{len(left)} criteria are about drawn sites and stay not shown without --corpus FOLDER."
            typer.echo(said, err=True)
        return Drawing()
    at_hand = source.load(folder)
    _refuse_unknown(at_hand, {*wish.given, wish.draw_from} - {""})
    held = _holding(at_hand, frozenset({*adapter.loads, *wish.given}))
    opened = sealed.read(wish.sealed, wish.root) if wish.sealed and wish.root else None
    draws = choice.choose(
        known,
        stand,
        at_hand,
        held=held,
        seed=seed,
        sealed=opened,
        wanted=wish.draw_from,
    )
    chosen = tuple(draw for draw in draws if any(fits(draw.criterion, pattern) for pattern in only))
    for draw in chosen:
        typer.echo(draw.sentence, err=True)
    words = ["--corpus", str(folder), *(word for one in wish.given for word in ("--given", one))]
    return Drawing(
        corpus=_corpus(folder, at_hand, held.lists, chosen, opened),
        draws=chosen,
        given=given_of(at_hand, wish.given),
        again=("stairgate", "conform", "run", "--product", str(product_file), *words, "--seed", str(seed)),
    )


def _corpus(
    folder: Path,
    at_hand: Sequence[Source],
    held: Collection[str],
    draws: Sequence[choice.Draw],
    opened: sealed.SealedSet | None,
) -> Corpus | None:
    """What the header says of the draws; None where nothing is drawn."""
    drawn = {word for draw in draws if draw.members for word in draw.source.split("+")}
    if not drawn:
        return None
    used = opened if opened is not None and "sealed" in drawn else None
    return Corpus(
        name=folder.resolve().name,
        lists=tuple(
            CorpusList(id=one.id, use=use, sha256=one.sha256)
            for use, ids in (("drawn", drawn), ("given", held))
            for one in at_hand
            if one.id in ids
        ),
        sealed_root=used.root if used else "",
        sealed_source=used.source if used else "",
        sealed_members=len(used.members) if used else 0,
    )


def _refuse_unknown(at_hand: Sequence[Source], named: Collection[str]) -> None:
    if unknown := sorted(set(named) - {one.id for one in at_hand}):
        problem = Problem(
            code="unknown-list",
            place=unknown[0],
            cause="There is no such list in the corpus.",
            hint=f"There are: {', '.join(one.id for one in at_hand)}.",
        )
        raise StairgateError(problem, exit_code=Exit.USAGE)


def _holding(at_hand: Sequence[Source], lists: frozenset[str]) -> Holding:
    named = given_of(at_hand, lists).values()
    return Holding(lists=lists, names=frozenset(name for listed in named for name in listed))
