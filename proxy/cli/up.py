"""`stairgate up`: starts the gate and its console, and says how to use them."""

from __future__ import annotations

import contextlib
import os
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated

import typer

from proxy.cli.options import HomeOption, read_listen, read_server
from proxy.clock import Clock, Keeper

if TYPE_CHECKING:
    from proxy.assembly import Assembly
    from proxy.dns.building import DnsSettings

app = typer.Typer(add_completion=False)


@app.command()
def up(  # noqa: PLR0913 - each parameter is an option of the command
    *,
    listen: Annotated[
        str, typer.Option(help="Where the proxy listens.", metavar="HOST:PORT")
    ] = "127.0.0.1:8080",
    console: Annotated[
        str, typer.Option(help="Where the console listens; on this machine only.", metavar="HOST:PORT")
    ] = "127.0.0.1:8081",
    dns: Annotated[
        list[str] | None,
        typer.Option(
            help="Also answer DNS questions there, as in 192.168.1.2:53; several times for several.",
            metavar="HOST:PORT",
        ),
    ] = None,
    dns_server: Annotated[
        list[str] | None,
        typer.Option(
            help="The name server to ask, several times for several; by default this machine's.",
            metavar="HOST[:PORT]",
        ),
    ] = None,
    dns_page: Annotated[
        list[str] | None,
        typer.Option(
            help="Answer blocked names with this address of a block page instead of no data.",
            metavar="ADDRESS",
        ),
    ] = None,
    wireguard: Annotated[
        str,
        typer.Option(
            help="Also open the tunnels of `stairgate wireguard` at this address; 0.0.0.0 for all.",
            metavar="HOST",
        ),
    ] = "",
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="Processes of the gate; one a core, at most 4, if not given."),
    ] = None,
    clock: Annotated[
        Keeper,
        typer.Option(
            help="gate: who sets this machine's clock by hand gains nothing; machine: it is always right.",
            envvar="STAIRGATE_CLOCK",
        ),
    ] = Keeper.GATE,
    home: HomeOption = None,
) -> None:
    """Start the gate and its console. The first start makes everything they need.

    Example:  stairgate up --listen 127.0.0.1:8080
    """
    proxy_place = read_listen(listen, option="--listen")
    console_place = read_listen(console, option="--console", loopback=True)
    names = _read_dns(dns or [], dns_server or [], dns_page or [])
    # numpy, which compiles lists, starts threads as it is imported; nothing may run beside the parent when
    # it forks.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Imported here: mitmproxy and the web framework take a moment that --help need not wait for.
    from proxy.assembly import Assembly, default_workers
    from proxy.home import open_home
    from proxy.running import running

    opened = open_home(home)
    assembly = Assembly(
        opened,
        proxy=proxy_place,
        console=console_place,
        dns=names,
        wireguard=read_listen(f"[{wireguard}]:0", option="--wireguard")[0] if wireguard else "",
        workers=workers or default_workers(),
        clock=Clock.kept_by(clock),
        say=_say,
    )
    with running(opened):
        code = assembly.run(on_ready=lambda: _say(_greeting(assembly)))
    _say("stopped")
    raise typer.Exit(code)


def _read_dns(listen: list[str], servers: list[str], page: list[str]) -> DnsSettings | None:
    """What `--dns` and its companions say; None where no names are answered."""
    if not listen:
        return None
    from proxy.dns.building import DnsSettings

    return DnsSettings(
        listen=tuple(read_listen(text, option="--dns") for text in listen),
        servers=tuple(read_server(text, option="--dns-server") for text in servers),
        page=tuple(ip_address(read_listen(f"[{text}]:0", option="--dns-page")[0]) for text in page),
    )


def _greeting(assembly: Assembly) -> str:
    from proxy.assembly import join
    from proxy.trusting import advice

    rules = assembly.live.rules
    entries = sum(about["entries"] for about in rules.pack.lists.values())
    people = ", ".join(f"{name} ({person.profile})" for name, person in rules.policy.people.items())
    lines = [
        "Stairgate is up.",
        "",
        f"  proxy    http://{join(assembly.proxy)}    (the HTTP and HTTPS proxy of a device or browser)",
        f"  console  {assembly.link}",
        *(
            [f"  names    {join(assembly.names)}    (the DNS server of a device or router)"]
            if assembly.names
            else []
        ),
        f"  people   {people}",
        f"  lists    {entries:,} entries in {len(rules.pack.categories)} categories",
        f"  home     {assembly.home.path}",
        "",
        *advice(assembly.home.ca_pem),
        "",
        "Stop with Ctrl-C.",
    ]
    return "\n".join(lines)


def _say(text: str) -> None:
    # Whoever read what we print may be gone (`stairgate up | head`); the gate serves on.
    with contextlib.suppress(OSError):
        typer.echo(text)
