"""What a device needs to know of its tunnel, as the text and the QR code that WireGuard's own apps read."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import segno
from mitmproxy_rs import wireguard

if TYPE_CHECKING:
    from proxy.wireguard.peers import Peer, Peers

# Addresses inside the tunnel; every tunnel is one of its own, so all of them may have the same.
ADDRESSES = ("10.66.0.2/32", "fd66:66::2/128")
NAME_SERVER = "10.66.0.53"
"""Any address will do: questions are answered by the gate wherever in the tunnel they are sent."""


def write_conf(peers: Peers, peer: Peer, private: str) -> str:
    """The configuration of a device: everything goes through the tunnel, IPv6 too.

    Args:
        peers: for the gate's key and where it is found.
        peer: the device.
        private: its private key.
    """
    endpoint = f"[{peers.endpoint}]" if ":" in peers.endpoint else peers.endpoint
    return (
        "[Interface]\n"
        f"PrivateKey = {private}\n"
        f"Address = {', '.join(ADDRESSES)}\n"
        f"DNS = {NAME_SERVER}\n"
        "\n"
        "[Peer]\n"
        f"PublicKey = {wireguard.pubkey(peers.key)}\n"
        "AllowedIPs = 0.0.0.0/0, ::/0\n"
        f"Endpoint = {endpoint}:{peer.port}\n"
        "PersistentKeepalive = 25\n"
    )


def draw_qr(text: str) -> str:
    """The text as a QR code in characters, for a terminal."""
    out = io.StringIO()
    segno.make(text, error="l", micro=False).terminal(out, compact=True)
    return out.getvalue()
