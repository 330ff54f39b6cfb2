"""The household's peers: each a name, a public key, and a port of its own. Kept in `wireguard.yaml`.

A port each, because the tunnel's own addresses say nothing: behind one port, one peer could send under the
address of another, and be taken for that person. The private key of a device is never kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import yaml
from mitmproxy_rs import wireguard

from proxy.home import replace_file
from rules.errors import Problem, StairgateError
from rules.exits import Exit
from rules.strict_yaml import load_file

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from proxy.home import Home

FIRST_PORT = 51820
"""WireGuard's usual port; the first peer gets it."""
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,39}\Z")
_HEAD = "# Kept by `stairgate wireguard`; change it with that command, not by hand.\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """One device that may come through a tunnel.

    Attributes:
        name: as in the policy's `wireguard:NAME`, in lower case.
        key: its public key.
        port: the UDP port of the gate that is its own.
    """

    name: str
    key: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Peers:
    """All peers.

    Attributes:
        key: the gate's private key.
        endpoint: the name or address under which devices find the gate from outside.
        by_name: each peer.
    """

    key: str = ""
    endpoint: str = ""
    by_name: Mapping[str, Peer] = field(default_factory=dict)


def peers_file(home: Home) -> Path:
    """Where the peers are kept."""
    return home.path / "wireguard.yaml"


def load_peers(home: Home) -> Peers:
    """All peers; none where the file is not there.

    Raises:
        StairgateError: the file is damaged (65).
    """
    path = peers_file(home)
    if not path.exists():
        return Peers()
    document = load_file(path, name=path.name)
    data = document.data
    try:
        rows: dict[str, dict[str, Any]] = data["peers"] or {}
        by_name = {
            name: Peer(name=name, key=str(row["key"]), port=int(row["port"])) for name, row in rows.items()
        }
        peers = Peers(key=str(data["key"]), endpoint=str(data["endpoint"]), by_name=by_name)
        wireguard.pubkey(peers.key)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise StairgateError(
            Problem(
                code="wireguard-file",
                place=document.place(),
                cause=f"It is not as `stairgate wireguard` writes it: {error}.",
                hint="Move it away and add the devices anew.",
            )
        ) from error
    return peers


def save_peers(home: Home, peers: Peers) -> None:
    """Keep the peers.

    Raises:
        StairgateError: the home can't be written (69).
    """
    rows = {peer.name: {"key": peer.key, "port": peer.port} for peer in peers.by_name.values()}
    data = {"key": peers.key, "endpoint": peers.endpoint, "peers": rows}
    replace_file(peers_file(home), (_HEAD + yaml.safe_dump(data, sort_keys=False)).encode())


def add_peer(peers: Peers, name: str, *, endpoint: str = "") -> tuple[Peers, Peer, str]:
    """Add a device, or give one that is there a new key.

    Args:
        peers: those there are.
        name: the device's.
        endpoint: where devices find the gate; empty: as before.

    Returns:
        All peers, the new one, and its private key, which is kept nowhere.

    Raises:
        StairgateError: no such name can be, or nobody has said yet where the gate is found (64).
    """
    if not _NAME.match(name):
        raise _wrong(
            "NAME", f"{name!r} is no name for a device.", "Take letters, digits, dots and hyphens: anns-phone"
        )
    endpoint = endpoint or peers.endpoint
    if not endpoint:
        raise _wrong(
            "--endpoint",
            "Nobody has said yet under which name or address devices find the gate.",
            "Say it once: --endpoint home.example.org, or the gate's address in the home network.",
        )
    own, private = peers.key or wireguard.genkey(), wireguard.genkey()
    taken = {peer.port for peer in peers.by_name.values()}
    port = next(port for port in range(FIRST_PORT, 65536) if port not in taken)
    before = peers.by_name.get(name)
    peer = Peer(name=name, key=wireguard.pubkey(private), port=before.port if before else port)
    return Peers(key=own, endpoint=endpoint, by_name={**peers.by_name, name: peer}), peer, private


def remove_peer(peers: Peers, name: str) -> Peers:
    """Take a device out.

    Raises:
        StairgateError: there is none of this name (64).
    """
    if name not in peers.by_name:
        raise _wrong(
            "NAME", f"There is no device {name!r}.", "See which there are:  stairgate wireguard list"
        )
    left = {known: peer for known, peer in peers.by_name.items() if known != name}
    return replace(peers, by_name=left)


def _wrong(place: str, cause: str, hint: str) -> StairgateError:
    return StairgateError(
        Problem(code="wireguard-peer", place=place, cause=cause, hint=hint), exit_code=Exit.USAGE
    )
