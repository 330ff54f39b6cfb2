"""Devices that know no proxy: redirected by nftables in networks of their own, over IPv4 and IPv6."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from proxy.original import read_socket_address

NEEDED = ("unshare", "nsenter", "ip", "nft")
WORLD = Path(__file__).with_name("redirect_world.py")


def _possible() -> bool:
    if any(shutil.which(name) is None for name in NEEDED):
        return False
    tried = subprocess.run(["unshare", "-rn", "nft", "list", "ruleset"], capture_output=True, check=False)
    return tried.returncode == 0


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the device got, and what was noted."""
    if not _possible():
        pytest.skip("network namespaces with nftables can't be made here: " + ", ".join(NEEDED))
    done = subprocess.run(
        ["unshare", "-rn", sys.executable, str(WORLD), str(tmp_path_factory.mktemp("world"))],
        capture_output=True,
        check=False,
        text=True,
        timeout=90,
        cwd=WORLD.parents[2],
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    ("label", "body"),
    [
        ("plain", "ORIGIN"),
        ("plain, six", "ORIGIN"),
        ("plain, to an origin with six only", "ORIG-6"),
        ("mum", "ORIGIN"),
    ],
)
def test_an_open_site_is_served(told: dict[str, Any], label: str, body: str) -> None:
    assert told["seen"][label] == ["200", False, body]


@pytest.mark.parametrize("label", ["blocked", "blocked, six", "blocked, TLS", "blocked, TLS, six"])
def test_a_blocked_site_gets_the_page_and_is_never_reached(told: dict[str, Any], label: str) -> None:
    assert told["seen"][label][:2] == ["403", True]
    assert told["asked"] == [3, 1]


@pytest.mark.parametrize("label", ["no Host", "noise", "TLS cut off", "the gate's own port, origin form"])
def test_what_is_not_understood_is_not_relayed(told: dict[str, Any], label: str) -> None:
    assert told["seen"][label][0] in {
        *("400", "ConnectionResetError", "", "SSLEOFError"),
        "TimeoutError",  # what may yet become a request is waited for, until our patience ends
    }


def test_the_device_is_known_by_its_own_address(told: dict[str, Any]) -> None:
    assert {device for _, _, device in told["noted"]} == {"10.9.0.2", "10.9.0.3", "fd00:9::2"}


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("0200 0050 cb007105 0000000000000000", ("203.0.113.5", 80)),
        ("0a00 01bb 00000000 20010db8000000000000000000000005 00000000", ("2001:db8::5", 443)),
        ("0a00 01bb 00000000 00000000000000000000ffffcb007105 00000000", ("203.0.113.5", 443)),
        ("0100 0050 cb007105", None),
        ("", None),
    ],
)
@pytest.mark.skipif(sys.byteorder != "little", reason="the bytes are those of a little-endian machine")
def test_an_address_of_the_kernel_is_read(raw: str, found: tuple[str, int] | None) -> None:
    assert read_socket_address(bytes.fromhex(raw.replace(" ", ""))) == found
