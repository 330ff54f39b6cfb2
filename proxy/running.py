"""Whether a gate runs on a home folder, and ending it.

Who runs holds a lock on a file in the folder, and so do the processes it starts: as long as one of them is
there, the gate is. A process id alone would outlive its process and one day be somebody else's.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .home import Home

_TICK = 0.05  # seconds between two looks


@contextlib.contextmanager
def running(home: Home) -> Iterator[None]:
    """Be known as the gate that runs on this home, until the end of the block and of all child processes."""
    descriptor = os.open(home.running, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode("ascii"))
        yield
    finally:
        os.close(descriptor)


def running_pid(home: Home) -> int | None:
    """The process id of the gate that runs on this home, or None where none does."""
    try:
        descriptor = os.open(home.running, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        text = os.read(descriptor, 20)
        return int(text) if text.isdigit() else None
    else:
        return None
    finally:
        os.close(descriptor)


def stop_running(home: Home, *, seconds: float = 30.0) -> bool:
    """Ask the gate that runs on this home to end, and wait until all of it has.

    Args:
        home: whose gate.
        seconds: how long to wait.

    Returns:
        Whether none runs any more.
    """
    until = time.monotonic() + seconds
    asked = None
    while (pid := running_pid(home)) is not None and time.monotonic() < until:
        if pid != asked:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGTERM)
            asked = pid
        time.sleep(_TICK)
    return pid is None
