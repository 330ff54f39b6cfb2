"""A WireGuard device of its own, in namespaces of its own: `unshare -rnm python wireguard_world.py NAME`.

This namespace is the gate's side: a site, a name server and the tunnels. In a second one inside it is the
device: a userspace client (wireguard-go) whose every route leads into its tunnel. Prints one JSON object of
what the device reached. Refuses to run where there is more than a loopback interface.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import os
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from cabled_world import (
    BEHIND,
    GATE,
    SITE,
    Judge,
    NameServer,
    insist_on_own_network,
    run,
    start_device,
    take_numbers,
)

POLICY = f"""\
country: GB
names: {{good.example: {SITE}, bad.example: {SITE}, adults.example: {SITE}}}
unknown_device: nobody
people:
  ann: {{profile: tween, devices: ["wireguard:anns-phone"]}}
  bob: {{profile: adult, devices: ["wireguard:bobs-phone"]}}
"""


def judge_in(folder: Path) -> Judge:
    """The real rules with one listed site."""
    from rules import pack as packs

    (folder / "gambling.txt").write_text("bad.example\n")
    source = packs.Source(list="test", path=folder / "gambling.txt", category="gambling")
    return Judge(POLICY, [source], folder / "pack")


async def serve_page(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One page."""
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nreached")
    writer.close()


async def play(folder: Path, noted: list[list[str]], ready: threading.Event) -> None:
    """The gate's side."""
    from proxy.dns.answering import Answering
    from proxy.dns.cache import Cache
    from proxy.dns.upstream import Upstream
    from proxy.gateway import Gate, Settings
    from proxy.home import open_home
    from proxy.wireguard.conf import write_conf
    from proxy.wireguard.part import Tunnels
    from proxy.wireguard.peers import Peers, add_peer, save_peers

    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(NameServer, local_addr=(BEHIND, 53))
    await asyncio.start_server(serve_page, SITE, 80)
    home = open_home(folder / "home")
    peers, confs = Peers(), {}
    for name in ("anns-phone", "bobs-phone"):
        peers, peer, private = add_peer(peers, name, endpoint=GATE)
        confs[name] = (peer, private)
    save_peers(home, peers)
    for name, (peer, private) in confs.items():
        (folder / f"{name}.conf").write_text(write_conf(peers, peer, private))
    judge = judge_in(folder)
    notes: Any = SimpleNamespace(
        note=lambda request, decision, _device: noted.append(
            [
                request.person,
                request.address.host if request.address else "",
                str(decision.action),
                decision.because,
            ]
        )
    )
    gate = Gate(Settings(home=home, judge=judge, notes=notes, listen=None))
    tunnels = Tunnels(home, GATE, gate, Answering(judge, notes, Cache(Upstream([(BEHIND, 53)]).ask)))
    await gate.start()
    await tunnels.follow()
    (folder / "ca").write_text(str(home.ca_pem))
    ready.set()
    await gate.run()


