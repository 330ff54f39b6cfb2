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
NAME = "localhost"  # a name all resolve alike; the gate reaches it by its policy
PASSED = "bank.bench.example"  # of a category that is never looked into
BLOCKED = "blocked.bench.example"
LARGE = 512  # MB of the large file


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy under test: its process and where it listens."""

    name: str
    process: subprocess.Popen[Any]
    port: int

    def cpu_seconds(self) -> float:
        """CPU time of the process and its children so far."""
        total = 0
        for pid in [self.process.pid, *_below(self.process.pid)]:
            with contextlib.suppress(OSError):
                fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
                total += int(fields[11]) + int(fields[12])
        return total / TICK

    def memory_mb(self) -> float:
        """Memory of the process and its children, what they share counted once (PSS)."""
        total = 0
        for pid in [self.process.pid, *_below(self.process.pid)]:
            with contextlib.suppress(OSError):
                rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
                total += int(rollup.partition("\nPss:")[2].split()[0])
        return total * 1024 / 1e6


def children(parent: int) -> dict[int, str]:
    """The names of a process's own children, by process id (the list the kernel keeps may miss some)."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            before, _, after = stat.read_text().rpartition(")")
            if int(after.split()[1]) == parent:
                found[int(stat.parent.name)] = before.partition("(")[2]
    return found


def _below(pid: int) -> list[int]:
    return [one for child in children(pid) for one in (child, *_below(child))]


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
    """Nginx with a 10 KB page and a large file, plain and TLS; only the index is of a type that is read.

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
    command += ["-addext", f"subjectAltName=DNS:{NAME},DNS:{PASSED}"]
    subprocess.run(command, check=True, capture_output=True)
    for name in ("index.html", "page"):
        (folder / name).write_text("x" * 10_240)
    with (folder / "large").open("wb") as large:
        large.truncate(LARGE * 1_000_000)
    folder.chmod(0o755)
    (folder / "nginx.conf").write_text(f"""
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log crit; user root;
events {{ worker_connections 1024; }}
http {{ access_log off; sendfile on; types {{ text/html html; }} default_type application/octet-stream;
keepalive_requests 1000000; keepalive_timeout 300; ssl_session_cache off;
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
def gate(home: Path, workers: int = 1) -> Iterator[Proxy]:
    """`stairgate up` on a home folder that is ready; with several workers on all processors."""
    port = free_port()
    command = [Path(sys.executable).parent / "stairgate", "up", "--home", home, "--workers", str(workers)]
    command += ["--listen", f"127.0.0.1:{port}", "--console", f"127.0.0.1:{free_port()}"]
    name = "the gate" if workers == 1 else f"the gate, {workers} workers"
    yield from run_proxy(name, command, port, alone=workers == 1)


def run_proxy(name: str, command: list[Any], port: int, *, alone: bool = True) -> Iterator[Proxy]:
    """A proxy in a process of its own, until the caller goes on; alone: on one processor."""
    with tempfile.TemporaryFile() as said:
        words = pinned(0, command) if alone else command
        process = subprocess.Popen(words, stdout=said, stderr=subprocess.STDOUT)
        try:
            wait_for(port, process)
            yield Proxy(name, process, port)
        finally:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            process.kill()


def load(
    kind: str, proxy: Proxy, url: str, seconds: float, clients: int, ca: Path | None = None
) -> dict[str, Any]:
    """One round of load from a process of its own; adds CPU µs a request to what it saw."""
    before = proxy.cpu_seconds()
    if kind == "large":
        seen = _download(proxy, url, ca)
    elif kind == "wrk":
        seen = _wrk(proxy, url, seconds, clients)
    else:
        command = [sys.executable, HERE / "load.py", kind, f"127.0.0.1:{proxy.port}", url]
        command += [str(seconds), str(clients), *([str(ca)] if ca else [])]
        done = subprocess.run(pinned(1, command), capture_output=True, text=True, check=True)
        seen = json.loads(done.stdout)
        seen["rate"] = seen["requests"] / seen["seconds"]
    seen["cpu_us"] = 1e6 * (proxy.cpu_seconds() - before) / max(seen["requests"], 1)
    return seen


def _download(proxy: Proxy, url: str, ca: Path | None) -> dict[str, Any]:
    """One large file with curl: megabytes a second; a "request" is a megabyte."""
    command = ["curl", "-sS", "-x", f"http://127.0.0.1:{proxy.port}", "-o", "/dev/null"]
    command += ["-w", "%{http_code} %{size_download} %{speed_download}", url]
    command += ["--cacert", str(ca)] if ca else []
    done = subprocess.run(pinned(1, command), capture_output=True, text=True, check=True)
    status, size, speed = done.stdout.split()
    return {"requests": int(size) / 1e6, "rate": float(speed) / 1e6, "answers": {f"{status} {size}": 1}}


def _wrk(proxy: Proxy, url: str, seconds: float, clients: int) -> dict[str, Any]:
    """Plain requests over kept connections with wrk, which is never the limit."""
    host = url.split("/")[2]
    command = ["wrk", "-t1", f"-c{clients}", f"-d{max(1, round(seconds))}s", "--latency"]
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        headers = f'{{["Host"]="{host}",["Accept"]="text/html",["User-Agent"]="Mozilla/5.0 bench"}}'
        # Another address each time, as pages have them: what is remembered of one must not answer for all.
        script.write(f"wrk.headers = {headers}\nlocal asked = 0\n")
        script.write(
            f'request = function() asked = asked + 1; return wrk.format(nil, "{url}?n=" .. asked) end\n'
        )
        script.flush()
        command += ["-s", script.name, f"http://127.0.0.1:{proxy.port}/"]
        said = subprocess.run(pinned(1, command), capture_output=True, text=True, check=True).stdout
    words = said.split()
    scale = {"us": 0.001, "ms": 1.0, "s": 1000.0}
    p99 = words[words.index("99%") + 1]
    unit = "us" if p99.endswith("us") else "ms" if p99.endswith("ms") else "s"
    bad = said.partition("Non-2xx or 3xx responses:")[2].split()
    number = int(words[words.index("requests") - 1])
    return {
        "requests": number,
        "rate": float(words[words.index("Requests/sec:") + 1]),
        "p99_ms": float(p99.removesuffix(unit)) * scale[unit],
        "answers": {"bad": int(bad[0])} if bad else {"2xx or 3xx": number},
    }
