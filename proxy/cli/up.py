"""`stairgate up`: starts the gate and its console, and says how to use them."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated

import typer

from proxy.cli.options import HomeOption, read_listen, read_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from proxy.console.server import Console
    from proxy.dns.building import DnsSettings
    from proxy.dns.listener import Listener
    from proxy.gateway import Gate
    from proxy.home import Home
    from proxy.journal.writer import Journal
    from proxy.live import Live

app = typer.Typer(add_completion=False)

type Place = tuple[str, int]


@app.command()
def up(
    *,
    listen: Annotated[
        str, typer.Option(help="Where the proxy listens.", metavar="HOST:PORT")
    ] = "127.0.0.1:8080",
    console: Annotated[
        str, typer.Option(help="Where the console listens; on this machine only.", metavar="HOST:PORT")
    ] = "127.0.0.1:8081",
    dns: Annotated[
        str,
        typer.Option(help="Also answer DNS questions there; 0.0.0.0:53 for a home.", metavar="HOST:PORT"),
    ] = "",
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
    home: HomeOption = None,
) -> None:
    """Start the gate and its console. The first start makes everything they need.

    Example:  stairgate up --listen 127.0.0.1:8080
    """
    proxy_place = read_listen(listen, option="--listen")
    console_place = read_listen(console, option="--console", loopback=True)
    names = _read_dns(dns, dns_server or [], dns_page or [])
    # Imported here: mitmproxy and the web framework take a moment that --help need not wait for.
    from proxy.home import open_home

    asyncio.run(_serve(open_home(home), proxy_place, console_place, names))


def _read_dns(listen: str, servers: list[str], page: list[str]) -> DnsSettings | None:
    """What `--dns` and its companions say; None where no names are answered."""
    if not listen:
        return None
    from proxy.dns.building import DnsSettings

    return DnsSettings(
        listen=read_listen(listen, option="--dns"),
        servers=tuple(read_server(text, option="--dns-server") for text in servers),
        page=tuple(ip_address(read_listen(f"[{text}]:0", option="--dns-page")[0]) for text in page),
    )


async def _serve(
    home: Home, proxy_place: Place, console_place: Place, names: DnsSettings | None = None
) -> None:
    from proxy.console.server import Console, listen_on
    from proxy.first_run import prepare
    from proxy.gateway import Gate, Settings
    from proxy.journal.writer import Journal
    from proxy.live import Live
    from proxy.refresher import keep_fresh

    _, key = prepare(home, say=_say)
    live = Live(home, say=_say)
    console_socket = listen_on(console_place, option="--console")
    with contextlib.closing(console_socket), Journal.open(home, level=live.journal_level) as journal:
        shut = frozenset({console_socket.getsockname()[:2]})
        gate = Gate(Settings(home=home, judge=live, notes=journal, listen=proxy_place, shut=shut))
        await gate.start()
        listener = await _answer_names(names, live, journal)
        console = Console(console_socket, live, journal, key=key, proxy=_join(gate.address))
        with console.running(), _stop_on_signals(gate):
            serving = asyncio.create_task(gate.run())
            watching = asyncio.create_task(live.watch())
            refreshing = asyncio.create_task(keep_fresh(home, say=_say))
            ready = asyncio.create_task(gate.serving.wait())
            try:
                await asyncio.wait({serving, ready}, return_when=asyncio.FIRST_COMPLETED)
                if gate.serving.is_set():
                    _say(_greeting(home, live, gate, console, listener))
                await serving
            finally:
                if listener is not None:
                    listener.stop()
                console.gate_is_gone()
                ready.cancel()
                watching.cancel()
                refreshing.cancel()
                await asyncio.wait({refreshing})
    _say("stopped")


async def _answer_names(names: DnsSettings | None, live: Live, journal: Journal) -> Listener | None:
    """Start the DNS listener where one is wanted."""
    if names is None:
        return None
    from proxy.dns.building import build_listener

    listener = build_listener(names, live, journal)
    await listener.start()
    return listener


@contextlib.contextmanager
def _stop_on_signals(gate: Gate) -> Iterator[None]:
    """Let Ctrl-C and a service manager end the gate in order."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, gate.stop)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _greeting(home: Home, live: Live, gate: Gate, console: Console, listener: Listener | None = None) -> str:
    from proxy.trusting import advice

    rules = live.rules
    entries = sum(about["entries"] for about in rules.pack.lists.values())
    people = ", ".join(f"{name} ({person.profile})" for name, person in rules.policy.people.items())
    lines = [
        "Stairgate is up.",
        "",
        f"  proxy    http://{_join(gate.address)}    (the HTTP and HTTPS proxy of a device or browser)",
        f"  console  {console.link}",
        *(
            [f"  names    {_join(listener.address)}    (the DNS server of a device or router)"]
            if listener
            else []
        ),
        f"  people   {people}",
        f"  lists    {entries:,} entries in {len(rules.pack.categories)} categories",
        f"  home     {home.path}",
        "",
        *advice(home.ca_pem),
        "",
        "Stop with Ctrl-C.",
    ]
    return "\n".join(lines)


def _join(place: Place) -> str:
    host, port = place
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _say(text: str) -> None:
    # Whoever read what we print may be gone (`stairgate up | head`); the gate serves on.
    with contextlib.suppress(OSError):
        typer.echo(text)
