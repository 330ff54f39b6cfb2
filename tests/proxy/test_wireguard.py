"""A device in a tunnel is its person's device and reaches nothing past the gate; and how tunnels are kept."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mitmproxy_rs import wireguard

import stairgate
from proxy.home import open_home
from proxy.wireguard.conf import draw_qr, write_conf
from proxy.wireguard.peers import Peers, add_peer, load_peers, peers_file, remove_peer, save_peers
from rules.errors import StairgateError

WORLD = Path(__file__).with_name("wireguard_world.py")
ROOT = Path(__file__).parents[2]


def has_client() -> bool:
    """Whether a userspace client can run here, in a network of its own."""
    wanted = ("unshare", "nsenter", "ip", "wg", "wireguard-go")
    if any(shutil.which(word) is None for word in wanted) or not os.access("/dev/net/tun", os.R_OK | os.W_OK):
        return False
    return subprocess.run(["unshare", "-rnm", "true"], capture_output=True, check=False).returncode == 0


@pytest.fixture(scope="module")
def told() -> Any:
    """What a child's telephone reached through its tunnel, and what was noted."""
    if not has_client():
        pytest.skip("needs wireguard-go, wg, /dev/net/tun and a network namespace")
    done = subprocess.run(
        ["unshare", "-rnm", sys.executable, WORLD, "anns-phone"],
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_device_in_a_tunnel_is_its_persons_device(told: Any) -> None:
    assert {person for person, *_ in told["noted"]} == {"ann"}


@pytest.mark.parametrize("what", ["look-up", "look-up over TCP"])
def test_names_are_answered_in_the_tunnel(told: Any, what: str) -> None:
    assert told["seen"][what] == ["198.51.100.80"]


def test_a_blocked_name_has_no_address_in_the_tunnel(told: Any) -> None:
    assert told["seen"]["blocked look-up"] == []


def test_an_open_page_is_reached_through_the_tunnel(told: Any) -> None:
    assert told["seen"]["page"] == "200 reached"


@pytest.mark.parametrize(
    "what",
    [
        "blocked page",
        "blocked page under another number",
        "blocked page in TLS",
        "blocked page over IPv6",
        "router",
    ],
)
def test_what_is_blocked_is_blocked_in_the_tunnel(told: Any, what: str) -> None:
    assert told["seen"][what] == "403"


def test_neither_quic_nor_anything_but_tls_and_http_leads_out_of_the_tunnel(told: Any) -> None:
    assert told["seen"]["quic"] == "TimeoutError"
    assert told["seen"]["other protocol"] in {"b''", "ConnectionResetError"}


def test_each_device_has_a_port_of_its_own_and_keeps_it() -> None:
    peers, first, key = add_peer(Peers(), "anns-phone", endpoint="home.example.org")
    peers, second, _ = add_peer(peers, "bobs-phone")
    peers, again, other = add_peer(peers, "anns-phone")
    assert (first.port, second.port, again.port) == (51820, 51821, 51820)
    assert key != other
    assert again.key == wireguard.pubkey(other)


def test_the_devices_key_is_kept_nowhere(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    peers, peer, private = add_peer(Peers(), "anns-phone", endpoint="home.example.org")
    save_peers(home, peers)
    assert load_peers(home) == peers
    assert private not in peers_file(home).read_text()
    assert peers_file(home).stat().st_mode & 0o077 == 0
    assert private in write_conf(peers, peer, private)


def test_everything_goes_through_the_tunnel_ipv6_too() -> None:
    peers, peer, private = add_peer(Peers(), "anns-phone", endpoint="2001:db8::1")
    text = write_conf(peers, peer, private)
    assert "AllowedIPs = 0.0.0.0/0, ::/0\n" in text
    assert "Endpoint = [2001:db8::1]:51820\n" in text
    assert "█" in draw_qr(text) or "▄" in draw_qr(text)


def test_a_device_taken_out_is_gone_and_its_port_free() -> None:
    peers, _, _ = add_peer(Peers(), "anns-phone", endpoint="home.example.org")
    peers, peer, _ = add_peer(remove_peer(peers, "anns-phone"), "bobs-phone")
    assert (list(peers.by_name), peer.port) == (["bobs-phone"], 51820)


@pytest.mark.parametrize("name", ["", "-x", "a b", "Ünal", "x" * 41])
def test_a_name_that_can_not_be_is_refused(name: str) -> None:
    with pytest.raises(StairgateError, match="no name for a device"):
        add_peer(Peers(), name, endpoint="home.example.org")


def test_a_damaged_file_is_told_with_its_place(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    peers_file(home).write_text("key: nonsense\nendpoint: x\npeers: {}\n")
    with pytest.raises(StairgateError, match=r"wireguard\.yaml"):
        load_peers(home)


def test_the_command_adds_shows_and_removes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = ["--home", str(tmp_path / "home")]
    assert stairgate.main(["wireguard", "add", "Anns-Phone", *home]) == 64
    assert stairgate.main(["wireguard", "add", "Anns-Phone", "--endpoint", "192.168.1.2", *home]) == 0
    assert "Endpoint = 192.168.1.2:51820" in capsys.readouterr().out
    assert stairgate.main(["wireguard", "list", "--json", *home]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "anns-phone"
    assert stairgate.main(["wireguard", "remove", "anns-phone", *home]) == 0
    assert stairgate.main(["wireguard", "remove", "anns-phone", *home]) == 64
