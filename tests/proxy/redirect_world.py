"""A gateway and a device in two networks: `unshare -rn python redirect_world.py DIR`, by test_redirected.py.

This process is the gateway: nftables redirects ports 80 and 443 to its gate, for IPv4 and IPv6. Prints one
JSON object of what the device got and what was noted.
"""

from __future__ import annotations

import asyncio
import json
import shlex
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from pytest_httpserver import HTTPServer

from proxy.gateway import Gate, Settings
from proxy.home import open_home
from rules import pack as packs
from rules.decide import Moment, decide
from rules.policy import parse

POLICY = """\
country: GB
names: {good.example: 127.0.0.1, bad.example: 127.0.0.1, six.example: '::1'}
reach: ['127.0.0.1:80', '127.0.0.1:443', '[::1]:80']
people: {everyone: {profile: tween}, mum: {profile: adult, decrypt: false, devices: [10.9.0.3]}}
"""
# Asks as a device that knows no proxy: by the address it found, with the name it wants.
ASK = """
import json, socket, ssl, sys
seen = {}
def ask(label, where, name, *, source="", secure=False, raw=None):
    try:
        own = (source, 0) if source else None
        with socket.create_connection(where, timeout=5, source_address=own) as one:
            if secure:
                context = ssl._create_unverified_context()
                one = context.wrap_socket(one, server_hostname=name or None)
            head = f"GET / HTTP/1.1\\r\\nHost: {name}\\r\\nConnection: close\\r\\n\\r\\n"
            one.sendall(raw or head.encode())
            said = b""
            while part := one.recv(65536):
                said += part
            body = said.partition(b"\\r\\n\\r\\n")[2]
            seen[label] = [said[9:12].decode(), b"stays closed" in said, body[-6:].decode()]
    except OSError as error:
        seen[label] = [type(error).__name__]
web, six = ("203.0.113.5", 80), ("2001:db8::5", 80)
ask("plain", web, "good.example")
ask("plain, six", six, "good.example")
ask("plain, to an origin with six only", six, "six.example")
ask("blocked", web, "bad.example")
ask("blocked, six", six, "bad.example")
ask("blocked, TLS", ("203.0.113.5", 443), "bad.example", secure=True)
ask("blocked, TLS, six", ("2001:db8::5", 443), "bad.example", secure=True)
ask("mum", web, "good.example", source="10.9.0.3")
ask("mum, blocked for her too", web, "bad.example", source="10.9.0.3")
ask("no Host", web, "", raw=b"GET / HTTP/1.0\\r\\n\\r\\n")
ask("noise", web, "", raw=b"SSH-2.0-x\\r\\n")
ask("TLS cut off", ("203.0.113.5", 443), "", raw=b"\\x16\\x03\\x01\\0\\0")
ask("the gate's own port, origin form", ("10.9.0.1", 8080), "good.example")
print(json.dumps(seen))
"""
RULES = """
table inet redirecting {
  chain in {
    type nat hook prerouting priority dstnat;
    iifname "inside" tcp dport {80, 443} redirect to :8080
  }
}
"""


def run(line: str) -> None:
    subprocess.run(shlex.split(line), check=True, capture_output=True, text=True)


def wire(pid: int) -> None:
    """A cable between this network and the device's, with both kinds of addresses."""
    run(f"ip link add inside type veth peer name there netns {pid}")
    for line in (
        "addr add 10.9.0.1/24 dev inside",
        "addr add fd00:9::1/64 dev inside nodad",
        "link set inside up",
    ):
        run(f"ip {line}")
    run("ip link set lo up")
    for line in (
        "addr add 10.9.0.2/24 dev there",
        "addr add 10.9.0.3/24 dev there",
        "addr add fd00:9::2/64 dev there nodad",
        "link set there up",
        "link set lo up",
        "route add default via 10.9.0.1",
        "-6 route add default via fd00:9::1",
    ):
        run(f"nsenter -n -t {pid} ip {line}")
    subprocess.run(["nft", "-f", "-"], input=RULES, check=True, text=True)


def play(folder: Path, device: int) -> dict[str, Any]:
    """Run the gate in a thread, let the device ask, and tell what came of it."""
    (folder / "gambling.txt").write_text("bad.example\n")
    source = packs.Source(list="test", path=folder / "gambling.txt", category="gambling")
    packs.build([source], folder / "pack")
    policy, pack = parse(POLICY), packs.Pack.open(folder / "pack")
    noted: list[tuple[str, str, str]] = []

    class Judge:
        rules = SimpleNamespace(policy=policy, pack=pack)

        def when_changed(self, _listener: Any) -> None:
            pass

        def decide(self, request: Any) -> Any:
            import datetime as dt

            return decide(request, policy, pack, Moment(at=dt.datetime.now(dt.UTC)))

    class Notes:
        def note(self, request: Any, decision: Any, device: str) -> None:
            noted.append((request.address.host if request.address else "", str(decision.action), device))

    ready = threading.Event()

    def serve() -> None:
        async def work() -> None:
            home: Any = open_home(folder / "home")
            listener = socket.create_server(("::", 8080), family=socket.AF_INET6, dualstack_ipv6=True)
            gate = Gate(
                Settings(home=home, judge=Judge(), notes=Notes(), listeners=(("", listener),))  # type: ignore[arg-type]
            )
            await gate.start()
            asyncio.get_running_loop().call_soon(ready.set)
            await gate.run()

        asyncio.run(work())

    threading.Thread(target=serve, daemon=True).start()
    if not ready.wait(20):
        sys.exit("the gate did not start")
    asked = subprocess.run(
        ["nsenter", "-n", "-t", str(device), sys.executable, "-c", ASK],
        capture_output=True,
        text=True,
        check=True,
    )
    return {"seen": json.loads(asked.stdout), "noted": noted}


def main(folder: Path) -> None:
    """Play it and print what was seen."""
    device = subprocess.Popen(["unshare", "-n", "--kill-child", "cat"], stdin=subprocess.PIPE)
    own = Path("/proc/self/ns/net").readlink()
    while Path(f"/proc/{device.pid}/ns/net").readlink() == own:
        pass
    try:
        wire(device.pid)
        with HTTPServer(host="127.0.0.1", port=80) as four, HTTPServer(host="::1", port=80) as six:
            four.expect_request("/").respond_with_data("ORIGIN")
            six.expect_request("/").respond_with_data("ORIG-6")
            told = play(folder, device.pid)
            told["asked"] = [len(four.log), len(six.log)]
        print(json.dumps(told))  # noqa: T201 - this is a program
    finally:
        device.kill()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
