"""The gate beside Squid, squidGuard, ssl-bump and bare mitmdump: passed through, blocked, looked into.

All in one run, rounds interleaved, medians; the ratios count, the rates are this machine's. Pack of a million
names (`--names`), profile tween, journal on. `python benchmarks/bench_gate.py [--rounds N] [--seconds S]`
Where the load generator is the limit, compare the CPU time of a request: it is the whole proxy's.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import shutil
import statistics
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import peers
from rich.console import Console
from rich.table import Table
from stands import BLOCKED, NAME, PASSED, Proxy, gate, load, origin

from proxy import subscriptions
from proxy.home import open_home

CLIENTS = 16


@dataclass(frozen=True)
class Row:
    """One line: what is asked, of whom, and what should come of it.

    Attributes:
        what: in words.
        kind: the load; see `load.py` and `stands.load`.
        ours: the address asked of the gate.
        theirs: the address asked of the peer.
        peer: whom the gate is compared with.
        target: the ratio of rates that is aimed at.
        workers: of the gate.
        clients: at once.
    """

    what: str
    kind: str
    ours: str
    theirs: str
    peer: str
    target: float
    workers: int = 1
    clients: int = CLIENTS


def make_home(folder: Path, names: int, ports: tuple[int, int], ca_file: Path) -> tuple[Path, Path]:
    """A home with `names` made-up names and a blocked one, a bank, and a policy that opens the origin.

    Returns:
        The home's folder and the list of names.
    """
    home = open_home(folder / "home")
    rng = random.Random(2026)
    letters = "abcdefghijklmnopqrstuvwxyz"
    ends = ("com", "net", "org")
    listed, banks = folder / "gambling.txt", folder / "banks.txt"
    with listed.open("w") as file:
        file.write(f"{BLOCKED}\n")
        file.writelines(
            f"{''.join(rng.choices(letters, k=rng.randint(5, 14)))}{number}.{rng.choice(ends)}\n"
            for number in range(names)
        )
    banks.write_text(f"{PASSED}\n")
    subscriptions.add(home, "bench", str(listed), category="gambling")
    subscriptions.add(home, "banks", str(banks), category="private_sensitive")
    home.policy.write_text(
        "country: GB\npeople: {everyone: {profile: tween}}\n"
        f"names: {{{PASSED}: 127.0.0.1, {NAME}: 127.0.0.1}}\n"
        f"reach: ['127.0.0.1:{ports[0]}', '127.0.0.1:{ports[1]}']\n"
        f"trust: ['{ca_file}']\n"
    )
    return home.path, listed


def rows(plain: int, secure: int) -> list[Row]:
    """All lines; targets as the project set them."""
    http, https = f"http://{NAME}:{plain}/page", f"https://{NAME}:{secure}/page"
    bank, bank_tls = f"http://{PASSED}:{plain}/page", f"https://{PASSED}:{secure}/page"
    bad, bad_tls = f"http://{BLOCKED}:{plain}/page", f"https://{BLOCKED}:{secure}/page"
    bare, guard = "bare mitmdump", "squid + squidGuard"
    return [
        Row("passed: TLS, new", "tls-new", bank_tls, https, "squid", 0.9),
        Row("passed: TLS, kept", "tls", bank_tls, https, "squid", 0.8),
        Row(
            "passed: TLS, MB/s",
            "large",
            bank_tls.replace("page", "large"),
            https.replace("page", "large"),
            "squid",
            0.95,
        ),
        Row("passed: plain", "wrk", bank, http, "squid", 1.0),
        Row("passed: plain", "wrk", bank, http, bare, 15.0),
        Row("blocked: CONNECT", "connect", bad_tls, bad_tls, guard, 1.0),
        Row("blocked: HTTPS with page", "tls-new", bad_tls, bad_tls, "bare mitmdump + set", 3.5),
        Row("blocked: plain", "wrk", bad, bad, guard, 1.0),
        Row("looked into: plain", "wrk", http, http, bare, 2.8),
        Row("looked into: TLS, kept", "tls", https, https, bare, 2.7),
        Row("looked into: TLS, new", "tls-new", https, https, bare, 2.4),
        Row("looked into: TLS, new", "tls-new", https, https, "squid ssl-bump", 1.4),
        Row("looked into: plain, one client", "wrk", http, http, bare, 1.0, clients=1),
        Row("looked into: TLS kept, one client", "tls", https, https, bare, 1.0, clients=1),
        Row("looked into: plain", "wrk", http, http, bare, 4.5, workers=2),
        Row("looked into: TLS, kept", "tls", https, https, bare, 4.2, workers=2),
        Row("looked into: TLS, new", "tls-new", https, https, bare, 2.7, workers=2),
    ]


def main() -> None:
    """Measure and print one table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--names", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seconds", type=float, default=2.0)
    options.add_argument("--only", default="", help="lines that begin so")
    chosen = options.parse_args()
    if not peers.here() or shutil.which("wrk") is None:
        sys.exit("this benchmark needs squid-openssl, squidguard and wrk: apt-get install them")
    with tempfile.TemporaryDirectory(prefix="stairgate-bench-") as name, contextlib.ExitStack() as opened:
        folder = Path(name)
        plain, secure, ca_file = opened.enter_context(origin(folder))
        home, listed = make_home(folder, chosen.names, (plain, secure), ca_file)
        proxies = [
            opened.enter_context(one)
            for one in (
                gate(home),
                peers.squid(folder),
                peers.squid_guard(folder, listed),
                peers.squid_bump(folder, ca_file),
                peers.mitmdump(folder, ca_file),
                peers.mitmdump(folder, ca_file, listed),
            )
        ]
        wanted = [row for row in rows(plain, secure) if row.what.startswith(chosen.only)]
        authorities = {
            "the gate": home / "ca.pem",
            "squid": ca_file,
            "squid ssl-bump": folder / "bump" / "ca.pem",
        }
        table = Table(title=f"{chosen.names:,} names, journal on, medians of {chosen.rounds}")
        for column in ("", "peer", "peer /s", "gate /s", "ratio", "target", "peer µs", "gate µs", "p99 ms"):
            table.add_column(column, justify="left" if column in {"", "peer"} else "right")
        for workers in (1, 2):
            if workers == 2:  # two gates on one home would write two journals
                proxies.append(opened.enter_context(second_gate(home)))
            measure(chosen, [row for row in wanted if row.workers == workers], proxies, authorities, table)
        Console(width=150).print(table)
        Console().print("  ".join(f"{proxy.name}: {proxy.memory_mb():.0f} MB" for proxy in proxies))


