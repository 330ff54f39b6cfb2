"""`stairgate service`: run at boot, and stand between the home and the internet."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from proxy.cli.options import read_listen

if TYPE_CHECKING:
    from proxy.service.installing import Command

app = typer.Typer(add_completion=False, no_args_is_help=True)

RootOption = Annotated[
    Path | None,
    typer.Option("--root", help="Write below this folder and start nothing, to look first.", metavar="DIR"),
]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")]


@app.callback()
def _group() -> None:
    """Run at boot, and stand between the home and the internet."""


@app.command()
def install(
    *,
    gateway: Annotated[
        bool,
        typer.Option(
            "--gateway",
            help="Also let nothing out of the home but through the gate (nftables). Needs --inside.",
        ),
    ] = False,
    inside: Annotated[
        list[str] | None,
        typer.Option(help="An interface towards the home's devices, such as br0.", metavar="NAME"),
    ] = None,
    listen: Annotated[
        str, typer.Option(help="Where the proxy listens; [::]:8080 with --gateway.", metavar="HOST:PORT")
    ] = "",
    dns: Annotated[
        list[str] | None,
        typer.Option(
            help="Also answer DNS there; may be repeated. 0.0.0.0:5353 and [::]:5353 with --gateway.",
            metavar="HOST:PORT",
        ),
    ] = None,
    home: Annotated[Path, typer.Option("--home", help="The service's home folder.", metavar="DIR")] = Path(
        "/var/lib/stairgate"
    ),
    root: RootOption = None,
    dry_run: DryOption = False,
) -> None:
    """Install the service and start it. It has an account of its own and starts again whatever happens.

    Example:  stairgate service install --gateway --inside br0 --dry-run
    """
    from proxy.service.installing import check_readable, check_rights, plan, run_command
    from proxy.service.installing import install as put_in
    from proxy.service.unit import ServiceSettings

    names = tuple(inside or ())
    if gateway != bool(names):
        raise typer.BadParameter("--gateway and --inside NAME belong together", param_hint="--gateway")
    for name in names:
        if not _is_interface(name):
            raise typer.BadParameter(f"{name!r} is not the name of an interface", param_hint="--inside")
    asked = dns or (["0.0.0.0:5353", "[::]:5353"] if gateway else [])
    # One socket for both families: who is redirected comes by either.
    everywhere = "[::]:8080" if gateway else "127.0.0.1:8080"
    places = tuple(read_listen(one, option="--dns") for one in asked)
    if gateway and len({port for _, port in places}) != 1:
        raise typer.BadParameter("a gateway answers DNS on one port", param_hint="--dns")
    settings = ServiceSettings(
        command=_program("stairgate"),
        nft=Path(shutil.which("nft", path="/usr/sbin:/sbin:/usr/bin:/bin") or "/usr/sbin/nft"),
        home=home,
        listen=read_listen(listen or everywhere, option="--listen"),
        dns=places,
        inside=names,
    )
    chosen = plan(settings)
    if dry_run:
        for path, text in chosen.files.items():
            typer.echo(f"== {path}\n{text}")
        _show(chosen.commands)
        return
    if root is not None:
        put_in(chosen, root)
        typer.echo(f"Written below {root}; nothing was started.")
        return
    check_rights()
    check_readable(settings.command)
    put_in(chosen, run=run_command)
    typer.echo(f"Stairgate runs and starts with the system. Its home: {home}")
    typer.echo("The console's link:  journalctl -u stairgate | grep console")


@app.command()
def remove(*, root: RootOption = None, dry_run: DryOption = False) -> None:
    """Stop the service and take away what was installed. The home folder stays.

    Example:  stairgate service remove --dry-run
    """
    from proxy.service.installing import check_rights, removal, run_command
    from proxy.service.installing import remove as take_out

    place = root or Path("/")
    if dry_run:
        commands, files = removal(place)
        _show(commands)
        for path in files:
            typer.echo(f"delete {path}")
        return
    if root is None:
        check_rights()
    gone = take_out(place, run=run_command if root is None else None)
    for path in gone:
        typer.echo(f"deleted {path}")
    if not gone:
        typer.echo("There was nothing to take away.")
    elif root is None:
        typer.echo("Left: the home folder, and the account stairgate that owns it (userdel stairgate).")


def _show(commands: tuple[Command, ...]) -> None:
    for command in commands:
        typer.echo(f"run {' '.join(command)}")


def _program(name: str) -> Path:
    """A program of this installation, as an absolute path without following links."""
    beside = Path(sys.executable).parent / name
    return beside if beside.exists() else Path(shutil.which(name) or f"/usr/bin/{name}")


def _is_interface(name: str) -> bool:
    """Linux: 1 to 15 bytes without blank or slash; here also nothing that nft reads otherwise."""
    return 0 < len(name) <= 15 and name.isascii() and all(one.isalnum() or one in "._-@" for one in name)
