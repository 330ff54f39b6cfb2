"""`stairgate log`: reads the journal."""

from __future__ import annotations

import csv
import json
import sys
from contextlib import nullcontext
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from proxy.cli.options import HomeOption, JsonOption, plain, read_since, show_when_alone
from proxy.home import open_home

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from proxy.journal.record import Record
    from proxy.journal.store import Search

app = typer.Typer(add_completion=False, help="The journal: what was asked for, what was answered, and why.")

PersonOption = Annotated[str | None, typer.Option(help="Only this person.")]
SinceOption = Annotated[
    str | None, typer.Option(help="Not before: today, 90m, 2h, 7d or 2026-11-21T20:15.", metavar="WHEN")
]
ActionOption = Annotated[str | None, typer.Option(help="Only allow, block, warn or ask.")]
CategoryOption = Annotated[str | None, typer.Option(help="Only this category.")]
LimitOption = Annotated[int | None, typer.Option(min=1, help="At most so many, the newest.")]
OutOption = Annotated[Path | None, typer.Option(help="Write to this file.", metavar="FILE")]


class Format(StrEnum):
    """What `log export` writes."""

    JSON = "json"
    CSV = "csv"


FormatOption = Annotated[
    Format, typer.Option("--format", help="json: one object a line; csv: for a spreadsheet.")
]


@app.command()
def show(
    *,
    person: PersonOption = None,
    since: SinceOption = None,
    action: ActionOption = None,
    category: CategoryOption = None,
    limit: LimitOption = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Show what happened, the oldest first (the newest 50 where no --limit is given and it is not JSON).

    Example:  stairgate log show --since 2h --action block
    """
    from proxy.journal.record import as_json as shape

    wanted = _search(person, since, action, category, limit if as_json or limit else 50)
    found = _records(home, wanted)
    if as_json:
        for record in found:
            sys.stdout.write(json.dumps(shape(record)) + "\n")
        return
    lines = [_line(record) for record in found]
    typer.echo("\n".join(lines) if lines else "Nothing in the journal fits.")


show_when_alone(app, show)


@app.command()
def export(  # noqa: PLR0913 - every option of the command line is a parameter
    *,
    person: PersonOption = None,
    since: SinceOption = None,
    action: ActionOption = None,
    category: CategoryOption = None,
    limit: LimitOption = None,
    form: FormatOption = Format.JSON,
    out: OutOption = None,
    home: HomeOption = None,
) -> None:
    """Write the journal out, as JSON lines or CSV.

    Example:  stairgate log export --since 7d --format csv --out week.csv
    """
    from proxy.journal.record import as_json as shape

    rows = (shape(record) for record in _records(home, _search(person, since, action, category, limit)))
    target = nullcontext(sys.stdout) if out is None else _open(out)
    with target as file:
        match form:
            case Format.JSON:
                file.writelines(json.dumps(row) + "\n" for row in rows)
            case Format.CSV:
                _write_csv(rows, file)


@app.command()
def purge(
    *,
    before: Annotated[str, typer.Option(help="Older than: 30d, 12w or 2026-11-01T00:00.", metavar="WHEN")],
    person: PersonOption = None,
    as_json: JsonOption = False,
    home: HomeOption = None,
) -> None:
    """Delete old records for good. It can't be undone; export first what shall be kept.

    Example:  stairgate log purge --before 30d
    """
    from proxy.journal.store import complaints, open_engine
    from proxy.journal.store import purge as delete

    moment = read_since(before, now=datetime.now().astimezone(), option="--before")
    opened = open_home(home)
    number = 0
    if opened.journal.exists():
        engine = open_engine(opened.journal)
        with complaints(opened.journal):
            number = delete(engine, before=moment, person=person)
        engine.dispose()
    if as_json:
        sys.stdout.write(
            json.dumps({"before": moment.isoformat(), "person": person, "deleted": number}) + "\n"
        )
    else:
        typer.echo(f"deleted {number:,} records")


def _search(
    person: str | None, since: str | None, action: str | None, category: str | None, limit: int | None
) -> Search:
    from proxy.journal.store import Search
    from rules.presets import Action
    from rules.taxonomy import CATEGORIES

    if action is not None and action not in set(Action):
        raise typer.BadParameter(f"{action!r} is none of {', '.join(Action)}", param_hint="--action")
    if category is not None and category not in CATEGORIES:
        msg = f"{category!r} is no category; `stairgate policy show` lists them"
        raise typer.BadParameter(msg, param_hint="--category")
    moment = None if since is None else read_since(since, now=datetime.now().astimezone())
    return Search(person=person, since=moment, action=action, category=category, limit=limit)


def _records(folder: Path | None, wanted: Search) -> Iterator[Record]:
    """What fits; nothing where there is no journal yet. A damaged one is an error before the first line."""
    from proxy.journal.store import complaints, open_engine, search

    home = open_home(folder)
    if not home.journal.exists():
        return
    engine = open_engine(home.journal)
    try:
        with complaints(home.journal):
            yield from search(engine, wanted)
    finally:
        engine.dispose()


def _line(record: Record) -> str:
    at = record.at.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    what = record.url or record.host or "(not kept)"
    why = record.category or record.reason
    return plain(f"{at}  {record.action:<5}  {record.person:<10}  {why:<20}  {what}")


def _open(path: Path) -> TextIO:
    from rules.errors import Problem, StairgateError
    from rules.exits import Exit

    try:
        return path.open("w", encoding="utf-8", newline="")
    except OSError as error:
        problem = Problem(
            code="not-writable",
            place=str(path),
            cause=f"The file can't be written: {error.strerror}.",
            hint="Name another file with --out.",
        )
        raise StairgateError(problem, exit_code=Exit.MISSING) from error


def _write_csv(rows: Iterable[dict[str, Any]], file: TextIO) -> None:
    columns = ["at", "person", "device", "host", "url", "action", "category", "reason", "rule"]
    writer = csv.DictWriter(file, columns)
    writer.writeheader()
    for row in rows:
        rule = row["rule"]
        row["rule"] = "" if rule is None else f"{rule['list']} {rule['file']}:{rule['line']} {rule['entry']}"
        writer.writerow({name: _cell(value) for name, value in row.items()})


def _cell(value: object) -> str:
    """A spreadsheet takes text that begins with = + - @ for a formula; an apostrophe keeps it text."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
