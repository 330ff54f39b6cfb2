"""`conform smoke`: an adapter that forgets the lists fails on purpose, the mended one is ready."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "write-an-adapter.md"
CASES = ROOT / "conformance_tests" / "cases"


def smoke(adapter: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "stairgate", "conform", "smoke", "--product", str(adapter)]
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
