"""A product: the program an adapter describes, set up in a fresh folder, started, stopped and killed.

It runs in its own network namespace under another user: really another one where that user can reach the
program, else in a nested user namespace, which takes away its power over routes but not its kernel identity.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance_tests.adapter import Adapter, fill
from conformance_tests.lab.network import Space, inside
from standard.errors import Problem, StairgateError
from standard.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from standard.words import Stand

PRODUCT_UID = 1000
_LAST_WORDS = 800


@dataclass(slots=True)
class Running:
    """A started product.

    Attributes:
        adapter: what it was started by.
        work: its folder.
        process: the process, leader of its own group.
        log: where its output goes.
        command: what started it.
        separate: whether it runs as another user.
    """

    adapter: Adapter
    work: Path
    process: subprocess.Popen[bytes]
    log: Path
    command: tuple[str, ...]
    separate: bool

    @property
    def is_running(self) -> bool:
        """Whether the process still runs."""
        return self.process.poll() is None

    def stop(self) -> float:
        """Stop it: the adapter's signal, its grace, then KILL for the whole group. Returns seconds taken."""
        begun = time.monotonic()
        if self.is_running:
            _signal_group(self.process, getattr(signal, f"SIG{self.adapter.signal}"))
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(self.adapter.grace)
        self.kill()
        return time.monotonic() - begun

    def kill(self) -> None:
        """Kill it and everything it started, at once."""
        _signal_group(self.process, signal.SIGKILL)
        self.process.wait()

    def start_again(self, environment: Mapping[str, str]) -> None:
        """Start it again by its own command, as it lies there: nothing is prepared anew.

        Args:
            environment: added to its environment: how a false clock is put on.
        """
        with self.log.open("ab") as output:
            self.process = spawn(
                list(self.command), self.work, separate=self.separate, output=output, environment=environment
            )


def start(
    adapter: Adapter, stand: Stand, work: Path, variables: Mapping[str, str], *, separate: bool
) -> Running:
    """Set a product up in `work` and start it in its namespace.

    Args:
        adapter: the product.
        stand: where it stands.
        work: a fresh folder, all lower case (one product lower-cases the paths of its configuration).
        variables: `LISTEN`, `LISTEN_HOST`, `LISTEN_PORT`, `LISTS`, `CA`; `WORK` is added.
        separate: run it as another user (needs the full user map); else in a nested user namespace, which
            also takes away its power over routes.

    Raises:
        StairgateError: the product does not stand there, isn't installed, or failed while it was set up.
    """
    command = adapter.stands.get(stand)
    if command is None:
        raise StairgateError(
            Problem(
                code="wrong-stand",
                place=adapter.place(),
                cause=f"This product does not stand as {stand}.",
                hint=f"It stands as: {', '.join(adapter.stands)}.",
            ),
            exit_code=Exit.USAGE,
        )
    values = {**variables, "WORK": str(work)}
    for name, text in adapter.files.items():
        path = work / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(fill(text, values, adapter.place(f"files, {name}")))
    if separate:
        for path in (work, *work.rglob("*")):
            os.chown(path, PRODUCT_UID, PRODUCT_UID)
    log = work / "output.log"
    with log.open("wb") as output:
        if separate:
            os.chown(log, PRODUCT_UID, PRODUCT_UID)
        for step in adapter.prepare:
            where = adapter.place("prepare")
            filled = [fill(word, values, where) for word in step]
            done = spawn(filled, work, separate=separate, output=output, place=where)
            if done.wait(120) != 0:
                raise StairgateError(
                    Problem(
                        code="product-not-prepared",
                        place=where,
                        cause=f"`{' '.join(step)}` ended with code {done.returncode}.",
                        hint="Read its output above and mend the adapter.",
                        excerpt=last_words(log) or "(it said nothing)",
                    ),
                    exit_code=Exit.MISSING,
                )
        where = adapter.place(f"stands, {stand}")
        filled = [fill(word, values, where) for word in command]
        process = spawn(filled, work, separate=separate, output=output, place=where)
    return Running(adapter, work, process, log, tuple(filled), separate)


def last_words(log: Path) -> str:
    """The last lines of a product's output, whole ones; empty where it said nothing."""
    text = log.read_text(errors="replace").rstrip()
    return text if len(text) <= _LAST_WORDS else text[-_LAST_WORDS:].partition("\n")[2]


def ask_version(adapter: Adapter) -> str:
    """The product's version, asked and never typed; `unknown` where it won't say."""
    try:
        done = subprocess.run(
            adapter.version, check=False, capture_output=True, timeout=30, env=_environment(Path("/"))
        )
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    found = re.search(adapter.version_pattern, (done.stdout + done.stderr).decode(errors="replace"))
    return found.group(1) if found else "unknown"


def is_installed(adapter: Adapter) -> bool:
    """Whether every program the adapter starts is on this machine."""
    programs = {step[0] for step in (*adapter.prepare, *adapter.stands.values())}
    return all(shutil.which(program, path=_PATH) is not None for program in programs)


# Programs installed beside our own Python count, and those of the system that only root has on its path.
_PATH = f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}:/usr/local/sbin:/usr/sbin:/sbin"


def _environment(work: Path) -> dict[str, str]:
    """A child's environment, built from nothing: the machine's proxies and trust must not leak in."""
    return {"PATH": _PATH, "HOME": str(work), "LANG": "C.UTF-8", "TZ": "UTC", "TMPDIR": str(work)}


def spawn(
    command: list[str],
    work: Path,
    *,
    separate: bool,
    output: Any,
    speech: Any = subprocess.DEVNULL,
    environment: Mapping[str, str] | None = None,
    place: str = "",
) -> subprocess.Popen[bytes]:
    """Start a program of the product's side in the product's namespace, as the product's user.

    Args:
        command: program and arguments.
        work: its working folder.
        separate: as `start`.
        output: where its standard error goes, and its standard output unless it speaks.
        speech: a socket that is its standard input and output, for a driver.
        environment: added to the one built from nothing.
        place: where the command stands written, for complaints.

    Raises:
        StairgateError: the program is not on this machine.
    """

    def leave() -> None:
        if separate:
            os.setgroups([])
            os.setresgid(PRODUCT_UID, PRODUCT_UID, PRODUCT_UID)
            os.setresuid(PRODUCT_UID, PRODUCT_UID, PRODUCT_UID)

    nested = [] if separate else ["unshare", "-U", f"--map-user={PRODUCT_UID}", f"--map-group={PRODUCT_UID}"]
    program = shutil.which(command[0], path=_PATH)
    if program is None:
        raise StairgateError(
            Problem(
                code="product-not-installed",
                place=place or command[0],
                cause=f"The program {command[0]!r} is not on this machine.",
                hint="Install it, or mend its name; an absolute path or $WORK/name will do too.",
            ),
            exit_code=Exit.MISSING,
        )
    # A child is born in the namespace its parent's thread is in at that moment.
    with inside(Space.PRODUCT):
        return subprocess.Popen(
            [*nested, program, *command[1:]],
            cwd=work,
            env=_environment(work) | dict(environment or {}),
            stdin=speech,
            stdout=output if speech == subprocess.DEVNULL else speech,
            stderr=output,
            start_new_session=True,
            preexec_fn=leave,  # noqa: PLW1509 - no thread runs in the sealed process
        )


def _signal_group(process: subprocess.Popen[bytes], number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return
