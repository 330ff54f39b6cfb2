"""A home, a gateway and an internet in three network namespaces; run by test_gateway.py as a program.

`unshare -rnm python scene.py ROOT`: this process is the gateway. Prints one JSON object of what was seen.
"""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

INTERNET = "203.0.113.2"
SERVE = """
import socket, threading
def serve(port):
    listener = socket.create_server(("", port))
    while True:
        client, _ = listener.accept()
        client.recv(4096)
        client.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 8\\r\\nConnection: close\\r\\n\\r\\nORIGINAL")
        client.close()
for port in (80, 443, 853, 8000):
    threading.Thread(target=serve, args=(port,)).start()
datagrams = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3)]
def echo(one, port):
    one.bind(("", port))
    while True:
        data, client = one.recvfrom(4096)
        one.sendto(b"ORIGINAL", client)
for one, port in zip(datagrams, (443, 53, 123)):
    threading.Thread(target=echo, args=(one, port)).start()
print("ready", flush=True)
"""
ASK = """
import socket, sys
kind, host, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
try:
    if kind == "tcp":
        with socket.create_connection((host, port), timeout=3) as one:
            one.sendall(b"GET / HTTP/1.1\\r\\nHost: bet365.com\\r\\n\\r\\n")
            said = one.recv(65536)
            print(said[-8:].decode("latin-1") if said.endswith(b"ORIGINAL") else repr(said[:60]))
    else:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.settimeout(3)
            one.connect((host, port))
            one.send(b"\\0" * 20)
            print(one.recv(100)[:8].decode("latin-1"))
except Exception as error:
    print(type(error).__name__)
"""


def run(line: str) -> str:
    return subprocess.run(shlex.split(line), check=True, capture_output=True, text=True).stdout


def namespace(words: list[str]) -> subprocess.Popen[str]:
    """A process in a network of its own."""
    return subprocess.Popen(
        ["unshare", "-n", "--kill-child", *words], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )


def wire(process: subprocess.Popen[str], here: str, there: str, address: str, router: str) -> None:
    """A cable between this network and a process's, and its way to everywhere."""
    enter = f"nsenter -n -t {process.pid}"
    run(f"ip link add {here} type veth peer name {there} netns {process.pid}")
    run(f"ip addr add {router}/24 dev {here}")
    run(f"ip link set {here} up")
    for line in (
        f"ip addr add {address}/24 dev {there}",
        f"ip link set {there} up",
        "ip link set lo up",
        f"ip route add default via {router}",
    ):
        run(f"{enter} {line}")


def see(client: subprocess.Popen[str]) -> dict[str, str]:
    """What a device of the home gets from the internet, kind by kind."""
    seen = {}
    for kind, port in (
        ("tcp", 80),
        ("tcp", 443),
        ("tcp", 853),
        ("tcp", 8000),
        ("udp", 443),
        ("udp", 53),
        ("udp", 123),
    ):
        begun = time.monotonic()
        done = subprocess.run(
            ["nsenter", "-n", "-t", str(client.pid), sys.executable, "-c", ASK, kind, INTERNET, str(port)],
            capture_output=True,
            text=True,
            check=True,
        )
        seen[f"{kind} {port}"] = done.stdout.strip()
        if time.monotonic() - begun > 2.5:
            seen[f"{kind} {port}"] += " after a long wait"
    return seen


def browse(client: subprocess.Popen[str], folder: Path) -> str:
    """What Chromium at a device shows of a page when it is set to use a proxy somewhere in the internet."""
    words = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    words += [
        f"--user-data-dir={folder}/browser",
        f"--proxy-server=http://{INTERNET}:8000",
        "--timeout=40000",
    ]
    done = subprocess.run(
        ["nsenter", "-n", "-t", str(client.pid), *words, "--dump-dom", "http://bet365.com/"],
        capture_output=True,
        check=False,
        text=True,
        timeout=80,
    )
    return "ORIGINAL" if "ORIGINAL" in done.stdout else done.stdout[:200]


def start_gate(unit: Path, folder: Path) -> tuple[subprocess.Popen[Any], list[str]]:
    """Run the unit's own ExecStart, with a service manager's socket; what it was told."""
    words = next(line for line in unit.read_text().splitlines() if line.startswith("ExecStart="))
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(str(folder / "notify"))
    manager.settimeout(60)
    process = subprocess.Popen(
        shlex.split(words.partition("=")[2]),
        stdout=subprocess.DEVNULL,
        env=os.environ | {"NOTIFY_SOCKET": str(folder / "notify")},
    )
    told = []
    while "WATCHDOG=1" not in told or "READY=1" not in told:
        told.append(manager.recv(1000).decode())
    return process, sorted(set(told))


def main(root: Path) -> None:
    """Play it and print what was seen."""
    run("ip link set lo up")
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
    # Linux refuses UDP at most once a second to each device; this one asks faster.
    Path("/proc/sys/net/ipv4/icmp_ratelimit").write_text("0")
    internet = namespace([sys.executable, "-c", SERVE])
    client = namespace(["cat"])
    gate = None
    time.sleep(0.3)
    try:
        wire(internet, "out0", "net0", INTERNET, "203.0.113.1")
        wire(client, "in0", "dev0", "192.168.7.2", "192.168.7.1")
        assert internet.stdout is not None
        internet.stdout.readline()
        run("nft add table inet of_somebody_else")
        run("nft add chain inet of_somebody_else forward '{ type filter hook forward priority 0; }'")
        before = run("nft list ruleset")
        seen: dict[str, Any] = {"without": see(client)}
        browser = shutil.which("chromium") is not None
        if browser:
            seen["another proxy, without"] = browse(client, root)
        table = root / "etc/stairgate/gateway.nft"
        run(f"nft -f {table}")
        run(f"nft -f {table}")  # twice is once
        seen["no gate yet"] = see(client)
        gate, seen["told"] = start_gate(root / "etc/systemd/system/stairgate.service", root)
        seen["gate"] = see(client)
        if browser:
            seen["another proxy"] = browse(client, root)
        gate.send_signal(signal.SIGKILL)
        gate.wait()
        time.sleep(0.5)
        seen["killed"] = see(client)
        run("nft delete table inet stairgate")  # the unit's ExecStop
        seen["restored"] = run("nft list ruleset") == before
        seen["after"] = see(client)
        print(json.dumps(seen))  # noqa: T201 - this is a program
    finally:
        for one in (internet, client, gate):
            if one is not None:
                with contextlib.suppress(OSError):
                    one.kill()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
