"""`stairgate trust`: our CA into this machine's certificate stores, out of them, and how they stand."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from proxy.cli.options import HomeOption, JsonOption, show_when_alone
from proxy.home import open_home

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from proxy.home import Home
    from proxy.trust import Outcome, Place

app = typer.Typer(add_completion=False, help="Our CA in this machine's certificate stores.")


class Store(StrEnum):
    """Which stores."""

    ALL = "all"
    SYSTEM = "system"
    BROWSERS = "browsers"


StoreOption = Annotated[
    Store, typer.Option(help="Which stores: the system's, this user's browsers', or all.")
]


@app.command()
def status(*, store: StoreOption = Store.ALL, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Say which stores of this machine trust our CA. Exit code 1 where one does not.

    Example:  stairgate trust status
    """
    opened = open_home(home)
    _report(opened, store, lambda place, files: place.look(files), as_json=as_json)


show_when_alone(app, status)


@app.command()
def install(*, store: StoreOption = Store.ALL, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Make this machine's stores trust our CA; the system's own store needs an administrator.

    Example:  stairgate trust install
    """
    from proxy.authority import ensure

    opened = open_home(home)
    ensure(opened)
    _report(opened, store, lambda place, files: place.install(files), as_json=as_json)


@app.command()
def remove(*, store: StoreOption = Store.ALL, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Take our CA out of this machine's stores.

    Example:  stairgate trust remove
    """
    from proxy.trust import State

    opened = open_home(home)
    outcomes = _carry_out(opened, store, lambda place, files: place.remove(files))
    _print(outcomes, as_json=as_json)
    if any(one.state is not State.ABSENT for one in outcomes):
        raise typer.Exit(1)


def _report(home: Home, store: Store, work: Callable[[Place, list[Path]], Outcome], *, as_json: bool) -> None:
    from proxy.trust import State

    outcomes = _carry_out(home, store, work)
    _print(outcomes, as_json=as_json)
    if not outcomes or any(one.state is not State.TRUSTED for one in outcomes):
        raise typer.Exit(1)


def _carry_out(home: Home, store: Store, work: Callable[[Place, list[Path]], Outcome]) -> list[Outcome]:
    from proxy.trust import find_places

    files = [path for path in (home.ca_pem, home.next_ca_pem) if path.exists()]
    places = find_places(owner=str(home.path))
    return [work(place, files) for place in places if store is Store.ALL or place.kind == store]


def _print(outcomes: Iterable[Outcome], *, as_json: bool) -> None:
    empty = True
    for one in outcomes:
        empty = False
        if as_json:
            sys.stdout.write(json.dumps(asdict(one)) + "\n")
            continue
        typer.echo(f"{one.state:<9} {one.place}  {one.path}" + ("  (changed)" if one.changed else ""))
        if one.because:
            typer.echo(f"          {one.because}")
        if one.next:
            typer.echo(f"          next  {one.next}")
    if empty and not as_json:
        typer.echo("No certificate store that we know was found on this machine.")
