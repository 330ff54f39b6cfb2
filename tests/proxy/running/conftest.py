"""A running `stairgate up` with two workers, and what a bad day needs: parts, clients, the console."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import httpx
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STAIRGATE = str(Path(sys.executable).parent / "stairgate")
BLOCKED = b"GET http://bet365.com/ HTTP/1.1\r\nHost: bet365.com\r\nAccept: text/html\r\n\r\n"


def _age(pid: int) -> float:
    """Seconds since a process was forked; 0 where there is none."""
    with contextlib.suppress(OSError):
        begun = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
        return time.clock_gettime(time.CLOCK_BOOTTIME) - begun / os.sysconf("SC_CLK_TCK")
    return 0.0


@dataclass
class Up:
    """A running `stairgate up` with two workers."""

    process: subprocess.Popen[str]
    home: Path
    printed: str

    @property
    def proxy(self) -> tuple[str, int]:
        found = re.search(r"proxy +http://([\d.]+):(\d+)", self.printed)
        assert found
        return found[1], int(found[2])

    @property
    def console(self) -> str:
        found = re.search(r"console +(http://\S+)", self.printed)
        assert found
        return found[1]

    def parts(self) -> dict[str, int]:
        """Name and process id of every part that is there now.

        Asked of every process: the kernel's list of a process's children may leave some out (proc(5)).
        """
        found = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                before, _, after = stat.read_text().rpartition(")")
                if int(after.split()[1]) == self.process.pid:
                    found[before.partition("(")[2]] = int(stat.parent.name)
        return found

    def part(self, name: str) -> int:
        """The process id of a part, as soon as it has its name: a process just forked has its parent's."""
        assert self.until(lambda: name in self.parts(), seconds=30), f"{name} is not there"
        return self.parts()[name]

    def settled(self, name: str) -> int:
        """The process id of a part that has lived for more than a second.

        One that ends sooner, again and again, is started after a pause in which its clients are turned away.
        """
        assert self.until(lambda: _age(self.part(name)) > 1.5, seconds=30), f"{name} does not live"
        return self.part(name)

    def today(self) -> dict[str, Any]:
        with httpx.Client(trust_env=False, follow_redirects=True, timeout=10) as parent:
            page = parent.get(self.console)
            twin: dict[str, Any] = parent.get(page.url.join("/today.json")).json()
        return twin

    def ask(self, request: bytes = BLOCKED, seconds: float = 5) -> bytes:
        """One request on a connection of its own; raises where it is refused or hangs."""
        with socket.create_connection(self.proxy, timeout=seconds) as client:
            client.sendall(request)
            return client.recv(65_536)

    @property
    def answers(self) -> bool:
        """Whether a client is answered within a second."""
        with contextlib.suppress(OSError):
            return self.ask(seconds=1).startswith(b"HTTP/1.1 403")
        return False

    def crowd(self) -> Crowd:
        """Clients who ask for ever; a context manager."""
        return Crowd(self)

    @staticmethod
    def until(holds: Callable[[], bool], *, seconds: float) -> bool:
        """Wait for another process's work, at most so long."""
        end = time.monotonic() + seconds
        while not holds() and time.monotonic() < end:
            time.sleep(0.01)
        return holds()

    def replaced(self, name: str, pid: int, seconds: float) -> bool:
        return self.until(lambda: self.parts().get(name, pid) != pid, seconds=seconds)


def start(home: Path, *before: str) -> Up:
    process = subprocess.Popen(
        [
            *before,
            *f"{STAIRGATE} up --home {home} --listen 127.0.0.1:0 --console 127.0.0.1:0 --workers 2".split(),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    printed = ""
    assert process.stdout is not None
    for line in process.stdout:
        printed += line
        if "Stop with Ctrl-C" in line:
            break
    assert "Stop with Ctrl-C" in printed, printed
    # What it says from now on is read by nobody, and must not fill the pipe.
    threading.Thread(target=process.stdout.read, daemon=True).start()
    return Up(process, home, printed)


@pytest.fixture(scope="package")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    running = start(tmp_path_factory.mktemp("up") / "home")
    yield running
    running.process.terminate()
    assert running.process.wait(20) == 0


@dataclass
class Crowd:
    """Clients who ask again and again while something is done to the gate."""

    up: Up
    answered: int = 0
    broken: int = 0
    refused: int = 0
    hung: int = 0
    slowest: float = 0.0
    _stop: threading.Event = field(default_factory=threading.Event)

    def _ask(self) -> None:
        while not self._stop.is_set():
            begun = time.monotonic()
            try:
                answer = self.up.ask()
            except ConnectionRefusedError:
                self.refused += 1
            except TimeoutError:
                self.hung += 1
            except OSError:
                self.broken += 1
            else:
                self.answered += answer.startswith(b"HTTP/1.1 403")
                self.broken += not answer
                self.slowest = max(self.slowest, time.monotonic() - begun)

    def __enter__(self) -> Self:
        self._threads = [threading.Thread(target=self._ask) for _ in range(4)]
        for one in self._threads:
            one.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stop.set()
        for one in self._threads:
            one.join()


@pytest.fixture
def start_up() -> Callable[..., Up]:
    """Start another one: `start_up(home, *command_before)`."""
    return start
