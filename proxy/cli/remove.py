"""`stairgate remove`: undo what Stairgate has done to this machine, and say what is left."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from proxy.cli.options import HomeOption, JsonOption, plain

if TYPE_CHECKING:
    from collections.abc import Iterable

    from proxy.removal import Step

app = typer.Typer(add_completion=False)


@app.command()
def remove(
    *,
    keep_journal: Annotated[
        bool,
        typer.Option(
            "--keep-journal/--delete-journal", help="Leave the journal where it is, or delete it too."
        ),
    ] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask first.")] = False,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Stop the gate, undo its service, its certificates and its network rules, and delete its home folder.

    Exit code 1 where something is left that a person has to do. It can be repeated.

    Example:  stairgate remove --dry-run
    """
    from proxy.home import Home, locate
    from proxy.removal import Result, Wish, remove_all
    from proxy.trust import find_places

    place = Home(locate(home))
    if not (dry_run or yes):
        kept = "the journal stays" if keep_journal else "the journal is deleted as well"
        typer.confirm(
            f"Remove Stairgate from this machine, with {place.path} ({kept})?", abort=True, err=True
        )
    steps = remove_all(
        place,
        Wish(keep_journal=keep_journal, dry_run=dry_run),
        places=find_places(owner=str(place.path)),
        root=Path("/"),
    )
    done = list(_show(steps, as_json=as_json))
    if not as_json and not any(step.result is not Result.LEFT for step in done):
        typer.echo("There was nothing else to take away.")
    if any(step.result is Result.LEFT and step.by_hand for step in done):
        raise typer.Exit(1)


def _show(steps: Iterable[Step], *, as_json: bool) -> Iterable[Step]:
    for step in steps:
        if as_json:
            sys.stdout.write(json.dumps(asdict(step)) + "\n")
        else:
            where = f"  {plain(step.path)}" if step.path else ""
            typer.echo(f"{step.result:<6} {plain(step.what)}{where}")
            if step.next:
                typer.echo(f"       next  {plain(step.next)}")
        yield step
