"""Ten minutes, fifty connections, a fault every twenty seconds: what got through, who hung, and how long.

`python benchmarks/soak.py [--minutes M] [--clients N] [--every S] [--workers N] [--first F]`
Needs root for the full disk (a tmpfs of its own); without, that fault is left out and it says so.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crowd import BLOCKED, KINDS, NAMES, PASSED, Sites, Tally, Target, live, one_visit
from rich.console import Console
from rich.table import Table
from stands import children, free_port

from proxy import subscriptions
from proxy.home import Home, open_home

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

PROBES = 3  # good visits of every kind in a row that count as recovered
LONGEST = 60.0


@dataclass
class Gate:
    """The gate under test and its parts."""

    home: Home
    process: subprocess.Popen[str]
    policy: str

    def part(self, name: str) -> list[int]:
        """Process ids of the parts whose name begins so."""
        return [pid for pid, its in children(self.process.pid).items() if its.startswith(name)]

    def signal(self, name: str, number: signal.Signals, most: int = 99) -> None:
        """Send a signal to parts."""
        for pid in self.part(name)[:most]:
            os.kill(pid, number)


async def kill_worker(gate: Gate, _target: Target) -> None:
    """A worker is killed."""
    gate.signal("worker-1", signal.SIGKILL)


async def kill_workers(gate: Gate, _target: Target) -> None:
    """All workers are killed."""
    gate.signal("worker-", signal.SIGKILL)


async def stall_worker(gate: Gate, _target: Target) -> None:
    """A worker's loop stalls."""
    gate.signal("worker-", signal.SIGSTOP, most=1)


async def kill_journal(gate: Gate, _target: Target) -> None:
    """The journal is killed."""
    gate.signal("journal", signal.SIGKILL)


async def stall_journal(gate: Gate, _target: Target) -> None:
    """The journal stalls."""
    gate.signal("journal", signal.SIGSTOP)


async def kill_console(gate: Gate, _target: Target) -> None:
    """The console is killed."""
    gate.signal("console", signal.SIGKILL)


async def break_policy(gate: Gate, _target: Target) -> None:
    """The policy is broken for 3 s."""
    gate.home.policy.write_text("people: [nobody\n")
    await asyncio.sleep(3)
    gate.home.policy.write_text(gate.policy)


