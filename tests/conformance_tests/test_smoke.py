"""`conform smoke`: an adapter that forgets the lists fails on purpose, the mended one is ready."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "write-an-adapter.md"
PRODUCTS = ROOT / "conformance_tests" / "products"
CASES = ROOT / "conformance_tests" / "cases"


def smoke(adapter: Path, *where: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stairgate", "conform", "smoke", "--product", str(adapter), *where]
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=90)


@pytest.mark.usefixtures("play")
@pytest.mark.skipif(
    shutil.which("tinyproxy", path="/usr/bin:/usr/sbin") is None, reason="tinyproxy is not here"
)
def test_the_tutorial_fails_on_purpose_and_its_mended_adapter_is_ready(tmp_path: Path) -> None:
    """The page's two adapters are run as they stand there."""
    wrong, mended, _driver, known = re.findall(
        r"^```yaml\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL
    )
    adapter = tmp_path / "mine.yaml"
    adapter.write_text(re.sub(r"(within_seconds: )\d+", r"\g<1>2", wrong) + "ready: {within_seconds: 5}\n")
    failed = smoke(adapter)
    assert failed.returncode == 69
    assert "it serves a listed name: its lists are not in force" in failed.stdout + failed.stderr
    (case,) = re.findall(r"case: (\S+)", known)
    assert (CASES / case.replace(".", "/", 1)).with_suffix(".yaml").is_file()
    before, _, rest = wrong.partition("files:\n")
    adapter.write_text(before + mended + "statement:\n" + rest.partition("statement:\n")[2])
    ready = smoke(adapter)
    assert ready.returncode == 0, ready.stdout + ready.stderr
    assert ready.stdout.startswith("ready")


@pytest.mark.usefixtures("play")
@pytest.mark.skipif(shutil.which("nft", path="/usr/sbin:/sbin") is None, reason="nft is not here")
def test_our_own_gate_gets_ready_behind_its_own_rules() -> None:
    """The gateway stand as `service install --gateway` makes it: names and connections come to it."""
    ready = smoke(PRODUCTS / "stairgate.yaml", "--stand", "gateway")
    assert ready.returncode == 0, ready.stdout + ready.stderr


def test_the_adapters_rules_are_those_that_our_service_lays() -> None:
    """They are written twice, on each side of the wall; a rule that changed on one side shows here."""
    words = ["service", "install", "--gateway", "--inside", "lan0", "--dry-run"]
    command = [sys.executable, "-m", "stairgate", *words]
    laid = subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
    rules = yaml.safe_load((PRODUCTS / "stairgate.yaml").read_text(encoding="utf-8"))["rules"]
    wanted = {line.strip() for line in laid.splitlines()}
    missing = [line.strip() for line in rules.splitlines() if line.strip() not in wanted]
    assert missing == []
