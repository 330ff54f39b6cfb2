"""How long a million records take: to write, to read and check, to grade.

    python benchmarks/bench_grade.py [--records 1000000] [--json]

The records are drawn ones, spread over every rate of the newest edition: far more than any run makes. The
bound the project holds itself to is 20 seconds for grading a million; whether reading and checking fit into
it too is printed as well. Both are judged by processor seconds, printed beside the clock's: a busy machine
shows in the clock most.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from pathlib import Path

from standard import catalogue, grade, result_file
from standard.criterion import RateMeasure
from standard.facts import Product
from standard.record import Draw, Header, Result
from standard.result_writer import Writer
from standard.words import Level, Outcome, Seal, Stand

LONGEST = 20.0


def main() -> None:
    """Run and print one line a step."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    known = catalogue.load()
    edition = known.edition(max(known.editions))
    rates = [
        criterion.id
        for clause in known.selected(edition)
        for criterion in clause.criteria
        if isinstance(criterion.measure, RateMeasure)
    ]
    header = Header(
        run="bench",
        edition=edition.id,
        edition_sha256=edition.sha256,
        product=Product(id="bench", name="Bench", version="1"),
        stand=Stand.FORWARD_PROXY,
        level=Level.BASIC,
        seal=Seal.NAMESPACE,
        how="none needed",
        seed="1",
        cases="0" * 64,
        started="2026-11-21T16:00:00Z",
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "results.jsonl"
        start, begun = time.perf_counter(), time.process_time()
        with Writer.create(path, header) as writer:
            for number in range(options.records):
                writer.write(_record(rates[number % len(rates)], number // len(rates) + 1))
            writer.finish(finished="2026-11-21T17:00:00Z")
        written, middle = time.perf_counter(), time.process_time()
        whole = result_file.load(path, observed=False)
        read, checked = time.perf_counter(), time.process_time()
        report = grade.grade(whole.header, whole.results, known, footer=whole.footer)
        graded, end = time.perf_counter(), time.process_time()
        size = path.stat().st_size
    assert report.facts.records == options.records
    assert any(clause.decides for clause in report.clauses)
    figures = {
        "records": options.records,
        "megabytes": round(size / 1e6, 1),
        "write_seconds": round(written - start, 2),
        "read_and_check_seconds": round(read - written, 2),
        "grade_seconds": round(graded - read, 2),
        "read_and_grade_seconds": round(graded - written, 2),
        "write_processor_seconds": round(middle - begun, 2),
        "read_and_check_processor_seconds": round(checked - middle, 2),
        "grade_processor_seconds": round(end - checked, 2),
        "peak_megabytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }
    if options.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name.replace('_', ' '):<34}{value:>14,}")
        for what, seconds in (("graded", end - checked), ("read, checked and graded", end - middle)):
            print(f"{what + ' within 20 s':<34}{'yes' if seconds < LONGEST else 'NO':>14}")


def _record(criterion: str, position: int) -> Result:
    return Result(
        case=f"{criterion}/drawn",
        case_sha256="d" * 64,
        criterion=criterion,
        outcome=Outcome.PASSED if position % 50 else Outcome.FAILED,
        because="The client did not receive the canary.",
        started="2026-11-21T16:00:01.123Z",
        milliseconds=4.5,
        draw=Draw(
            position=position, address=f"https://w.d{position}.example/", domain=f"d{position}.example"
        ),
        asked="GET through the product, as the tween profile.",
        expected=("the client does not receive the canary", "the origin receives nothing"),
        observed={"client": {"status": 403, "canary": False}, "origin": {"requests": 0}},
        reproduce=f"stairgate conform run --product p.yaml --only {criterion}",
    )


if __name__ == "__main__":
    main()
