"""`stairgate lists`: subscribe to category lists, keep them up to date, show what they hold."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from proxy.cli.list_report import KNOWN, entries, held_row, print_row, report_change, starter_row
from proxy.cli.options import HomeOption, JsonOption, show_when_alone
from proxy.home import open_home

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.compilation import Progress

app = typer.Typer(add_completion=False, help="Category lists: what the gate knows about the world.")

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Your name for the list.")]


VerifyOption = Annotated[
    bool, typer.Option("--verify", help="First check every byte of the compiled lists by their checksums.")
]


@app.command()
def show(
    *,
    verify: VerifyOption = False,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Show the lists: source, format, licence, date, size, entries per category.

    Example:  stairgate lists show --verify
    """
    from proxy.first_run import prepare_rules
    from proxy.list_timing import is_stale
    from proxy.subscription_file import load_subscriptions
    from rules import pack

    opened = open_home(home)
    prepare_rules(opened)
    if verify:
        pack.verify(opened.pack)
        typer.echo("All checksums of the compiled lists are right.", err=True)
    subscriptions = load_subscriptions(opened)
    rows = []
    for name, about in pack.Pack.open(opened.pack).lists.items():
        subscription = subscriptions.get(name)
        row: dict[str, Any] = {
            "name": name,
            "source": "",
            "format": "",
            "licence": "",
            "attribution": "",
            "changed": "",
            "size": 0,
        }
        if subscription is None:
            row |= starter_row()
        else:
            known = asdict(subscription)
            row |= {key: known[key] for key in (*row, *KNOWN)}
            row |= {"stale": is_stale(subscription, datetime.now(UTC)), "held": held_row(subscription)}
        row |= {"entries": about["entries"], "categories": dict(sorted(about["categories"].items()))}
        rows.append(row)
    for row in rows:
        if as_json:
            sys.stdout.write(json.dumps(row) + "\n")
        else:
            print_row(row)


show_when_alone(app, show)


@app.command()
def add(
    name: NameArgument,
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="A file, a folder or an http(s) address.")],
    *,
    category: Annotated[
        str | None, typer.Option(help="The category of all its names; a squidGuard tree needs none.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="A list format; auto looks.")] = "auto",
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Subscribe to a list and put it to use.

    Example:  stairgate lists add gambling https://lists.example/gambling.txt --category gambling
    """
    from proxy.subscriptions import add as subscribe

    _check_category(category)
    with _progress(quiet=as_json) as progress:
        change = subscribe(open_home(home), name, source, category=category, form=form, progress=progress)
    report_change(change, as_json=as_json)


@app.command()
def remove(name: NameArgument, *, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Unsubscribe from a list.

    Example:  stairgate lists remove gambling
    """
    from proxy.subscriptions import remove as unsubscribe

    with _progress(quiet=as_json) as progress:
        gone = unsubscribe(open_home(home), name, progress=progress)
    if as_json:
        sys.stdout.write(json.dumps({"name": name, "outcome": "removed", "entries": gone.entries}) + "\n")
    else:
        typer.echo(f"{name}: removed, {entries(gone.entries)}")


@app.command()
def update(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="All where none is named.")
    ] = None,
    *,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Ask the sources for something newer. What looks broken is refused or held; the last good copy stays.

    A running gate does this by itself when a list is due.

    Example:  stairgate lists update
    """
    from proxy.updates import update as ask_sources

    with _progress(quiet=as_json) as progress:
        changes = ask_sources(open_home(home), names or (), progress=progress)
    for change in changes:
        report_change(change, as_json=as_json)
    if not changes and not as_json:
        typer.echo("No list to ask for now; our starter lists come with Stairgate itself.")
    if any(change.outcome in {"refused", "held"} for change in changes):
        raise typer.Exit(1)


@app.command()
def release(name: NameArgument, *, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Put a copy to use that was held back because it has changed more than a list should.

    Example:  stairgate lists release gambling
    """
    from proxy.updates import release as put_to_use

    with _progress(quiet=as_json) as progress:
        change = put_to_use(open_home(home), name, progress=progress)
    report_change(change, as_json=as_json)


def _check_category(category: str | None) -> None:
    from difflib import get_close_matches

    from rules.taxonomy import CATEGORIES

    if category is None or category in CATEGORIES:
        return
    near = get_close_matches(category, CATEGORIES, n=1, cutoff=0.5)
    hint = f"did you mean {near[0]}?" if near else "`stairgate policy preset tween` shows them all"
    raise typer.BadParameter(f"there is no category {category!r}; {hint}", param_hint="--category")


@contextmanager
def _progress(*, quiet: bool) -> Iterator[Progress | None]:
    """A line on the terminal that says what goes on; nothing where nobody looks at one."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    bars = Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    with bars:
        task = bars.add_task("", total=None)
        yield lambda what, done, total: bars.update(task, description=what, completed=done, total=total)