def bring_up(folder: Path, name: str) -> None:
    """The device's tunnel: what its app does with the configuration."""
    os.environ["WG_PROCESS_FOREGROUND"] = "1"
    Path("/run/wireguard").mkdir(parents=True, exist_ok=True)
    client = subprocess.Popen(
        ["wireguard-go", "-f", "wg0"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    atexit.register(client.kill)
    until = time.monotonic() + 10
    while "wg0" not in run("ip", "-br", "link") and time.monotonic() < until:
        time.sleep(0.05)
    keys = [
        line
        for line in (folder / f"{name}.conf").read_text().splitlines()
        if not line.startswith(("Address", "DNS"))
    ]
    (folder / "wg0").write_text("\n".join(keys) + "\n")
    run("wg", "setconf", "wg0", str(folder / "wg0"))
    run("ip", "addr", "add", "10.66.0.2/32", "dev", "wg0")
    run("ip", "addr", "add", "fd66:66::2/128", "dev", "wg0", "nodad")
    run("ip", "link", "set", "wg0", "mtu", "1420", "up")
    run("ip", "route", "add", "default", "dev", "wg0")
    run("ip", "-6", "route", "add", "default", "dev", "wg0")


def ask(name: str, *, tcp: bool = False) -> list[str] | str:
    """A look-up through the tunnel."""
    import dns.query

    query = dns.message.make_query(name, "A", use_edns=0)
    try:
        answer = (dns.query.tcp if tcp else dns.query.udp)(query, "10.66.0.53", timeout=5)
    except Exception as error:  # noqa: BLE001 - told to the test
        return type(error).__name__
    return [rdata.to_text() for rrset in answer.answer for rdata in rrset]


def fetch(name: str, number: str = SITE, port: int = 80) -> str:
    """A plain page, as a device asks for it: by number, with the name in the Host field."""
    try:
        with socket.create_connection((number, port), timeout=5) as connection:
            connection.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
            data = b""
            while part := connection.recv(65536):
                data += part
    except OSError as error:
        return type(error).__name__
    return f"{data[9:12].decode()} {'reached' if b'reached' in data else ''}".strip()


def fetch_tls(name: str, ca: str, number: str = SITE) -> str:
    """A page in TLS: whose certificate, and which status."""
    context = ssl.create_default_context(cafile=ca)
    try:
        with (
            socket.create_connection((number, 443), timeout=5) as raw,
            context.wrap_socket(raw, server_hostname=name) as secure,
        ):
            secure.sendall(f"GET / HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
            return secure.recv(4096)[9:12].decode()
    except OSError as error:
        return type(error).__name__


def send_udp(number: str, port: int) -> str:
    """What comes back for a datagram."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(1)
        try:
            client.sendto(b"\xc0\x1a\x2a\x3a\x4a" + bytes(1195), (number, port))
            return f"{len(client.recv(2048))} bytes"
        except OSError as error:
            return type(error).__name__


def be_device(folder: Path, name: str) -> None:
    """In the device's own namespace: go everywhere, and tell what was reached."""
    run("ip", "link", "set", "lo", "up")
    bring_up(folder, name)
    ca = (folder / "ca").read_text()
    seen = {
        "look-up": ask("good.example"),
        "blocked look-up": ask("bad.example"),
        "look-up over TCP": ask("good.example", tcp=True),
        "page": fetch("good.example"),
        "blocked page": fetch("bad.example"),
        "blocked page under another number": fetch("bad.example", "203.0.113.9"),
        "blocked page in TLS": fetch_tls("bad.example", ca),
        "blocked page over IPv6": fetch_tls("bad.example", ca, "2001:db8::80"),
        "router": fetch("192.168.1.1", "192.168.1.1"),
        "gate": fetch("127.0.0.1", "127.0.0.1", 1),
        "quic": send_udp(SITE, 443),
        "other protocol": fetch_other(),
    }
    sys.stdout.write(json.dumps(seen))


def fetch_other() -> str:
    """Something that is neither TLS nor HTTP."""
    try:
        with socket.create_connection((SITE, 443), timeout=5) as connection:
            connection.sendall(b"\x05\x01\x00")
            return repr(connection.recv(100))
    except OSError as error:
        return type(error).__name__


def main() -> None:
    """Both sides."""
    if len(sys.argv) > 2:
        be_device(Path(sys.argv[1]), sys.argv[2])
        return
    insist_on_own_network()
    run("mount", "-t", "tmpfs", "none", "/run")
    take_numbers(SITE, BEHIND)
    folder = Path(tempfile.mkdtemp())
    noted: list[list[str]] = []
    ready = threading.Event()
    threading.Thread(target=lambda: asyncio.run(play_after_link(folder, noted, ready)), daemon=True).start()
    device = start_device("-n", __file__, str(folder), sys.argv[1])
    LINKED.set()
    if not ready.wait(20):
        sys.exit("the gate is not ready")
    out, _ = device.communicate("go\n", timeout=60)
    sys.stdout.write(json.dumps({"seen": json.loads(out), "noted": noted}))
    sys.stdout.flush()
    # The gate still runs in its thread, beside threads that are not Python's: an interpreter that ends under
    # them may crash.
    os._exit(0)


LINKED = threading.Event()


async def play_after_link(folder: Path, noted: list[list[str]], ready: threading.Event) -> None:
    """Wait for the cable, whose address the tunnels listen at."""
    await asyncio.to_thread(LINKED.wait)
    await play(folder, noted, ready)


if __name__ == "__main__":
    main()
