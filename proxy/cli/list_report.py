"""How the command line speaks of lists: what became of one, and what is known of each."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from proxy.cli.options import plain

if TYPE_CHECKING:
    from proxy.subscription_file import Subscription
    from proxy.subscriptions import Change


def entries(number: int) -> str:
    """A number of entries in words: `1 entry`, `2,778 entries`."""
    return f"{number:,} {'entry' if number == 1 else 'entries'}"


def report_change(change: Change, *, as_json: bool) -> None:
    """What became of one list, with what was left out and why."""
    one, found = change.subscription, change.survey
    if as_json:
        row = asdict(one) | {"outcome": change.outcome, "unknown": list(change.unknown)}
        row["examples"] = [] if found is None else [asdict(line) for line in found.examples]
        row["problems"] = [] if change.error is None else [asdict(each) for each in change.error.problems]
        sys.stdout.write(json.dumps(row) + "\n")
        return
    kinds = "1 category" if len(one.categories) == 1 else f"{len(one.categories)} categories"
    typer.echo(f"{one.name}: {change.outcome}, {entries(one.entries)} in {kinds}")
    if found is not None and found.skipped:
        lines = sum(found.skipped.values())
        typer.echo(f"  {lines:,} {'line' if lines == 1 else 'lines'} gave no entry:")
        for reason, number in found.skipped.most_common():
            example = next((line for line in found.examples if line.reason == reason), None)
            where = f", as {example.file}:{example.line}  {plain(example.text)[:60]}" if example else ""
            typer.echo(f"    {number:>7,}  {reason}{where}")
    if change.unknown:
        typer.echo(f"  left out, no category of ours fits: {', '.join(change.unknown)}")
    if change.outcome == "held" and (held := held_row(one)) is not None:
        _print_held(one.name, held)
    if change.error is not None:
        typer.echo(str(change.error), err=True)


KNOWN = ("read_as", "category", "dated", "checked", "heard", "due", "hours", "skipped", "trouble")
"""Fields of a subscription that `lists show --json` gives as they are."""


def held_row(one: Subscription) -> dict[str, Any] | None:
    """What a held copy would change; None where none is held."""
    held = dict(one.held)
    values = held.pop("values", None)
    if values is None:
        return None
    return held | {"entries": values["entries"], "categories": values["categories"]}


def _print_held(name: str, held: dict[str, Any]) -> None:
    typer.echo(f"  held back   a new copy of {held['since']}: {held['because']}")
    for sign, what in (("-", "gone"), ("+", "new")):
        examples = ", ".join(plain(one) for one in held[f"{what}_examples"][:5])
        typer.echo(f"              {sign}{entries(held[what])}" + (f", as {examples}" if examples else ""))
    typer.echo(f"              if that is meant:  stairgate lists release {name}")


def starter_row() -> dict[str, Any]:
    """What `lists show` says of the lists that come with Stairgate."""
    from rules.starter import index

    about = index()
    return {
        "source": "comes with Stairgate",
        "format": "domains",
        "licence": about.licence,
        "changed": about.date,
    }


def print_row(row: dict[str, Any]) -> None:
    """One list for people, as `lists show` prints it."""
    typer.echo(f"{row['name']}  {entries(row['entries'])}  {row['changed']}")
    typer.echo(f"  source      {plain(row['source'])}")
    typer.echo(f"  format      {row.get('read_as') or row['format']}")
    typer.echo(f"  licence     {plain(row['licence']) or 'not stated'}")
    if row["attribution"]:
        typer.echo(f"  by          {plain(row['attribution'])}")
    if row["size"]:
        typer.echo(f"  size        {row['size']:,} bytes")
    counts = ", ".join(f"{name} {number:,}" for name, number in row["categories"].items())
    typer.echo(f"  categories  {counts}")
    if row.get("due"):
        typer.echo(f"  asked       {row['checked']}, next {row['due']}")
    if row.get("stale"):
        typer.echo(f"  stale       nothing was heard from its source since {row['heard'] or row['changed']}")
    if row.get("held"):
        _print_held(row["name"], row["held"])
    elif row.get("trouble"):
        typer.echo(f"  last update refused: {plain(row['trouble'])}")
