"""Requests per second through the gate, pack of a million names and journal on, against bare mitmdump.

Both in the same run, rounds interleaved, medians; the ratio is what counts, the rates are this machine's.
`python benchmarks/bench_gate.py [--names N] [--rounds N] [--seconds S]`
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
from collections import defaultdict
from pathlib import Path

from rich.console import Console
from rich.table import Table
from stands import BLOCKED, NAME, Proxy, bare_mitmdump, gate, load, origin

from proxy.home import open_home
from rules import pack

CLIENTS = 16


def make_home(folder: Path, names: int, ports: tuple[int, int], ca_file: Path) -> Path:
    """A home whose pack holds `names` made-up names and a blocked one, and whose policy opens the origin."""
    home = open_home(folder / "home")
    rng = random.Random(2026)
    letters = "abcdefghijklmnopqrstuvwxyz"
    ends = ("com", "net", "org")
    listed = folder / "gambling.txt"
    with listed.open("w") as file:
        file.write(f"{BLOCKED}\n")
        file.writelines(
            f"{''.join(rng.choices(letters, k=rng.randint(5, 14)))}{number}.{rng.choice(ends)}\n"
            for number in range(names)
        )
    home.pack.parent.mkdir(parents=True, exist_ok=True)
    pack.build([pack.Source(list="bench", path=listed, category="gambling")], home.pack)
    home.policy.write_text(
        "country: GB\npeople: {everyone: {profile: tween, categories: {vpn_proxy: allow}}}\n"
        f"reach: ['127.0.0.1:{ports[0]}', '127.0.0.1:{ports[1]}']\n"
        f"trust: ['{ca_file}']\n"
    )
    return home.path


def main() -> None:
    """Measure and print one table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--names", type=int, default=1_000_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--seconds", type=float, default=3.0)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="stairgate-bench-") as name:
        folder = Path(name)
        with origin(folder) as (plain, secure, ca_file):
            home = make_home(folder, chosen.names, (plain, secure), ca_file)
            with bare_mitmdump(folder, ca_file) as bare, gate(home) as ours:
                measure(
                    chosen,
                    (bare, ours),
                    (plain, secure),
                    (folder / "mitm/mitmproxy-ca-cert.pem", home / "ca.pem"),
                )


def measure(
    chosen: argparse.Namespace,
    proxies: tuple[Proxy, Proxy],
    ports: tuple[int, int],
    authorities: tuple[Path, Path],
) -> None:
    """Interleave the rounds and print medians and ratios."""
    plain, secure = ports
    kinds = {
        "plain, kept": ("plain", f"http://{NAME}:{plain}/"),
        "TLS, kept": ("tls", f"https://{NAME}:{secure}/"),
        "TLS, new": ("tls-new", f"https://{NAME}:{secure}/"),
    }
    seen: dict[tuple[str, str], list[dict[str, float]]] = defaultdict(list)
    for round_number in range(chosen.rounds + 1):
        for label, (kind, url) in kinds.items():
            for proxy, authority in zip(proxies, authorities, strict=True):
                one = load(kind, proxy, url, chosen.seconds, CLIENTS, authority if kind != "plain" else None)
                assert list(one["answers"]) == ["200 10240"], one
                if round_number:  # the first round warms up
                    seen[label, proxy.name].append(one)
    table = Table(title=f"{chosen.names:,} names, journal on, {CLIENTS} clients, medians of {chosen.rounds}")
    for column in ("", "bare mitmdump /s", "the gate /s", "ratio", "bare CPU µs", "gate CPU µs"):
        table.add_column(column, justify="right" if column else "left")
    for label in kinds:
        rate = {p.name: statistics.median(one["rate"] for one in seen[label, p.name]) for p in proxies}
        cpu = {p.name: statistics.median(one["cpu_us"] for one in seen[label, p.name]) for p in proxies}
        bare, ours = (proxy.name for proxy in proxies)
        table.add_row(
            label,
            f"{rate[bare]:,.0f}",
            f"{rate[ours]:,.0f}",
            f"{rate[ours] / rate[bare]:.2f}",
            f"{cpu[bare]:,.0f}",
            f"{cpu[ours]:,.0f}",
        )
    Console().print(table)
    Console().print("  ".join(f"{proxy.name}: {proxy.memory_mb():.0f} MB" for proxy in proxies))


if __name__ == "__main__":
    main()
