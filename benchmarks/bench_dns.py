"""Answers a second and their delay with five million names, beside dnsmasq with the same in the same run.

    python benchmarks/bench_dns.py [--names 5000000] [--rounds 5] [--seconds 3] [--peer dnsmasq|none]

Half the questions are for listed names, each drawn anew out of all of them, half for 10,000 open names whose
addresses both sides have asked for before. Sides take turns; medians of the rounds, then their ratio. One CPU
serves, the other asks. `paced` asks 10,000 a second, as a house never will: its p99 is the delay to look at.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stands import HERE, Proxy, free_port, pinned

if TYPE_CHECKING:
    from collections.abc import Iterator

OPEN = 10_000
WINDOW = 32
PACE = 10_000


def make_names(file: Path, count: int) -> None:
    """Names as they are in lists: one or two labels below a common ending."""
    draw = random.Random(7)
    endings = ("com", "net", "org", "info", "co.uk", "de", "xyz", "ru")
    with file.open("w", encoding="ascii") as out:
        for number in range(count):
            out.write(f"{draw.getrandbits(40):x}-{number:x}.{draw.choice(endings)}\n")


def make_home(folder: Path, names: Path) -> Path:
    """A home that subscribes to the names."""
    home = folder / "home"
    command = [Path(sys.executable).parent / "stairgate", "lists", "add", "bench", names, "--home", home]
    subprocess.run([*command, "--category", "pornography"], check=True, stdout=subprocess.DEVNULL)
    return home


def ask_once(port: int) -> bool:
    """Whether somebody answers."""
    from dns_load import question

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(0.5)
        client.connect(("127.0.0.1", port))
        with contextlib.suppress(OSError):
            client.send(b"\0\1" + question("open-0.bench.example"))
            return bool(client.recv(2048))
    return False


@contextlib.contextmanager
def running(name: str, command: list[Any], port: int, cpu: int) -> Iterator[Proxy]:
    """A server in a process of its own, once it answers."""
    process = subprocess.Popen(pinned(cpu, command), stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)
    try:
        until = time.monotonic() + 180
        while not ask_once(port):
            if process.poll() is not None or time.monotonic() > until:
                sys.exit(f"{name} does not answer on port {port}; exit code {process.poll()}")
            time.sleep(0.1)
        yield Proxy(name, process, port)
    finally:
        process.terminate()
        process.wait(30)


def stairgate(home: Path, behind: int) -> tuple[str, list[Any], int]:
    """`stairgate up --dns`."""
    port = free_port()
    command = [Path(sys.executable).parent / "stairgate", "up", "--home", home, "--listen", "127.0.0.1:0"]
    command += ["--console", "127.0.0.1:0", "--dns", f"127.0.0.1:{port}"]
    return "the gate", [*command, "--dns-server", f"127.0.0.1:{behind}"], port


def dnsmasq(folder: Path, names: Path, behind: int) -> tuple[str, list[Any], int]:
    """Dnsmasq with `local=/name/` for each: no such name, and none below."""
    port, file = free_port(), folder / "dnsmasq.conf"
    with names.open(encoding="ascii") as read, file.open("w", encoding="ascii") as out:
        out.write(f"port={port}\nlisten-address=127.0.0.1\nbind-interfaces\nno-hosts\nno-resolv\nuser=root\n")
        out.write(f"server=127.0.0.1#{behind}\ncache-size=20000\ndns-forward-max=1000\npid-file=\n")
        out.writelines(f"local=/{line.strip()}/\n" for line in read)
    return "dnsmasq", [shutil.which("dnsmasq") or "/usr/sbin/dnsmasq", "-k", "-C", file], port


def load(server: Proxy, file: Path, seconds: float, rate: int = 0) -> dict[str, Any]:
    """One round."""
    before = server.cpu_seconds()
    command = [sys.executable, HERE / "dns_load.py", str(server.port), str(file), str(seconds), str(WINDOW)]
    done = subprocess.run(
        pinned(1, [*command, *([str(rate)] if rate else [])]), capture_output=True, text=True, check=True
    )
    seen: dict[str, Any] = json.loads(done.stdout)
    seen["rate"] = seen["answers"] / seen["seconds"]
    seen["cpu_us"] = 1e6 * (server.cpu_seconds() - before) / max(seen["answers"], 1)
    return seen


def median(rounds: list[dict[str, Any]], key: str) -> float:
    """The median of one figure over the rounds."""
    return statistics.median(seen[key] for seen in rounds)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--names", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--peer", choices=("dnsmasq", "none"), default="dnsmasq")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as text, contextlib.ExitStack() as stack:
        folder = Path(text)
        names, mixed, warm = folder / "names.txt", folder / "mixed.txt", folder / "open.txt"
        make_names(names, given.names)
        draw = random.Random(11)
        listed = draw.sample(names.read_text(encoding="ascii").split(), min(150_000, given.names))
        opened = [f"open-{number}.bench.example" for number in range(OPEN)]
        warm.write_text("\n".join(opened))
        mixed.write_text("\n".join(name for pair in zip(listed, opened * 15, strict=False) for name in pair))
        behind = free_port()
        server = [sys.executable, HERE / "dns_load.py", "--serve", str(behind)]
        stack.enter_context(running("the name server behind", server, behind, 1))
        sides = [stack.enter_context(running(*stairgate(make_home(folder, names), behind), 0))]
        if given.peer != "none":
            sides.append(stack.enter_context(running(*dnsmasq(folder, names, behind), 0)))
        print(f"{given.names:,} names, {OPEN:,} open ones; window {WINDOW}; medians of {given.rounds} rounds")
        flat: dict[str, list[dict[str, Any]]] = {side.name: [] for side in sides}
        paced: dict[str, list[dict[str, Any]]] = {side.name: [] for side in sides}
        for side in sides:
            load(side, warm, 0)
        for _ in range(given.rounds):
            for side in sides:
                flat[side.name].append(load(side, mixed, given.seconds))
                paced[side.name].append(load(side, mixed, given.seconds, PACE))
        for side in sides:
            one, other = flat[side.name], paced[side.name]
            codes = one[0]["codes"]
            print(
                f"  {side.name:9} {median(one, 'rate'):8,.0f} answers/s  p99 {median(one, 'p99_ms'):.2f} ms  "
                f"{median(one, 'cpu_us'):5.1f} µs CPU   paced: {median(other, 'rate'):,.0f}/s "
                f"p50 {median(other, 'p50_ms'):.2f} p99 {median(other, 'p99_ms'):.2f} ms   "
                f"{side.memory_mb():,.0f} MB   lost {sum(seen['lost'] for seen in one + other)}   {codes}"
            )
        if len(sides) == 2:
            ours, theirs = (median(flat[side.name], "rate") for side in sides)
            print(f"  the gate answers {ours / theirs:.2f} times as many a second as {sides[1].name}")


if __name__ == "__main__":
    main()
