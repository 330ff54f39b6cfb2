"""`stairgate service install --gateway` in a home made of network namespaces."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from stairgate import main

NEEDED = ("unshare", "nsenter", "ip", "nft")
SCENE = Path(__file__).with_name("scene.py")


def _possible() -> bool:
    if any(shutil.which(name) is None for name in NEEDED):
        return False
    tried = subprocess.run(["unshare", "-rnm", "nft", "list", "ruleset"], capture_output=True, check=False)
    return tried.returncode == 0


pytestmark = [
    pytest.mark.skipif(
        not _possible(), reason="network namespaces with nftables can't be made here: " + ", ".join(NEEDED)
    ),
    pytest.mark.timeout(240),
]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a device of the home got, in each state of the gate."""
    root = tmp_path_factory.mktemp("root")
    words = ["service", "install", "--gateway", "--inside", "in0"]
    assert main([*words, "--root", str(root), "--home", str(root / "home")]) == 0
    done = subprocess.run(
        ["unshare", "-rnm", sys.executable, str(SCENE), str(root)],
        capture_output=True,
        check=False,
        text=True,
        timeout=220,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_before_and_after_the_home_reaches_everything(seen: dict[str, Any]) -> None:
    assert set(seen["without"].values()) == {"ORIGINAL"}
    assert seen["after"] == seen["without"]


def test_removing_restores_the_ruleset_exactly(seen: dict[str, Any]) -> None:
    assert seen["restored"] is True


def test_the_service_manager_is_told_when_it_is_ready_and_that_it_lives(seen: dict[str, Any]) -> None:
    assert seen["told"] == ["READY=1", "WATCHDOG=1"]


def test_plain_requests_are_answered_by_the_gate(seen: dict[str, Any]) -> None:
    assert seen["gate"]["tcp 80"].startswith("b'HTTP/1.1 ")
    assert "ORIGINAL" not in seen["gate"]["tcp 80"]


@pytest.mark.parametrize("state", ["gate", "killed", "no gate yet"])
def test_nothing_passes_beside_the_gate_and_nobody_waits(seen: dict[str, Any], state: str) -> None:
    passed = [way for way, got in seen[state].items() if "ORIGINAL" in got]
    waited = [way for way, got in seen[state].items() if "long wait" in got]
    assert passed == []
    assert waited == []


def test_a_browser_set_to_another_proxy_gets_no_page_of_it(seen: dict[str, Any]) -> None:
    if "another proxy" not in seen:
        pytest.skip("needs Chromium")
    assert seen["another proxy, without"] == "ORIGINAL"
    assert seen["another proxy"] != "ORIGINAL"


@pytest.mark.parametrize("state", ["killed", "no gate yet"])
def test_without_a_gate_a_device_is_refused(seen: dict[str, Any], state: str) -> None:
    assert seen[state]["tcp 80"] == seen[state]["tcp 443"] == "ConnectionRefusedError"
