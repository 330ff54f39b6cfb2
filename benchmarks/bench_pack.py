"""The pack against its yardsticks: a Python set walked the same way, and squidGuard on its own line protocol.

    python benchmarks/bench_pack.py [--names 5000000] [--lists FOLDER] [--json]

Everything runs in this one run, rounds interleaved, medians. Generated names; with --lists real ones as well.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from rules.address import parse
from rules.pack import Pack, Source, build

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

ENDS = ("com", "net", "org", "de", "fr", "info", "co.uk", "it", "ru", "io")
QUERIES = 50_000
ROUNDS = 7
CATEGORIES = ("gambling", "pornography", "malware", "ads")


def generated(count: int) -> list[str]:
    """Names of two to four labels that no two runs share with anyone."""
    mixed = (n * 2654435761 % (1 << 32) for n in range(count))
    return [f"{'www.' if n % 5 == 0 else ''}n{x:x}-{n % 97}.{ENDS[n % 10]}" for n, x in enumerate(mixed)]


def asked(names: list[str], count: int = QUERIES) -> list[str]:
    """Hosts of about five labels: 40 % below a listed name, the rest unlisted."""
    dice = random.Random(7)
    return [
        f"a{n}.b.{names[dice.randrange(len(names))]}"
        if dice.random() < 0.4
        else f"a{n}.b.c.host{dice.randrange(10**9)}.com"
        for n in range(count)
    ]


def walk_set(hosts: Iterable[str], listed: set[str]) -> int:
    """Count hits of a Python set, the host and every parent tried."""
    hits = 0
    for host in hosts:
        name = host
        while True:
            if name in listed:
                hits += 1
            _, dot, name = name.partition(".")
            if not dot:
                break
    return hits


def median(*runs: Callable[[], object]) -> list[float]:
    """Seconds of each, rounds interleaved, medians."""
    seconds: list[list[float]] = [[] for _ in runs]
    for _ in range(ROUNDS):
        for place, run in enumerate(runs):
            gc.collect()
            began = time.perf_counter()
            run()
            seconds[place].append(time.perf_counter() - began)
    return [statistics.median(one) for one in seconds]


def write_lists(names: list[str], folder: Path) -> list[Source]:
    """Write the names as a plain list a category."""
    sources = []
    for place, category in enumerate(CATEGORIES):
        path = folder / f"{category}.txt"
        path.write_text("\n".join(names[place :: len(CATEGORIES)]) + "\n")
        sources.append(Source(list=category, category=category, path=path))
    return sources


def memory_of(pack: Path, hosts: Path, work: str) -> dict[str, float]:
    """Megabytes that a fresh process gains by opening a pack and looking everything up."""
    script = f"""
import json, re, sys
from pathlib import Path
from rules.address import parse
from rules.pack import Pack
def rss():
    text = Path("/proc/self/smaps_rollup").read_text()
    return {{
        key: int(re.search(rf"^{{key}}:\\s+(\\d+)", text, re.M)[1]) / 1024
        for key in ("Rss", "Private_Dirty")
    }}
