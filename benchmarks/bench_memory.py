"""Memory of a worker over a hundred thousand requests, a gigabyte and a thousand idle tunnels.

`python benchmarks/bench_memory.py [--requests N] [--tunnels N] [--names N]`: one worker, journal on. Flat
means within ten percent of what it was after warming up; a tunnel's share is what its worker grew by.
"""

from __future__ import annotations

import argparse
import contextlib
import resource
import socket
import tempfile
import time
from pathlib import Path

from bench_gate import make_home
from rich.console import Console
from rich.table import Table
from stands import NAME, PASSED, Proxy, children, gate, load, origin


def worker_mb(proxy: Proxy) -> float:
    """Memory of the worker alone, what it shares with the parent counted in part (PSS)."""
    for child, name in children(proxy.process.pid).items():
        if name.startswith("worker"):
            rollup = Path(f"/proc/{child}/smaps_rollup").read_text()
            return int(rollup.partition("\nPss:")[2].split()[0]) * 1024 / 1e6
    raise RuntimeError("there is no worker")


def open_tunnels(proxy: Proxy, number: int, port: int, greeting: bytes) -> list[socket.socket]:
    """Tunnels through which a greeting has gone, and which say nothing more."""
    tunnels = []
    for _ in range(number):
        one = socket.create_connection(("127.0.0.1", proxy.port), timeout=20)
        one.sendall(f"CONNECT {PASSED}:{port} HTTP/1.1\r\nHost: {PASSED}:{port}\r\n\r\n".encode())
        assert b" 200 " in one.recv(1000)
        one.sendall(greeting)
        assert one.recv(100)  # the site's own greeting: the tunnel stands
        tunnels.append(one)
    return tunnels


def client_hello() -> bytes:
    """A browser's first bytes for the passed site."""
    import ssl

    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    one = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname=PASSED)
    with contextlib.suppress(ssl.SSLWantReadError):
        one.do_handshake()
    return outgoing.read()


def main() -> None:
    """Measure and print one table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--requests", type=int, default=100_000)
    options.add_argument("--tunnels", type=int, default=1_000)
    options.add_argument("--names", type=int, default=1_000_000)
    chosen = options.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    table = Table(title=f"One worker, {chosen.names:,} names, journal on")
    for column in ("after", "MB", "change"):
        table.add_column(column, justify="left" if column == "after" else "right")
    with tempfile.TemporaryDirectory(prefix="stairgate-bench-") as name:
        folder = Path(name)
        with origin(folder) as (plain, secure, ca_file):
            home, _ = make_home(folder, chosen.names, (plain, secure), ca_file)
            with gate(home) as proxy:
                measure(chosen, proxy, (plain, secure), home, table)
    Console().print(table)


def measure(
    chosen: argparse.Namespace, proxy: Proxy, ports: tuple[int, int], home: Path, table: Table
) -> None:
    """Do it step by step; a line for each."""
    plain, secure = ports
    before = 0.0

    def line(after: str) -> None:
        nonlocal before
        now = worker_mb(proxy)
        table.add_row(after, f"{now:.1f}", f"{100 * (now - before) / before:+.1f} %" if before else "")
        before = before or now

    for what, host in (("passed", PASSED), ("looked into", NAME)):
        load("wrk", proxy, f"http://{host}:{plain}/page", 3, 16)
        load("tls-new", proxy, f"https://{NAME}:{secure}/page", 2, 16, home / "ca.pem")
        line(f"warming up ({what})")
    for what, host in (("passed", PASSED), ("looked into", NAME)):
        done = 0
        while done < chosen.requests // 2:
            done += load("wrk", proxy, f"http://{host}:{plain}/page", 10, 16)["requests"]
        line(f"{done:,} plain requests, {what}")
    for _ in range(2):
        load("large", proxy, f"https://{NAME}:{secure}/large", 0, 1, home / "ca.pem")
    line("1 GB over TLS, looked into")
    grown = worker_mb(proxy)
    tunnels = open_tunnels(proxy, chosen.tunnels, secure, client_hello())
    time.sleep(1)
    each = (worker_mb(proxy) - grown) * 1e6 / chosen.tunnels
    line(f"{len(tunnels):,} idle tunnels: {each / 1000:.1f} kB each")
    for one in tunnels:
        one.close()
    time.sleep(2)
    line("their end")


if __name__ == "__main__":
    main()
