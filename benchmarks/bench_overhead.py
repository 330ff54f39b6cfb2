"""What the gate's own code adds to an inspected request: one client, kept TLS connection, a 2 KB page.

`python benchmarks/bench_overhead.py [--seconds S]`. The gate runs in this process, with its journal and a
pack of a hundred thousand names; the time of every hook of ours is taken, from the request to the answer
read, and added up for each request: decision, look-up, journal line, labels and words of the page. What
mitmproxy itself takes is not in it.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench_content import SEED, make_page, make_word
from bench_gate import make_home
from stands import HERE, NAME, origin, pinned

from proxy.first_run import prepare
from proxy.gateway import Gate, Settings
from proxy.home import Home
from proxy.journal.writer import Journal
from proxy.live import Live

if TYPE_CHECKING:
    from collections.abc import Awaitable, Coroutine

WANTED_MS = 0.15
_LAST = "response"


class Meter:
    """Adds up the time of our hooks between two requests' ends; in ms of the loop's own CPU time."""

    def __init__(self, gate: Gate) -> None:
        self.requests: list[float] = []
        self.hooks: dict[str, list[float]] = {}
        self._sum = 0.0
        self._run_now = gate.master.table.run_now
        gate.master.table.run_now = self.run_now  # type: ignore[method-assign]

    def run_now(self, name: str, data: object) -> Coroutine[Any, Any, None] | None:
        """Run a hook as the table does, timed; what is awaited is not ours."""
        begun = time.thread_time()
        later = self._run_now(name, data)
        spent = time.thread_time() - begun
        self._sum += spent
        self.hooks.setdefault(name, []).append(1000 * spent)
        if name == _LAST:
            self.requests.append(1000 * self._sum)
            self._sum = 0.0
        return later


async def measure(home: Home, url: str, seconds: float) -> list[float]:
    """Ask for one page again and again; the time of our hooks for each request, in ms."""
    with Journal.open(home) as journal:
        gate = Gate(Settings(home=home, judge=Live(home), notes=journal, listen=("127.0.0.1", 0)))
        await gate.start()
        meter = Meter(gate)
        serving = asyncio.create_task(gate.run())
        await gate.serving.wait()
        host, port = gate.address
        words = ["tls", f"{host}:{port}", url, str(seconds), "1", str(home.ca_pem)]
        command = pinned(1, [sys.executable, str(HERE / "load.py"), *words])
        await _finished(asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE))
        gate.stop()
        await serving
    for name, times in meter.hooks.items():
        if len(times) > len(meter.requests) // 2:
            print(f"{name}: median {statistics.median(times):.3f} ms")
    return meter.requests[len(meter.requests) // 5 :]  # the first fifth warms up


async def _finished(starting: Awaitable[asyncio.subprocess.Process]) -> None:
    output, _ = await (await starting).communicate()
    print(output.decode().strip())


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=5.0)
    chosen = options.parse_args()
    dice = random.Random(SEED)
    page = make_page(dice, [make_word(dice) for _ in range(3_000)], 2048)
    with tempfile.TemporaryDirectory(prefix="stairgate-bench-") as name:
        folder = Path(name)
        with origin(folder) as (plain, secure, ca_file):
            (folder / "page.html").write_bytes(page)
            home = Home(make_home(folder, 100_000, (plain, secure), ca_file)[0])
            prepare(home)
            found = asyncio.run(measure(home, f"https://{NAME}:{secure}/page.html", chosen.seconds))
    median = statistics.median(found)
    verdict = "met" if median < WANTED_MS else "missed"
    print(
        f"{len(found):,} requests; our hooks: median {median:.3f} ms of CPU, "
        f"wanted {WANTED_MS} ms: {verdict}; "
        f"a tenth of them under {sorted(found)[len(found) // 10]:.3f} ms"
    )


if __name__ == "__main__":
    main()
