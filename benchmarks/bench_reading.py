"""What reading pages costs: CPU a request beside e2guardian's phrase filter, and the loop's longest stall.

`python benchmarks/bench_reading.py [--seconds S] [--rounds N]`. Both filters read the same made-up page (a
third of it markup, printed seed) from the same origin over plain HTTP, on kept connections and on new ones;
rounds are interleaved. e2guardian waits on kept ones, so only CPU is compared. It runs with its own phrase
lists as Debian ships them. The stall is measured in this process: the longest turn of the event loop while
pages made to be slow are read, in CPU time of the loop's own thread.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import re
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench_content import SEED, make_page, make_word
from bench_gate import make_home
from rich.console import Console
from rich.table import Table
from stands import NAME, Proxy, free_port, gate, load, origin, run_proxy

from proxy.readers import Readers
from proxy.reading import AT_ONCE, Answer, read_at_once
from rules.phrases import matcher
from rules.presets import Profile

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZES = {"10 KB": 10 * 1024, "50 KB": 50 * 1024}
WANTED = {"10 KB": 4.0, "50 KB": 8.0}
STALL_MS = 5.0
CLIENTS = 4


def pages() -> dict[str, bytes]:
    """The pages by name; words of no language, so that neither filter blocks them."""
    dice = random.Random(SEED)
    words = [make_word(dice) for _ in range(3_000)]
    return {name: make_page(dice, words, size) for name, size in SIZES.items()}


@contextlib.contextmanager
def e2guardian(folder: Path) -> Iterator[Proxy]:
    """e2guardian with phrase filtering, as Debian configures it but for places and user."""
    place = folder / "e2guardian"
    shutil.copytree("/etc/e2guardian", place, ignore=shutil.ignore_patterns("languages"))
    for path in place.rglob("*"):
        if path.is_file():
            text = path.read_bytes().replace(b"/etc/e2guardian", str(place).encode())
            path.write_bytes(text)
    conf = place / "e2guardian.conf"
    ours = {
        "languagedir": "/usr/share/e2guardian/languages",
        "filterip": "127.0.0.1",
        "filterports": str(port := free_port()),
        "transparenthttpsport": str(free_port()),
        "nodaemon": "on",
        "httpworkers": "50",
        "pidfilename": str(place / "e2guardian.pid"),
        "loglocation": str(place / "access.log"),
        "daemonuser": "root",
        "daemongroup": "root",
    }
    kept = [
        line
        for line in conf.read_text(errors="replace").splitlines()
        if line.lstrip(" #").partition("=")[0].strip() not in ours
    ]
    conf.write_text("\n".join([*kept, *(f"{name} = '{value}'" for name, value in ours.items())]) + "\n")
    group = place / "e2guardianf1.conf"
    # Its own limit of 50 takes the made-up words of 50 KB for something; what is measured is the reading.
    group.write_text(re.sub(r"(?m)^ *naughtynesslimit *=.*", "naughtynesslimit = 1000000", group.read_text()))
    yield from run_proxy("e2guardian", ["/usr/sbin/e2guardian", "-N", "-c", conf], port)


def measure_cpu(seconds: float, rounds: int, kind: str) -> None:
    """Print CPU a request of both, and the ratio beside what is wanted."""
    table = Table(title=f"scored HTML, {kind}, {CLIENTS} clients, medians of {rounds}")
    for column in ("page", "e2guardian CPU µs", "the gate CPU µs", "ratio", "wanted"):
        table.add_column(column, justify="right" if column != "page" else "left")
    with tempfile.TemporaryDirectory(prefix="stairgate-bench-") as name:
        folder = Path(name)
        with origin(folder) as (plain, secure, ca_file):
            for page, body in pages().items():
                (folder / f"{page.partition(' ')[0]}.html").write_bytes(body)
            home, _ = make_home(folder, 1000, (plain, secure), ca_file)
            with e2guardian(folder) as peer, gate(home) as ours:
                for page, size in SIZES.items():
                    url = f"http://{NAME}:{plain}/{page.partition(' ')[0]}.html"
                    seen: dict[str, list[float]] = {peer.name: [], ours.name: []}
                    for number in range(rounds + 1):
                        for proxy in (peer, ours):
                            one = load(kind, proxy, url, seconds, CLIENTS, None)
                            assert list(one["answers"]) == [f"200 {size}"], one
                            if number:  # the first round warms up
                                seen[proxy.name].append(one["cpu_us"])
                    theirs, gates = (statistics.median(seen[one.name]) for one in (peer, ours))
                    table.add_row(
                        page,
                        f"{theirs:,.0f}",
                        f"{gates:,.0f}",
                        f"{theirs / gates:.1f}",
                        f"{WANTED[page]:.0f}",
                    )
    Console().print(table)


HOSTILE = {
    "words that all weigh": b"casino ",
    "a tag a letter": b"a<b>c</b>",
    "references": b"&#99;&#x63;",
    "signs": b"<",
    "comments": b"<!---->",
    "labels": b"<meta name=rating content=adult>",
}


async def measure_stall() -> float:
    """Read pages made to be slow as the gate does; the loop's longest turn in ms of its own CPU time."""
    readers = Readers(1)
    await readers.warm_up()
    matcher()  # as the gate does before it serves
    longest = 0.0
    bodies = [unit * (size // len(unit)) for unit in HOSTILE.values() for size in (AT_ONCE, 256 * 1024)]
    bodies += [page * 5 for page in pages().values()]
    for body in bodies * 3:
        answer = Answer(
            raw=body, codings="", labels=(), charset="utf-8", profile=Profile.TWEEN, most=256 * 1024
        )
        begun = time.thread_time()
        done = read_at_once(answer)
        longest = max(longest, time.thread_time() - begun)
        if done is None:
            waiting = asyncio.ensure_future(readers.read(answer))
            while not waiting.done():
                begun = time.thread_time()
                await asyncio.sleep(0)
                longest = max(longest, time.thread_time() - begun)
            await waiting
    readers.close()
    return 1000 * longest


def main() -> None:
    """Measure both."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=3.0)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--kinds", nargs="+", default=["plain", "plain-new"])
    chosen = options.parse_args()
    stall = asyncio.run(measure_stall())
    print(f"longest stall of the loop: {stall:.1f} ms of CPU, wanted under {STALL_MS:.0f} ms")
    if Path("/usr/sbin/e2guardian").exists() and os.geteuid() == 0:
        for kind in chosen.kinds:
            measure_cpu(chosen.seconds, chosen.rounds, kind)
    else:
        print("no e2guardian here, or not root: its CPU was not measured")


if __name__ == "__main__":
    main()
