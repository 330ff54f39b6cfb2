"""`stairgate pinned`: names that a device is not looked into for, because an app pins its certificate."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from proxy.cli.options import HomeOption, JsonOption, plain, show_when_alone
from proxy.cli.parents import open_parents

app = typer.Typer(
    add_completion=False, help="Apps that pin their certificates: names passed on by name alone."
)


@app.command("list")
def show(*, as_json: JsonOption = False, home: HomeOption = None) -> None:
    """Show what is learnt: device, name, and until when it is passed on.

    Example:  stairgate pinned list
    """
    from proxy.household import pins

    parents = open_parents(home)
    with parents.begin() as connection:
        learnt = pins.listed(connection, datetime.now(UTC))
    if as_json:
        for pin in learnt:
            sys.stdout.write(json.dumps(pins.as_json(pin, parents.policy)) + "\n")
        return
    if not learnt:
        typer.echo("nothing learnt")
    for pin in learnt:
        until = pin.until.astimezone(parents.policy.zone).strftime("%Y-%m-%d")
        host = pins.told_host(pin, parents.policy) or "a name that is not kept"
        typer.echo(f"{pin.id:>4}  {plain(host)} for {pin.person} on {plain(pin.device)} until {until}")


show_when_alone(app, show)


@app.command()
def forget(
    number: Annotated[int, typer.Argument(help="The number that `pinned list` shows.")],
    *,
    home: HomeOption = None,
) -> None:
    """Look into a name again from now on. Where the app goes on refusing, it is learnt again.

    Example:  stairgate pinned forget 3
    """
    from proxy.household import pins

    with open_parents(home).begin() as connection:
        forgotten = pins.forget(connection, number)
    if not forgotten:
        raise typer.BadParameter(f"nothing learnt has the number {number}", param_hint="NUMBER")
    typer.echo(f"{number} is forgotten")
