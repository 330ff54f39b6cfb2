"""`pytest --product FILE`: each case a test, with pytest's own words for what came of it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PRODUCT = ROOT / "conformance_tests" / "products" / "tinyproxy.yaml"


def run(folder: Path, *more: str, ci: bool = False) -> subprocess.CompletedProcess[str]:
    """Pytest as its user calls it; `ci`: on a build machine, where it shortens nothing."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *more]
    environment = {name: value for name, value in os.environ.items() if name not in {"CI", "BUILD_NUMBER"}}
    return subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        timeout=110,
        cwd=folder,
        env=environment | ({"CI": "true"} if ci else {}),
    )


def announce(folder: Path, *cases: str, expires: str = "2999-01-01") -> Path:
    """The adapter of a product that does little, with failures announced."""
    entries = [f"  - {{case: {case}, because: Known., expires: '{expires}'}}" for case in cases]
    product = folder / "product.yaml"
    product.write_text("\n".join([PRODUCT.read_text(), "known_failures:", *entries, ""]))
    return product


@pytest.mark.usefixtures("play")
@pytest.mark.skipif(
    shutil.which("tinyproxy", path="/usr/bin:/usr/sbin") is None, reason="tinyproxy is not here"
)
def test_each_case_passes_fails_or_is_excused_in_pytests_own_way(tmp_path: Path) -> None:
    """Tinyproxy reads no labels and knows one spelling of an address; traps catch nothing of it."""
    product = announce(
        tmp_path, "content.adults-only-label/variants/http", "content.adults-only-label/traps/http"
    )
    chosen = "adults-only-label or pairs/numbers or shared-infrastructure"
    done = run(tmp_path, "--product", str(product), "--product-out", "out", "-k", chosen, "-v", "-rA")
    shown = done.stdout

    assert done.returncode == 1, shown + done.stderr
    told = re.findall(r"^(PASSED|FAILED|XFAIL)\s+\S*::(\S+)", shown, re.MULTILINE)
    assert {name: word for word, name in told} == {
        "content.adults-only-label/variants/http": "XFAIL",
        "content.adults-only-label/variants/http2": "FAILED",
        "content.adults-only-label/variants/https": "FAILED",
        "content.adults-only-label/traps/http": "FAILED",
        "content.address-spelling/pairs/numbers": "FAILED",
        "content.shared-infrastructure/siblings/one-address": "PASSED",
    }
    assert "Announced to fail, and passed: take it out of known_failures." in shown
    assert "seen      The page reached the client: its canary was in the answer." in shown
    assert re.search(
        r"^again     stairgate conform run --product \S+ --only content\.\S+ --seed \d+$", shown, re.MULTILINE
    )
    (evidence,) = set(re.findall(r"^evidence  (\S+pairs__numbers\.txt)$", shown, re.MULTILINE))
    assert (tmp_path / evidence).is_file()
    assert "NOT SATISFIED" in shown
    assert "Only 7 cases were asked." in shown
    assert (tmp_path / "out" / "report.html").is_file()


@pytest.mark.usefixtures("play")
def test_a_product_that_dies_fails_every_case_and_says_once_why(tmp_path: Path) -> None:
    """Never passed, never skipped: nothing was shown. A build machine too is told once, unshortened."""
    product = tmp_path / "product.yaml"
    text = re.sub(r"\[tinyproxy, -d, .*\]", "[sh, -c, 'echo I will not; exit 3']", PRODUCT.read_text())
    text = re.sub(r"version: .*", "version: {ask: [sh, -c, 'echo 1'], pattern: '(1)'}", text)
    product.write_text(re.sub(r"(?m)^ready: .*\n", "", text) + "ready: {within_seconds: 2}\n")
    done = run(tmp_path, "--product", str(product), "--product-out", "out", "-k", "pairs/", "-rA", ci=True)

    assert done.returncode == 1
    assert len(re.findall(r"^FAILED \S*::", done.stdout, re.MULTILINE)) == 4
    assert " passed" not in done.stdout
    assert done.stdout.count("error[product-not-ready]") == 1
    assert done.stdout.count("I will not") == 1
    section, _, summary = done.stdout.partition("short test summary info")
    told = "Not examined: the run had ended; see content.address-spelling/pairs/"
    assert section.count(told) == 3
    assert len(summary.strip().splitlines()) == 6  # a line each, however much there is to tell
    assert "output   out/output.txt" in done.stdout


def test_the_cases_of_a_product_are_collected_without_being_asked(tmp_path: Path) -> None:
    (tmp_path / "test_other.py").write_text("def test_other(): raise AssertionError\n")
    product = announce(tmp_path)
    product.write_text(PRODUCT.read_text())
    done = run(tmp_path, "--product", str(product), "--collect-only", "-q")

    assert done.returncode == 0, done.stdout
    assert "product.yaml::content.address-spelling/pairs/numbers" in done.stdout
    assert "test_other" not in done.stdout
    assert not (tmp_path / "out").exists()


def test_a_wrong_adapter_is_refused_with_line_and_next_step(tmp_path: Path) -> None:
    product = tmp_path / "product.yaml"
    product.write_text(PRODUCT.read_text().replace("vendor:", "vender:"))
    done = run(tmp_path, "--product", str(product))

    assert done.returncode == 2
    assert "error[missing-key]" in done.stdout
    assert "product.yaml:" in done.stdout


def test_workers_are_refused(tmp_path: Path) -> None:
    done = run(tmp_path, "--product", str(PRODUCT), "-n", "2")

    assert done.returncode == 4
    assert "leave -n away" in done.stderr


def test_the_door_costs_a_pytest_without_a_product_nothing(tmp_path: Path) -> None:
    """No module of the suite or the standard is imported until a product is named."""
    (tmp_path / "test_one.py").write_text(
        "import sys\n"
        "def test_one():\n"
        "    rooms = ('standard', 'conformance_tests')\n"
        "    ours = {name for name in sys.modules if name.startswith(rooms)}\n"
        "    assert ours == {'conformance_tests', 'conformance_tests.plugin'}\n"
    )
    done = run(tmp_path)

    assert done.returncode == 0, done.stdout
