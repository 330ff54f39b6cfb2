"""`stairgate sealed`: is it sealed? Tries the ways round from the device it runs on."""

from __future__ import annotations

import asyncio
import json
import os
from typing import TYPE_CHECKING, Annotated

import typer

from proxy.cli.options import plain

if TYPE_CHECKING:
    from proxy.sealed.way import Survey

app = typer.Typer(add_completion=False)


@app.command()
def sealed(
    *,
    proxy: Annotated[
        str,
        typer.Option(
            help="The proxy this device uses; by default that of https_proxy or http_proxy.",
            metavar="http://HOST:PORT",
        ),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Try the ways round the gate from this device, and say which are open and what closes them.

    Run it on the child's device. It asks public resolvers for example.com and contacts nobody else. Exit code
    0: all closed, 1: a way is open, 2: nothing answers here, so nothing can be said.

    Example:  stairgate sealed --json
    """
    from proxy.sealed.survey import survey

    chosen = _read_proxy(proxy or _from_environment())
    say = (lambda _title: None) if as_json else (lambda title: typer.echo(f"trying  {title} …", err=True))
    found = asyncio.run(survey(chosen, say))
    if as_json:
        typer.echo(json.dumps(found.as_json(), ensure_ascii=False))
    else:
        _print(found)
    raise typer.Exit(int(found.exit))


def _from_environment() -> str:
    names = ("https_proxy", "HTTPS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY")
    return next((os.environ[name] for name in names if os.environ.get(name)), "")


def _read_proxy(text: str) -> str:
    """A proxy as `http://host:port`, or empty.

    Raises:
        typer.BadParameter: it is none.
    """
    if not text:
        return ""
    import httpx

    try:
        place = httpx.URL(text if "://" in text else f"http://{text}")
    except httpx.InvalidURL as error:
        raise typer.BadParameter(f"{text!r} is no proxy: {error}", param_hint="--proxy") from error
    if place.scheme != "http" or not place.host:
        raise typer.BadParameter(
            f"{text!r} is not a proxy like http://192.168.1.2:8080", param_hint="--proxy"
        )
    return f"http://{place.netloc.decode()}"


def _print(found: Survey) -> None:
    from proxy.sealed.way import State

    marks = {State.CLOSED: "closed ", State.OPEN: "OPEN   ", State.UNCLEAR: "unclear"}
    for way in found.ways:
        typer.echo(plain(f"{marks[way.state]}  {way.title}"))
        if way.state is State.OPEN:
            typer.echo(plain(f"         seen  {way.detail}"))
            typer.echo(plain(f"         next  {way.todo}"))
    opened = sum(way.state is State.OPEN for way in found.ways)
    if opened:
        typer.echo(f"{opened} of {len(found.ways)} ways round are open on this device.")
    elif found.alive:
        typer.echo("Sealed: none of the ways that were tried leads past the gate.")
        typer.echo("What can't be tried from here stands in docs/ways-round.md.")
    else:
        typer.echo("Nothing can be said: not even example.com is reached from here. Is the gate up?")