hosts = Path({str(hosts)!r}).read_text().split()
addresses = [parse(host) for host in hosts]
before = rss()
pack = Pack.open(Path({str(pack)!r}))
{work}
after = rss()
own = after["Private_Dirty"] - before["Private_Dirty"]
print(json.dumps({{"resident": after["Rss"] - before["Rss"], "own": own}}))
"""
    out = subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        capture_output=True,
        text=True,
        env=dict(os.environ, PYTHONPATH="."),
    )
    found: dict[str, float] = json.loads(out.stdout)
    return found


def measure(names: list[str], folder: Path) -> dict[str, float]:
    """Build, open, look up: one row of the table."""
    sources = write_lists(names, folder)
    began, began_work = time.perf_counter(), time.process_time()
    report = build(sources, folder / "bench.pack")
    pack = Pack.open(folder / "bench.pack")
    built, worked = time.perf_counter() - began, time.process_time() - began_work
    opened = statistics.median(_timed(lambda: Pack.open(folder / "bench.pack")) for _ in range(9))
    listed = set(names)
    hosts = asked(names)
    addresses = [parse(host) for host in hosts]
    assert walk_set(hosts, listed) == sum(map(len, map(pack.categories_of, hosts)))
    set_time, categories, matches = median(
        lambda: walk_set(hosts, listed),
        lambda: [pack.categories_of(host) for host in hosts],
        lambda: [pack.look_up(address) for address in addresses],
    )
    (folder / "hosts").write_text("\n".join(hosts))
    quick = memory_of(folder / "bench.pack", folder / "hosts", "[pack.categories_of(host) for host in hosts]")
    full = memory_of(
        folder / "bench.pack", folder / "hosts", "[pack.look_up(address) and None for address in addresses]"
    )
    return {
        "names": len(listed),
        "build names/s": report.entries / built,
        "build names/s of processor": report.entries / worked,
        "file MB": report.bytes / 1e6,
        "open ms": opened * 1e3,
        "set us": set_time / len(hosts) * 1e6,
        "categories us": categories / len(hosts) * 1e6,
        "categories x set": categories / set_time,
        "matches us": matches / len(hosts) * 1e6,
        "matches x set": matches / set_time,
        "resident MB (categories)": quick["resident"],
        "resident MB (matches)": full["resident"],
        "own MB of a further process": full["own"],
    }


def _timed(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def squidguard(names: list[str], folder: Path) -> dict[str, float]:
    """Lines a second of processor time through squidGuard and through our helper, on the same lines."""
    program = shutil.which("squidGuard")
    if program is None:
        return {}
    base = folder / "squidguard"
    (base / "listed").mkdir(parents=True)
    (base / "listed" / "domains").write_text("\n".join(names) + "\n")
    (base / "conf").write_text(
        f"dbhome {base}\nlogdir {base}\ndest listed {{\n domainlist listed/domains\n}}\n"
        "acl {\n default {\n  pass !listed all\n  redirect http://blocked.example/\n }\n}\n"
    )
    subprocess.run(
        [program, "-c", str(base / "conf"), "-C", "listed/domains"], check=True, capture_output=True
    )
    count = 4 * QUERIES
    hosts = asked(names, count)
    (folder / "lines").write_text("".join(f"http://{host}/ 192.0.2.1/- - GET\n" for host in hosts))
    (folder / "line").write_text("http://unlisted.example/ 192.0.2.1/- - GET\n")
    helper = [sys.executable, str(Path(__file__).with_name("pack_helper.py")), str(folder / "bench.pack")]
    theirs = [program, "-c", str(base / "conf")]
    assert _answers(theirs, folder / "lines")[1] == _answers(helper, folder / "lines")[1] > 0
    rates = {}
    for name, command in (("squidGuard lines/s", theirs), ("our helper lines/s", helper)):
        seconds = [
            _answers(command, folder / "lines")[0] - _answers(command, folder / "line")[0] for _ in range(3)
        ]
        rates[name] = count / statistics.median(seconds)
    return rates | {"x squidGuard": rates["our helper lines/s"] / rates["squidGuard lines/s"]}


def _answers(command: list[str], lines: Path) -> tuple[float, int]:
    """Processor seconds of a filter that answers a file of lines, and how many it blocked."""
    before = os.times()
    with lines.open() as given:
        out = subprocess.run(
            command, stdin=given, check=True, capture_output=True, env=dict(os.environ, PYTHONPATH=".")
        ).stdout
    after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return used, out.count(b"blocked.example")


def real(lists: Path) -> list[str]:
    """Every name of the plain lists in a folder."""
    from rules.lists import read
    from rules.lists.entry import Kind

    files = [
        *sorted(lists.glob("ut1/blacklists/*/domains")),
        *sorted(lists.glob("*/*.domains.txt")),
        *sorted(lists.glob("sinfonietta/*-hosts")),
    ]
    return sorted(
        {entry.pattern for file in files for entry in read(file).entries() if entry.kind is Kind.NAME}
    )


def main() -> None:
    """Measure and print one table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--names", type=int, default=5_000_000)
    options.add_argument("--lists", type=Path)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    rows = {}
    sizes = {"a fifth": chosen.names // 5, "all": chosen.names}
    for title, count in sizes.items():
        with tempfile.TemporaryDirectory() as folder:
            names = generated(count)
            rows[title] = measure(names, Path(folder))
            if title == "a fifth":
                rows[title] |= squidguard(names, Path(folder))
    for what in ("set", "categories", "matches"):
        rows["all"][f"x a fifth ({what})"] = rows["all"][f"{what} us"] / rows["a fifth"][f"{what} us"]
    if chosen.lists:
        with tempfile.TemporaryDirectory() as folder:
            rows["real"] = measure(real(chosen.lists), Path(folder))
    if chosen.json:
        print(json.dumps(rows, indent=2))
        return
    for key in dict.fromkeys(key for row in rows.values() for key in row):
        print(
            f"{key:30}" + "".join(f"{row[key]:16,.2f}" if key in row else " " * 16 for row in rows.values())
        )


if __name__ == "__main__":
    main()
