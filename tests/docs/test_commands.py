"""Every command the documentation shows is run here, as it stands, or says why not and where it is covered.

The commands of a page run in order in one shell, in a folder and a home of their own. The page runs in a
network namespace: its ports are free, and nothing on it reaches any other machine. A block that can't be run
carries a comment before it:  <!-- not run: REASON (tests/PATH) -->
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    page
    for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))
    if "```console" in page.read_text(encoding="utf-8")
)
_BLOCK = re.compile(
    r"(?:<!-- not run: (?P<reason>.*?) -->\n)?^```console\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
_COVERED = re.compile(r"\((tests/\S+)\)$")
_WAIT = 'for _ in $(seq 300); do grep -q "Stop with Ctrl-C" up.log && break; sleep 0.2; done; cat up.log'


@dataclass(frozen=True)
class Block:
    page: str
    reason: str | None
    text: str


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(page.name, found["reason"] and " ".join(found["reason"].split()), found["text"])
        for found in _BLOCK.finditer(text)
    ]


def script(parts: list[Block]) -> str:
    """The page's commands as one shell script that stops at the first failure."""
    lines = ["set -euo pipefail", "ip link set lo up", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT"]
    for part in parts:
        for line in part.text.splitlines():
            command = line.removeprefix("$ ")
            if re.match(r"stairgate up\b", command):
                lines += [f"{re.sub(r'\s+# .*', '', command)} > up.log 2>&1 &", _WAIT]
            else:
                lines.append(command)
    return "\n".join(lines) + "\n"


def namespaces_can_be_made() -> bool:
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    return subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_a_page_shows_can_be_run(page: Path, tmp_path: Path) -> None:
    parts = [part for part in blocks(page) if part.reason is None]
    if not parts:
        pytest.skip("every block of this page says why it is not run")
    if not namespaces_can_be_made():
        pytest.skip("no network namespace can be made here (unshare -rn, ip)")
    shell = tmp_path / "page.sh"
    shell.write_text(script(parts))
    for name in ("docs", "conformance_tests", "standard", "examples"):
        if (ROOT / name).exists():
            (tmp_path / name).symlink_to(ROOT / name)
    done = subprocess.run(
        ["unshare", "-rn", "bash", str(shell)],
        cwd=tmp_path,
        capture_output=True,
        check=False,
        timeout=110,
        text=True,
        env={
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "STAIRGATE_HOME": str(tmp_path / "home"),
            "LC_ALL": "C.UTF-8",
        },
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_block_that_is_not_run_names_a_test_that_covers_it(page: Path) -> None:
    for part in blocks(page):
        if part.reason is not None:
            covered = _COVERED.search(part.reason)
            assert covered is not None, f"{part.reason!r} names no test"
            assert (ROOT / covered[1]).exists(), f"{covered[1]} is not there"


def test_every_console_block_is_seen() -> None:
    """One that the pattern above misses would never be run."""
    for page in PAGES:
        assert len(blocks(page)) == page.read_text(encoding="utf-8").count("```console")
