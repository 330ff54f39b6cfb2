"""`conform run` from the command line: cut off in the middle, gone on with, and run twice with one seed."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import stairgate
from standard import catalogue, result_file, seed

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ROOT / "conformance_tests" / "products" / "tinyproxy.yaml"
ONLY = "content.address-spelling*"

pytestmark = [
    pytest.mark.usefixtures("play"),
    pytest.mark.skipif(
        shutil.which("tinyproxy", path="/usr/bin:/usr/sbin") is None, reason="tinyproxy is not here"
    ),
]


def words(out: Path, *more: str, product: Path = PRODUCT) -> list[str]:
    return ["conform", "run", "--product", str(product), "--out", str(out), "--only", ONLY, *more]


def run(out: Path, *more: str, product: Path = PRODUCT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stairgate", *words(out, *more, product=product)]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=110, cwd=ROOT)


def said(out: Path) -> list[tuple[str, str, str]]:
    found = result_file.load(out / "results.jsonl")
    return [(one.case, one.item, one.outcome.value) for one in found.results]


def cut(whole: Path, out: Path, *, lines: int) -> None:
    """The folder of a run that was killed after so many lines, the last one half written."""
    out.mkdir()
    written = (whole / "results.jsonl").read_bytes().splitlines(keepends=True)
    (out / "results.jsonl").write_bytes(b"".join(written[:lines]) + written[lines][:40])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that was left alone."""
    out = tmp_path_factory.mktemp("runs") / "whole"
    done = run(out)
    assert done.returncode == 1, done.stderr
    return out


def test_the_seed_follows_from_build_and_edition(whole: Path) -> None:
    header = result_file.read_header(whole / "results.jsonl")
    edition = catalogue.load().edition(header.edition).sha256

    assert header.seed_is_derived
    assert header.seed == str(seed.derive(header.product.build, edition))


def test_a_run_cut_off_is_gone_on_with_and_comes_to_the_same(whole: Path) -> None:
    out = whole.parent / "cut"
    cut(whole, out, lines=30)
    before = (out / "results.jsonl").read_bytes()
    done = run(out, "--resume")

    assert done.returncode == 1, done.stderr
    assert (out / "results.jsonl").read_bytes().startswith(before[:-40])
    # What was being asked when it was cut off is asked again: said twice, counted once.
    assert set(said(out)) == set(said(whole))
    assert len(said(out)) > len(said(whole))
    one, other = (json.loads((folder / "report.json").read_text()) for folder in (whole, out))
    assert verdicts(one) == verdicts(other)


def verdicts(report: dict[str, Any]) -> list[tuple[str, str, Any]]:
    return [
        (one["id"], one["verdict"], one["counts"])
        for clause in report["clauses"]
        for one in clause["criteria"]
    ]


def test_evidence_is_hashed_and_an_altered_file_of_it_refuses_the_report(
    whole: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stairgate.main(["conform", "report", str(whole)]) == 1
    copy = whole.parent / "altered"
    shutil.copytree(whole, copy)
    first, second, *_ = sorted((copy / "evidence").iterdir())
    first.unlink()  # put away: no fault
    second.write_text(second.read_text().replace("status 200", "status 403"))

    assert stairgate.main(["conform", "report", str(copy)]) == 65
    complaint = capsys.readouterr().err
    assert complaint.count("error[altered-evidence]") == 1
    assert second.name in complaint


def test_a_finished_run_is_only_reported_again(whole: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (whole / "results.jsonl").read_bytes()

    assert stairgate.main(words(whole, "--resume")) == 1
    assert (whole / "results.jsonl").read_bytes() == before
    assert "NOT SATISFIED" in capsys.readouterr().out


def test_going_on_needs_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert stairgate.main(["conform", "run", "--product", str(PRODUCT), "--resume"]) == 64
    assert "--out DIR" in capsys.readouterr().err


def test_a_run_that_is_stopped_says_how_to_go_on(whole: Path) -> None:
    out = whole.parent / "stopped"
    command = [sys.executable, "-m", "stairgate", *words(out)]
    command[command.index(ONLY)] = "content.*"
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    deadline = time.monotonic() + 60
    results = out / "results.jsonl"
    while time.monotonic() < deadline and not (results.exists() and results.read_bytes().count(b"\n") > 3):
        time.sleep(0.05)  # the examination goes its own pace
    process.send_signal(signal.SIGTERM)
    _, complaint = process.communicate(timeout=60)

    assert process.returncode == 130
    assert complaint.splitlines()[-1].strip().startswith("stairgate conform run --product")
    assert complaint.rstrip().endswith("--resume")
    assert result_file.load(results, allow_cut=True).footer is None


def test_announced_failures_keep_the_exit_code_and_change_no_verdict(whole: Path) -> None:
    """Every failing case announced: NOT SATISFIED is said, and the exit code is good."""
    failing = sorted({case for case, _, outcome in said(whole) if outcome == "failed"})
    assert failing
    lines = [f"  - {{case: {case}, because: Known., expires: '2999-01-01'}}" for case in failing]
    product = whole.parent / "announced.yaml"
    product.write_text("\n".join([PRODUCT.read_text(), "known_failures:", *lines, ""]))
    out = whole.parent / "announced"
    kept = len(list(whole.parent.glob("*/results.jsonl")))
    done = run(out, "--seed", "3", product=product)
    header = result_file.read_header(out / "results.jsonl")

    assert json.loads((out / "report.json").read_text())["verdict"] == "not_satisfied"
    assert done.returncode == 0, done.stdout
    assert f"excused   {failing[0]}" in done.stdout
    assert (header.runs_of_build, header.seed_is_derived) == (kept + 1, False)


def test_an_announced_failure_of_no_case_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    product = tmp_path / "wrong.yaml"
    line = "known_failures: [{case: content.gambling/nothing/here, because: No., expires: '2999-01-01'}]\n"
    product.write_text(PRODUCT.read_text() + line)

    assert stairgate.main(words(tmp_path / "out", product=product)) == 65
    assert "error[unknown-case]" in capsys.readouterr().err


def test_a_lab_dies_with_the_program_that_opened_it(tmp_path: Path) -> None:
    out = tmp_path / "killed"
    with subprocess.Popen([sys.executable, "-m", "stairgate", *words(out)], cwd=ROOT) as process:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while process.poll() is None and not (out / "results.jsonl").exists():
            time.sleep(0.05)
        (lab,) = children.read_text().split()
        process.kill()
    for _ in range(20):  # the run itself would take longer
        if not Path(f"/proc/{lab}").exists() or "State:\tZ" in Path(f"/proc/{lab}/status").read_text():
            return
        time.sleep(0.05)
    pytest.fail("the lab went on without anybody to tell")


def test_an_output_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    done = run(tmp_path / "out")

    assert (done.returncode, "error[unwritable-folder]" in done.stderr) == (69, True)


def test_half_a_sealed_set_is_refused(tmp_path: Path) -> None:
    done = run(tmp_path, "--sealed", "sealed.json")

    assert (done.returncode, "error[half-a-set]" in done.stderr) == (64, True)
