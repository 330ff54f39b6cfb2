"""Faults of disk, files and numbers under a running gate: closed, told, and over when the cause is."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="looks at processes through /proc"),
    pytest.mark.xdist_group("running"),  # they share one gate
]


def test_a_worker_replaced_while_policy_and_pack_are_broken_keeps_the_last_good_rules(up: Any) -> None:
    policy, pack = up.home / "policy.yaml", up.home / "packs" / "current.pack"
    good_policy, good_pack = policy.read_text(), pack.read_bytes()
    try:
        for path, content in ((policy, b"people: [nobody\n"), (pack, good_pack[: len(good_pack) // 2])):
            draft = path.with_name("draft")
            draft.write_bytes(content)
            draft.replace(path)
            for name in ("worker-1", "worker-2"):
                pid = up.part(name)
                os.kill(pid, signal.SIGKILL)
                assert up.replaced(name, pid, 30)
            assert up.ask().startswith(b"HTTP/1.1 403")
    finally:
        policy.write_text(good_policy)
        pack.write_bytes(good_pack)
    assert up.until(lambda: up.today()["state"] == "on", seconds=30)


def test_workers_that_cannot_start_keep_nobody_waiting_and_the_console_says_that_protection_is_off(
    up: Any,
) -> None:
    key = up.home / "ca" / "mitmproxy-ca.pem"
    content = key.read_bytes()
    key.write_bytes(b"no key")
    try:
        for name in ("worker-1", "worker-2"):
            os.kill(up.part(name), signal.SIGKILL)
        assert up.until(lambda: up.today()["state"] == "off", seconds=30)
        for _ in range(4):
            begun = time.monotonic()
            with contextlib.suppress(OSError):
                assert up.ask(seconds=30) == b""  # closed without a byte
            assert time.monotonic() - begun < 5
    finally:
        key.write_bytes(content)
    assert up.until(lambda: up.today()["state"] == "on", seconds=30)
    assert up.ask().startswith(b"HTTP/1.1 403")


def test_more_clients_than_descriptors_are_not_answered_and_the_next_ones_are(up: Any) -> None:
    parts = up.parts()
    for name in ("worker-1", "worker-2"):
        resource.prlimit(parts[name], resource.RLIMIT_NOFILE, (100, 100))
    crowd = [socket.socket() for _ in range(500)]
    try:
        for one in crowd:
            one.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                one.connect(up.proxy)
        time.sleep(0.5)  # they say nothing, and hold what they were given
    finally:
        for one in crowd:
            one.close()
    assert up.until(lambda: up.answers, seconds=30)
    assert up.parts() == parts  # nobody had to be replaced
    for name in ("worker-1", "worker-2"):
        os.kill(parts[name], signal.SIGKILL)  # their successors have the parent's bound again


def test_on_a_full_disk_what_is_blocked_stays_blocked_and_the_console_says_so(
    tmp_path: Path, start_up: Callable[..., Any]
) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    enter = [
        "unshare",
        "-rm",
        "sh",
        "-c",
        'mount -t tmpfs -o size=24m,mode=0700 t "$0" && exec "$@"',
        str(home),
    ]
    if subprocess.run([*enter, "true"], check=False, capture_output=True).returncode:
        pytest.skip("no disk of its own can be made here (unshare -rm)")
    up = start_up(home, *enter)
    try:
        filler = Path(f"/proc/{up.process.pid}/root{home}/filler")
        with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
            while True:
                file.write(b"x" * 65_536)
        assert up.ask().startswith(b"HTTP/1.1 403")
        assert up.until(lambda: any("disk" in worry for worry in up.today()["worries"]), seconds=30)
        for name in ("worker-1", "worker-2"):
            pid = up.part(name)
            os.kill(pid, signal.SIGKILL)
            assert up.replaced(name, pid, 30)
        assert up.ask().startswith(b"HTTP/1.1 403")
        filler.unlink()
        assert up.until(lambda: up.today()["worries"] == [], seconds=30)
    finally:
        up.process.terminate()
        up.process.wait(20)