@contextlib.contextmanager
def second_gate(home: Path) -> Any:
    """A gate with two workers on a copy of the home."""
    copy = home.with_name("home-2")
    shutil.copytree(home, copy)
    with gate(copy, 2) as proxy:
        yield proxy


def measure(
    chosen: argparse.Namespace,
    wanted: list[Row],
    proxies: list[Proxy],
    authorities: dict[str, Path],
    table: Table,
) -> None:
    """Interleave the rounds; medians and ratios into the table."""
    by_name = {proxy.name: proxy for proxy in proxies}
    mitm = authorities["the gate"].parents[1] / "mitm" / "mitmproxy-ca-cert.pem"
    seen: dict[tuple[Row, str], list[dict[str, Any]]] = defaultdict(list)
    for round_number in range(chosen.rounds + 1):
        for row in wanted:
            ours = "the gate" if row.workers == 1 else f"the gate, {row.workers} workers"
            for name, url in ((row.peer, row.theirs), (ours, row.ours)):
                authority = authorities.get(name, mitm)
                if "gate" in name:
                    passed = PASSED in url
                    authority = authorities["squid"] if passed else authorities["the gate"]
                one = load(
                    row.kind,
                    by_name[name],
                    url,
                    chosen.seconds,
                    row.clients,
                    authority if url.startswith("https") and row.kind != "connect" else None,
                )
                assert len(one["answers"]) == 1, (name, row, one)
                (answer,) = one["answers"]
                # A refused tunnel is 200 or 403, and squidGuard's redirect is no error for wrk.
                if row.kind != "connect" and "Guard" not in name:
                    served = answer in {"200 10240", "2xx or 3xx"} or row.kind == "large"
                    assert served is not row.what.startswith("blocked"), (name, row, one)
                assert not one.get("errors"), (name, row, one)
                if round_number:  # the first round warms up
                    seen[row, "peer" if name == row.peer else "ours"].append(one)
    for row in wanted:
        middle = {
            (who, what): statistics.median(one.get(what, 0.0) for one in seen[row, who])
            for who in ("peer", "ours")
            for what in ("rate", "cpu_us", "p99_ms")
        }
        table.add_row(
            row.what + (f", {row.workers} workers" if row.workers > 1 else ""),
            row.peer,
            f"{middle['peer', 'rate']:,.0f}",
            f"{middle['ours', 'rate']:,.0f}",
            f"{middle['ours', 'rate'] / middle['peer', 'rate']:.2f}",
            f"{row.target:g}",
            f"{middle['peer', 'cpu_us']:,.0f}",
            f"{middle['ours', 'cpu_us']:,.0f}",
            f"{middle['peer', 'p99_ms']:.1f} / {middle['ours', 'p99_ms']:.1f}",
        )


if __name__ == "__main__":
    main()
