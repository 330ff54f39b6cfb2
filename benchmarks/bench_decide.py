"""How long a decision takes, with its explanation, and how many addresses a second `explain -` could answer.

    python benchmarks/bench_decide.py [--calls 20000]

With STAIRGATE_TEST_LISTS set, the pack is made of the UT1 tree and the starter pack; without it, of the
starter pack alone. Three households are asked: the first-run one, one with every kind of rule, and `early`;
each for listed addresses, for addresses that no list names, and for half of each, in which the median stands
for more blocked questions than a home ever asks. Medians of single calls, each a second later than the one
before, in the afternoon and, with `--hour 21`, after bedtime; each address is asked once, so nothing of it is
at hand. The pipeline is parse + decide + JSON, as one process does it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rules import starter
from rules.address import parse as parse_address
from rules.decide import Moment, Request, decide
from rules.explain import as_json, explain
from rules.pack import Pack, Source, build
from rules.policy import Policy, default_text, parse
from rules.taxonomy import category_for

RICH = """\
country: GB
zone: Europe/London
allow: [a.example, b.example/kids, "*.c.example", 203.0.113.0/24]
block: [d.example, e.example, {search: how to cheat}]
services: {whatsapp: allow}
people:
  everyone:
    profile: tween
    allow: [f.example]
    block: [g.example/x]
    categories: {shopping: allow}
    lists: {other: ignore}
    schedules:
      - {on: [everything], spare: [education_reference], block: ["before-school 20:30-06:30"]}
      - {on: [games, video_streaming], allow: ["school 15:30-19:00", "free 09:00-20:00"]}
    budgets: {games: {minutes: 60, rollover: 30}, "service:youtube": 45}
"""
EARLY = "country: GB\npeople: {everyone: {profile: early}}\n"


def make_pack(folder: Path) -> tuple[Pack, list[str]]:
    """A pack on disk, and the names it holds."""
    sources = list(starter.sources())
    lists = os.environ.get("STAIRGATE_TEST_LISTS")
    if lists:
        for path in sorted((Path(lists) / "ut1" / "blacklists").iterdir()):
            category = category_for("ut1", path.name)
            domains = path / "domains"
            if category is not None and domains.exists() and not path.is_symlink():
                sources.append(Source(list="ut1", category=category, path=domains, format="domains"))
    target = folder / "bench.pack"
    build(sources, target)
    names = [
        line.split()[0]
        for source in sources
        if source.path is not None
        for line in source.path.read_text(encoding="utf-8", errors="replace").splitlines()
        if line[:1].isalpha()
    ]
    return Pack.open(target), names


def time_calls(
    requests: list[Request], policy: Policy, pack: Pack, begin_at: datetime
) -> tuple[float, float]:
    """Median and 99th percentile of decide + explain, in microseconds."""
    moments = [Moment(at=begin_at + timedelta(seconds=n)) for n in range(len(requests))]
    times = []
    for request, moment in zip(requests, moments, strict=True):
        begin = time.perf_counter_ns()
        explain(decide(request, policy, pack, moment), request)
        times.append((time.perf_counter_ns() - begin) / 1000)
    return statistics.median(times), statistics.quantiles(times, n=100)[98]


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--calls", type=int, default=20_000, help="addresses asked for each line")
    arguments.add_argument("--hour", type=int, default=16, help="of the day at which they are asked")
    chosen = arguments.parse_args()
    calls = chosen.calls
    random.seed(7)
    begin_at = datetime(2026, 11, 18, chosen.hour, 30, tzinfo=UTC)
    moment = Moment(at=begin_at)
    with tempfile.TemporaryDirectory() as folder:
        pack, names = make_pack(Path(folder))
        listed = [f"https://www.{name}/a/b?c=d" for name in random.choices(names, k=calls)]
        unlisted = [f"https://www.x{random.randrange(10**9)}.example/a/b" for _ in range(calls)]
        mixed = [random.choice(pair) for pair in zip(listed, unlisted, strict=True)]
        print(f"{len(names):,} names in the pack, {calls:,} addresses a line, decide + explain in µs")
        for title, text in (("plain", default_text("GB")), ("rich", RICH), ("early", EARLY)):
            policy = parse(text)
            for kind, urls in (("listed", listed), ("unlisted", unlisted), ("half", mixed)):
                requests = [Request(address=parse_address(url), text=url) for url in urls]
                median, late = time_calls(requests, policy, pack, begin_at)
                print(f"  {title:6} {kind:9} median {median:6.1f}   p99 {late:6.1f}")
            begin, work = time.perf_counter(), time.process_time()
            for url in mixed:
                request = Request(address=parse_address(url), text=url)
                json.dumps(as_json(url, "everyone", moment.at, decide(request, policy, pack, moment)))
            rate, work_rate = calls / (time.perf_counter() - begin), calls / (time.process_time() - work)
            print(f"  {title:6} to a JSON line: {rate:,.0f} a second, {work_rate:,.0f} a second of processor")


if __name__ == "__main__":
    main()
