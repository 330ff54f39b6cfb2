"""What a benchmark of the gate stands on: an origin, proxies in processes of their own, their CPU time."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

HERE = Path(__file__).parent
TICK = os.sysconf("SC_CLK_TCK")
NAME = "localhost"  # a name both resolve alike; the gate reaches it by its policy
BLOCKED = "blocked.bench.example"


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy under test: its process and where it listens."""

    name: str
    process: subprocess.Popen[Any]
    port: int

    def cpu_seconds(self) -> float:
        """CPU time of the process and its children so far."""
        total = 0
        for pid in [self.process.pid, *_children(self.process.pid)]:
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                total += int(fields[11]) + int(fields[12])
        return total / TICK

    def memory_mb(self) -> float:
        """Resident memory of the process and its children."""
        total = 0
        for pid in [self.process.pid, *_children(self.process.pid)]:
            with contextlib.suppress(OSError):
                total += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return total * os.sysconf("SC_PAGE_SIZE") / 1e6


def _children(pid: int) -> list[int]:
    """All below a process: workers, and what those start."""
    with contextlib.suppress(OSError):
        found = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
        return [one for child in found for one in (child, *_children(child))]
    return []


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def pinned(cpu: int, command: list[Any]) -> list[Any]:
    """The command, to be run on one CPU where there are several."""
    taskset = shutil.which("taskset")
    return command if taskset is None or (os.cpu_count() or 1) <= cpu else [taskset, "-c", str(cpu), *command]


@contextlib.contextmanager
def origin(folder: Path) -> Iterator[tuple[int, int, Path]]:
    """Nginx with a 10 KB page, plain and TLS.

    Yields:
        The plain port, the TLS port, and the CA file its certificate is signed by.
    """
    nginx = shutil.which("nginx") or "/usr/sbin/nginx"
    if not Path(nginx).exists():
        sys.exit("this benchmark needs nginx as its origin: apt-get install nginx-light")
    plain, secure = free_port(), free_port()
    key, certificate = folder / "origin.key", folder / "origin.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-keyout", str(key), "-out", str(certificate), "-days", "30", "-subj", f"/CN={NAME}"]
    command += ["-addext", f"subjectAltName=DNS:{NAME}"]
    subprocess.run(command, check=True, capture_output=True)
    (folder / "index.html").write_text("x" * 10_240)
    folder.chmod(0o755)
    (folder / "nginx.conf").write_text(f"""
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log crit; user root;
events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 1000000; keepalive_timeout 300; ssl_session_cache off;
server {{ listen 127.0.0.1:{plain} backlog=1024; root {folder}; }}
server {{ listen 127.0.0.1:{secure} ssl backlog=1024; ssl_certificate {certificate};
ssl_certificate_key {key};
root {folder}; }} }}
""")
    process = subprocess.Popen(
        pinned(1, [nginx, "-c", folder / "nginx.conf", "-p", folder]), stderr=subprocess.DEVNULL
    )
    try:
        wait_for(plain, process)
        yield plain, secure, certificate
    finally:
        process.terminate()
        process.wait(10)


def wait_for(port: int, process: subprocess.Popen[Any], seconds: float = 90) -> None:
    """Wait until a process listens on a port of this machine."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    sys.exit(f"{process.args} does not listen on port {port}; exit code {process.poll()}")


@contextlib.contextmanager
def bare_mitmdump(folder: Path, ca_file: Path) -> Iterator[Proxy]:
    """Mitmdump as it comes, quiet, trusting the origin."""
    port = free_port()
    command = [Path(sys.executable).parent / "mitmdump", "-q", "--listen-host", "127.0.0.1", "-p", str(port)]
    command += ["--set", f"confdir={folder}/mitm", "--set", f"ssl_verify_upstream_trusted_ca={ca_file}"]
    yield from run_proxy("bare mitmdump", command, port)


@contextlib.contextmanager
def gate(home: Path) -> Iterator[Proxy]:
    """`stairgate up` on a home folder that is ready."""
    port = free_port()
    command = [Path(sys.executable).parent / "stairgate", "up", "--home", home]
    command += ["--listen", f"127.0.0.1:{port}", "--console", f"127.0.0.1:{free_port()}"]
    yield from run_proxy("the gate", command, port)


def run_proxy(name: str, command: list[Any], port: int) -> Iterator[Proxy]:
    """Run a proxy on the first CPU as long as it is needed."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(pinned(0, command), stdout=said, stderr=subprocess.STDOUT)
        try:
            wait_for(port, process)
            yield Proxy(name, process, port)
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()


def load(kind: str, proxy: Proxy, url: str, seconds: float, clients: int, ca: Path | None) -> dict[str, Any]:
    """One round of load from a process of its own; adds CPU µs a request to what it saw."""
    before = proxy.cpu_seconds()
    command = [sys.executable, HERE / "load.py", kind, f"127.0.0.1:{proxy.port}", url]
    command += [str(seconds), str(clients), *([str(ca)] if ca else [])]
    done = subprocess.run(pinned(1, command), capture_output=True, text=True, check=True)
    seen: dict[str, Any] = json.loads(done.stdout)
    seen["rate"] = seen["requests"] / seen["seconds"]
    seen["cpu_us"] = 1e6 * (proxy.cpu_seconds() - before) / max(seen["requests"], 1)
    return seen
