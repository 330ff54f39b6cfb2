"""What worlds have in common in which a device has one cable to the gate: rules, names and the cable itself.

For `child_world.py` and `wireguard_world.py`, which run as programs in namespaces of their own.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import dns.message
import dns.rrset

if TYPE_CHECKING:
    from collections.abc import Iterable

GATE, DEVICE, SITE, BEHIND = "10.1.0.1", "10.1.0.2", "198.51.100.80", "198.51.100.54"


def run(*words: str, check: bool = True) -> str:
    return subprocess.run(words, check=check, capture_output=True, text=True).stdout


class Judge:
    """The real rules, with a pack made of sources."""

    def __init__(self, policy: str, sources: Iterable[Any], target: Path) -> None:
        from rules import pack as packs
        from rules.policy import parse

        packs.build(sources, target)
        self.rules: Any = SimpleNamespace(policy=parse(policy), pack=packs.Pack.open(target))

    def when_changed(self, _listener: Any) -> None:
        """Nothing changes here."""

    def decide(self, request: Any) -> Any:
        """Decide now."""
        from rules.decide import Moment, decide

        return decide(request, self.rules.policy, self.rules.pack, Moment(at=dt.datetime.now(dt.UTC)))


class NameServer(asyncio.DatagramProtocol):
    """Every name is at the site."""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, client: Any) -> None:
        query = dns.message.from_wire(data)
        reply = dns.message.make_response(query)
        if query.question[0].rdtype.name == "A":
            reply.answer.append(dns.rrset.from_text(query.question[0].name, 60, "IN", "A", SITE))
        self._transport.sendto(reply.to_wire(), client)


def insist_on_own_network() -> None:
    """End where there is more than a loopback interface: nothing of these worlds may get out."""
    if [link["ifname"] for link in json.loads(run("ip", "-j", "link"))] != ["lo"]:
        sys.exit("this is not a network of its own; nothing is sent")


def take_numbers(*numbers: str) -> None:
    """Be the internet behind the gate."""
    run("ip", "link", "set", "lo", "up")
    for number in numbers:
        run("ip", "addr", "add", number, "dev", "lo")


def start_device(flags: str, *words: str) -> subprocess.Popen[str]:
    """A device in namespaces of its own, with one cable to here; it waits for a line before it does anything.

    Args:
        flags: of unshare: which namespaces.
        words: what it runs, with this Python.
    """
    device = subprocess.Popen(
        ["unshare", flags, "sh", "-c", 'read _ && exec "$@"', "sh", sys.executable, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    own = Path("/proc/self/ns/net").readlink()
    while Path(f"/proc/{device.pid}/ns/net").readlink() == own:
        time.sleep(0.02)
    run("ip", "link", "add", "here", "type", "veth", "peer", "name", "there", "netns", str(device.pid))
    run("ip", "addr", "add", f"{GATE}/30", "dev", "here")
    run("ip", "link", "set", "here", "up")
    inside = ("nsenter", "-t", str(device.pid), "-n", "ip")
    run(*inside, "addr", "add", f"{DEVICE}/30", "dev", "there")
    run(*inside, "link", "set", "there", "up")
    return device