async def break_pack(gate: Gate, _target: Target) -> None:
    """The pack is cut short for 3 s."""
    content = gate.home.pack.read_bytes()
    for text in (content[: len(content) // 2], content):
        draft = gate.home.pack.with_suffix(".new")
        draft.write_bytes(text)
        draft.replace(gate.home.pack)
        await asyncio.sleep(3)


async def lock_journal(gate: Gate, _target: Target) -> None:
    """The journal's database is locked for 8 s."""
    with contextlib.closing(sqlite3.connect(gate.home.journal, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        await asyncio.sleep(8)


async def fill_disk(gate: Gate, _target: Target) -> None:
    """The disk is full for 5 s."""
    filler = gate.home.path / "filler"
    with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 65_536)
    await asyncio.sleep(5)
    filler.unlink()


async def never_end(_gate: Gate, target: Target) -> None:
    """300 clients begin a greeting and never end it."""
    await _open_many(target, 300, b"CONNECT good.bench.example:443 HTTP/1.1\r\nHost: good", 12)


async def overload(_gate: Gate, target: Target) -> None:
    """3,000 connections at once, all asking for the blocked page."""
    line = f"GET http://{BLOCKED}:{target.plain}/ HTTP/1.1\r\nHost: {BLOCKED}:{target.plain}\r\n\r\n"
    await _open_many(target, 3000, line.encode(), 3)


FAULTS: tuple[Callable[[Gate, Target], Awaitable[None]], ...] = (
    kill_worker,
    stall_worker,
    kill_workers,
    kill_journal,
    stall_journal,
    kill_console,
    break_policy,
    break_pack,
    lock_journal,
    fill_disk,
    never_end,
    overload,
)


async def _open_many(target: Target, number: int, text: bytes, seconds: float) -> None:
    loop = asyncio.get_running_loop()
    ours: list[socket.socket] = []
    for _ in range(number):
        one = socket.socket()
        one.setblocking(False)
        with contextlib.suppress(OSError):
            await loop.sock_connect(one, target.proxy)
            await loop.sock_sendall(one, text)
        ours.append(one)
    await asyncio.sleep(seconds)
    for one in ours:
        one.close()


async def recover(target: Target, tally: Tally) -> float:
    """Seconds until a visit of every kind has been answered well, the first of many such rounds."""
    begun = first = time.monotonic()
    streak = 0
    while streak < PROBES and time.monotonic() - begun < LONGEST:
        seen = [await one_visit(kind, target, tally, requests=1) for kind in KINDS]
        if all(one == "good" for one in seen):
            first = time.monotonic() if streak == 0 else first
            streak += 1
        else:
            streak = 0
    return first - begun if streak == PROBES else float("inf")


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[bool]:
    """A disk of 64 MB for the home, where we may mount one."""
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64m,mode=0700", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
    )
    try:
        yield done.returncode == 0
    finally:
        if done.returncode == 0:
            subprocess.run(["umount", "-l", str(folder)], check=False)


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for all names of the sites, vouched for by itself."""
    key, certificate = folder / "site.key", folder / "site.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-keyout", str(key), "-out", str(certificate), "-days", "3", "-subj", "/CN=sites"]
    command += ["-addext", "subjectAltName=" + ",".join(f"DNS:{name}" for name in NAMES)]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


def start_gate(home: Home, port: int, workers: int) -> Gate:
    """`stairgate up` on a home that is ready."""
    command = [Path(sys.executable).parent / "stairgate", "up", "--home", home.path]
    command += ["--listen", f"127.0.0.1:{port}", "--console", f"127.0.0.1:{free_port()}"]
    process = subprocess.Popen(
        [*command, "--workers", str(workers)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "Stop with" in line:
            break
    return Gate(home, process, home.policy.read_text())


async def soak(chosen: argparse.Namespace, folder: Path, disk: bool) -> None:
    """Run it and print two tables."""
    tally = Tally()
    certificate, key = make_certificate(folder)
    plain, secure = await Sites(tally).start(certificate, key)
    home = open_home(folder / "disk" / "home")
    for category, name in {"gambling": BLOCKED, "private_sensitive": PASSED}.items():
        listed = folder / f"{category}.txt"
        listed.write_text(f"{name}\n")
        subscriptions.add(home, category.replace("_", "-"), str(listed), category=category)
    names = "".join(f"  {name}: 127.0.0.1\n" for name in NAMES)
    home.policy.write_text(
        f"country: GB\npeople: {{everyone: {{profile: tween}}}}\nnames:\n{names}"
        f"reach: ['127.0.0.1:{plain}', '127.0.0.1:{secure}']\ntrust: ['{certificate}']\n"
    )
    port = free_port()
    gate = await asyncio.to_thread(start_gate, home, port, chosen.workers)
    target = Target(
        ("127.0.0.1", port),
        plain,
        secure,
        ssl.create_default_context(cafile=str(home.ca_pem)),
        ssl.create_default_context(cafile=str(certificate)),
    )
    assert gate.process.stdout is not None
    asyncio.get_running_loop().run_in_executor(None, gate.process.stdout.read)
    until = time.monotonic() + chosen.minutes * 60
    crowd = [asyncio.create_task(live(target, tally, until, seed)) for seed in range(chosen.clients)]
    table = Table(title=f"{chosen.minutes} minutes, {chosen.clients} connections, {chosen.workers} workers")
    for column in ("fault", "good again after s", "visits good", "cut", "refused", "hung", "let through"):
        table.add_column(column, justify="left" if column == "fault" else "right")
    await asyncio.sleep(3)
    number = chosen.first
    while time.monotonic() + chosen.every < until:
        fault = FAULTS[number % len(FAULTS)]
        number += 1
        if fault is fill_disk and not disk:
            table.add_row(f"{fault.__doc__} (left out: no disk of its own)")
            continue
        began, before = time.monotonic(), Counter(tally.outcomes)
        working = asyncio.create_task(fault(gate, target))  # type: ignore[arg-type]  # all are coroutines
        seconds = await recover(target, tally)
        await working
        await asyncio.sleep(max(0.0, began + chosen.every - time.monotonic()))
        table.add_row(*_row(str(fault.__doc__), seconds, tally, Counter(tally.outcomes) - before))
    await asyncio.gather(*crowd)
    began = time.monotonic()
    gate.process.kill()
    refused = "refused"
    while (seen := await one_visit("plain blocked", target, tally)) != refused:
        if time.monotonic() - began > LONGEST:
            break
    table.add_row(f"The parent is killed: clients are {seen}", f"{time.monotonic() - began:.2f}")
    Console(width=140).print(table)
    _sum_up(tally)


def _row(name: str, seconds: float, tally: Tally, seen: Counter[str]) -> list[Any]:
    cut = seen["cut"] + seen["wrong"]
    counts = (seen["good"], cut, seen["refused"], seen["hung"], tally.leaked + tally.reached)
    return [name.rstrip("."), f"{seconds:.2f}", *(str(one) for one in counts)]


def _sum_up(tally: Tally) -> None:
    Console(width=140).print(
        f"visits {sum(tally.outcomes.values()):,}: {dict(tally.outcomes)}; slowest {tally.slowest:.1f} s; "
        f"unfiltered bytes at clients {tally.leaked}, blocked requests at sites {tally.reached}, "
        f"hung clients {tally.outcomes['hung']}"
    )


def main() -> None:
    """Soak."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--minutes", type=float, default=10.0)
    options.add_argument("--clients", type=int, default=50)
    options.add_argument("--every", type=float, default=20.0)
    options.add_argument("--workers", type=int, default=2)
    options.add_argument("--first", type=int, default=0, help="the fault to begin with, counted from 0")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="stairgate-soak-") as name:
        folder = Path(name)
        (folder / "disk").mkdir()
        with small_disk(folder / "disk") as disk:
            asyncio.run(soak(chosen, folder, disk))


if __name__ == "__main__":
    main()
