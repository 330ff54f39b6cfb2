"""The lab's internet, running: network, names, certificates and sites in one process inside the seal."""

from __future__ import annotations

import asyncio
import functools
import itertools
import logging
import socket
import subprocess
import tempfile
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from typing import TYPE_CHECKING, Self

from conformance_tests.lab import datagrams, network, proxies
from conformance_tests.lab.canary import Mint, page
from conformance_tests.lab.certificates import Authority, moment
from conformance_tests.lab.names import Answers, Zone, serve_stream
from conformance_tests.lab.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from conformance_tests.lab.plan import Plan
    from conformance_tests.lab.sites import Site

DATAGRAMS = "datagrams"
"""The host of the canary that ports of QUIC and tunnels show."""
_PLAIN_PORTS = (80, 8080, 8088)
_HOME_PORTS = (80, 631)
_TLS_PORTS = (443, 8443)


class Internet:
    """Everything outside the product. Use as an asynchronous context manager."""

    def __init__(self, plan: Plan, folder: Path, *, routed: bool) -> None:
        """Prepare, but start nothing.

        Args:
            plan: the addresses.
            folder: where the authority's certificate is written.
            routed: whether the product forwards for the client.
        """
        self.plan = plan
        self.folder = folder
        self.routed = routed
        self.mint = Mint()
        self.authority = Authority(plan.authority, now=moment())
        self.zone = Zone(plan)
        self.origin = Origin(self.authority, self.mint, self.zone)
        self.ca_file = folder / "internet-ca.pem"
        self._servers: list[asyncio.Server] = []
        self.home_seen: list[str] = []
        self.datagrams_seen: list[int] = []
        self._indexes: dict[str, int] = {}
        self._sockets: list[socket.socket] = []

    async def __aenter__(self) -> Self:
        """Build the network and open every door."""
        # A product that breaks off in the middle of TLS is an observation, not a line on the terminal.
        logging.getLogger("asyncio").setLevel(logging.ERROR)
        network.build(self.plan, routed=self.routed)
        self.ca_file.write_bytes(self.authority.pem)
        self.ca_file.chmod(0o644)
        _name_resolver(self.folder, str(self.plan.resolver))
        loop = asyncio.get_running_loop()
        self._sockets = datagrams.serve(self.zone.answer, loop, 53)
        for port in datagrams.TUNNEL_PORTS:
            self._sockets += datagrams.serve(functools.partial(self._show_arrival, port), loop, port)
        for port in _PLAIN_PORTS:
            self._servers.append(
                await asyncio.start_server(self.origin.serve_plain, None, port, backlog=1024)
            )
        for port in _TLS_PORTS:
            self._servers.append(await asyncio.start_server(self.origin.serve_tls, None, port, backlog=1024))
        for ports, serve in (
            (proxies.HTTP_PORTS, proxies.serve_http),
            (proxies.SOCKS_PORTS, proxies.serve_socks),
        ):
            for port in ports:
                far = functools.partial(serve, self.origin)
                self._servers.append(await asyncio.start_server(far, None, port))

        async def stream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await serve_stream(self.zone, reader, writer)

        self._servers.append(await asyncio.start_server(stream, None, 53))
        if not self.routed:
            self._servers += await self._open_home()
        over_tls = self.authority.context("dns.lab.example")
        self._servers.append(await asyncio.start_server(stream, None, 853, ssl=over_tls))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close everything and take the network down."""
        loop = asyncio.get_running_loop()
        for server in self._servers:
            server.close()
        for opened in self._sockets:
            loop.remove_reader(opened)
            opened.close()
        network.tear_down()

    def play(self, case: str, sites: Iterable[Site]) -> None:
        """Put these sites, and no others, into names and origin."""
        cast = {site.host.lower(): site for site in sites}
        self.zone.asked.clear()
        self.zone.names = {host: self._answers(host, site) for host, site in cast.items()}
        self.origin.play(case, cast)
        self.home_seen.clear()
        self.datagrams_seen.clear()

    def recast(self, site: Site) -> None:
        """One site plays another part from now on; one without pages is gone, name and all."""
        host = site.host.lower()
        self.origin.sites = {**self.origin.sites, host: site}
        names = {name: answers for name, answers in self.zone.names.items() if name != host}
        self.zone.names = {**names, host: self._answers(host, site)} if site.pages else names

    def _answers(self, host: str, site: Site) -> Answers:
        # A host keeps its address through the whole run, and no two cases share one by chance.
        shared = self._index(site.shares.lower() or host)
        fixed = site.addresses
        four = tuple(_four(fixed)) if fixed else (self.plan.address4(shared),)
        six = tuple(_six(fixed)) if fixed else (self.plan.address6(shared),)
        return Answers(
            four=() if site.family == 6 else four,
            six=() if site.family == 4 or site.turns else six,
            turns=tuple(_four(site.turns)),
            alias=site.alias,
            service=site.service,
            leads=site.leads,
            text=site.text,
            signed=site.signed,
            ttl=site.ttl,
        )

    def _show_arrival(self, port: int, _: bytes) -> bytes:
        """The answer of a port that only shows that a datagram came."""
        self.datagrams_seen.append(port)
        return self.mint.make(self.origin.case, DATAGRAMS, f"/{port}").encode()

    async def _open_home(self) -> list[asyncio.Server]:
        """Something to find at every address of the home: a page on two ports, beside the product itself."""

        async def show(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
                path = head.split(b" ")[1].decode("latin-1").partition("?")[0]
                path = "/" + path.partition("://")[2].partition("/")[2] if "://" in path else path
                self.home_seen.append(path)
                body = page(self.mint.make(self.origin.case, "home", path))
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n")
                writer.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            writer.close()

        servers = []
        for family, port in itertools.product((socket.AF_INET, socket.AF_INET6), _HOME_PORTS):
            server = network.socket_in(network.Space.PRODUCT, family)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            server.bind(("", port))
            servers.append(await asyncio.start_server(show, sock=server))
        return servers

    def _index(self, host: str) -> int:
        return self._indexes.setdefault(host, len(self._indexes) % 49_999)


def fresh_folder() -> Path:
    """A new folder for one lab, on the private /run: readable for a product that runs as another user."""
    folder = Path(tempfile.mkdtemp(prefix="lab-", dir="/run"))
    folder.chmod(0o755)
    return folder


def _four(addresses: Iterable[str]) -> Iterable[IPv4Address]:
    return (IPv4Address(text) for text in addresses if ":" not in text)


def _six(addresses: Iterable[str]) -> Iterable[IPv6Address]:
    return (IPv6Address(text) for text in addresses if ":" in text)


def _name_resolver(folder: Path, resolver: str) -> None:
    """Every program here resolves names at the lab: own resolv.conf, hosts and nsswitch.conf."""
    for name, text in (
        ("resolv.conf", f"nameserver {resolver}\noptions timeout:2 attempts:2\n"),
        ("hosts", "127.0.0.1 localhost\n::1 localhost\n"),
        ("nsswitch.conf", "passwd: files\ngroup: files\nhosts: files dns\n"),
    ):
        source = folder / name
        source.write_text(text)
        source.chmod(0o644)
        target = Path("/etc") / name
        if target.exists():
            subprocess.run(["mount", "--bind", str(source), str(target.resolve())], check=True)
