"""A child's account on the product's machine: another user of the same system, without any right.

What the account may do is decided by the kernel, as at home: an act is done by a forked process that has
become that user. Needs the full user map; where the lab has one user only, nothing is shown.
"""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conformance_tests.driver import RefusedError
from conformance_tests.lab.network import Space, inside

if TYPE_CHECKING:
    from collections.abc import Callable

UID = 2000
_MOST_FILES = 1 << 20


def refuse_where_alone() -> None:
    """Nothing can be tried where the lab has one user only.

    Raises:
        RefusedError: no second user is mapped into the lab.
    """
    mapped = sum(int(line.split()[2]) for line in Path("/proc/self/uid_map").read_text().splitlines())
    if mapped <= UID:
        msg = "this machine gives the lab one user only, so there is no account for a child; examine as root"
        raise RefusedError(msg)


def as_child(act: Callable[[], Any]) -> Any:
    """Do something as the child, on the product's machine, and give its JSON value.

    Args:
        act: called in a process of its own; it must not touch the event loop.
    """
    read, write = os.pipe()
    with inside(Space.PRODUCT):
        child = os.fork()
        if child == 0:
            _become_child(write, act)
    os.close(write)
    with os.fdopen(read, "rb") as told:
        text = told.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else None


def hold_as_child(act: Callable[[], Any]) -> Callable[[], None]:
    """Do something as the child, whose process stays until the returned function ends it."""
    read, write = os.pipe()
    with inside(Space.PRODUCT):
        child = os.fork()
        if child == 0:
            _become_child(write, act, stays=True)
    os.close(write)
    with os.fdopen(read, "rb") as told:
        told.read()

    def end() -> None:
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)

    return end


def _become_child(write: int, act: Callable[[], Any], *, stays: bool = False) -> None:
    try:
        # What it inherited would keep the examiner's connections open as long as it lives.
        os.closerange(3, write)
        os.closerange(write + 1, _MOST_FILES)
        os.setsid()
        os.setgroups([])
        os.setresgid(UID, UID, UID)
        os.setresuid(UID, UID, UID)
        os.chdir("/")
        os.write(write, json.dumps(act()).encode())
        os.close(write)
        if stays:
            signal.pause()
    finally:
        os._exit(0)  # whatever came of it: the parent's code must not run here
