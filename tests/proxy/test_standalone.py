"""The addon in a stock mitmdump, as people who know mitmproxy run it."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ADDON = Path(__file__).parents[2] / "proxy" / "addon.py"
MITMDUMP = shutil.which("mitmdump", path=str(Path(sys.executable).parent))
pytestmark = pytest.mark.skipif(MITMDUMP is None, reason="no mitmdump beside this Python")


@pytest.fixture
def run_mitmdump(tmp_path: Path) -> Iterator[Callable[..., Any]]:
    """Start `mitmdump -s proxy/addon.py` and wait until it listens."""
    running: list[subprocess.Popen[str]] = []

    def start(policy: str, *arguments: str) -> tuple[str, Path, subprocess.Popen[str]]:
        home = tmp_path / "home"
        home.mkdir(mode=0o700, exist_ok=True)
        (home / "policy.yaml").write_text(policy)
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        assert MITMDUMP is not None
        process = subprocess.Popen(
            [
                MITMDUMP,
                "-s",
                str(ADDON),
                "--listen-host",
                "127.0.0.1",
                "--listen-port",
                str(port),
                *arguments,
            ],
            env=os.environ | {"STAIRGATE_HOME": str(home), "HOME": str(tmp_path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        running.append(process)
        assert process.stdout is not None
        for line in process.stdout:
            if "listening at" in line:
                return f"http://127.0.0.1:{port}", home, process
        return "", home, process

    yield start
    for process in running:
        process.terminate()
        process.wait(20)
        assert process.stdout is not None
        process.stdout.close()


def test_it_blocks_passes_and_writes_the_journal(origins: Any, run_mitmdump: Callable[..., Any]) -> None:
    origins.secure.expect_request("/").respond_with_data("own bytes")
    policy = origins.policy(names=("good.example", "bad.example")) + "block: [bad.example]\n"
    url, home, _process = run_mitmdump(policy)
    context = ssl.create_default_context(cafile=str(home / "ca.pem"))
    with httpx.Client(proxy=url, verify=context, trust_env=False, timeout=15) as client:
        good = client.get(f"https://good.example:{origins.secure.port}/")
        bad = client.get(f"https://bad.example:{origins.secure.port}/")
        inside = client.get("http://192.168.1.1/")
    assert (good.status_code, good.text) == (200, "own bytes")
    assert (bad.status_code, "rules keep this closed" in bad.text) == (403, True)
    assert (inside.status_code, len(origins.secure.log)) == (403, 1)
    assert (home / "journal.db").exists()


def test_an_option_that_weakens_it_is_not_taken(origins: Any, run_mitmdump: Callable[..., Any]) -> None:
    _url, _home, process = run_mitmdump(origins.policy(), "--set", "ignore_hosts=.*")
    assert process.wait(30) == 1
