"""The lists' refresher: while the gate runs it looks each minute whether a list is due, and has it updated.

The update runs in a process of its own, with the lowest priority and memory that it gives back: compiling
millions of names takes seconds that no request must wait for. The gate takes the new pack up by itself
(`proxy.live`). `python -m proxy.refresher HOME` is that process: one line to standard output for each list
of which a parent should hear, and exit code 0, or 1 where something could not be done.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rules.errors import StairgateError

from .home import Home
from .list_notices import notices, stale_notice
from .list_timing import is_due, is_stale
from .subscription_file import load_subscriptions

if TYPE_CHECKING:
    from collections.abc import Callable

_LOOK_SECONDS = 60.0
_LONGEST_PAUSE = 3600.0  # seconds after updates that could not be put to use: no room, no permission
_NICE = 15


def _now() -> datetime:
    return datetime.now(UTC)


async def keep_fresh(
    home: Home,
    *,
    say: Callable[[str], None],
    clock: Callable[[], datetime] = _now,
    seconds: float = _LOOK_SECONDS,
) -> None:
    """Look for lists that are due, for ever, and update them in a process of its own.

    Args:
        home: whose lists.
        say: told what a parent should hear: refused, held back, stale.
        clock: the time; aware.
        seconds: between two looks.
    """
    told: set[str] = set()
    pause = seconds
    while True:
        await asyncio.sleep(pause)
        try:
            lists = await asyncio.to_thread(load_subscriptions, home)
        except StairgateError:
            continue  # the console says so; it is read again when it is mended
        now = clock()
        stale = {name for name, one in lists.items() if is_stale(one, now)}
        for name in sorted(stale - told):
            say(stale_notice(lists[name]))
        told = stale
        if any(is_due(one, now) for one in lists.values()):
            done = await _run(home, say)
            pause = seconds if done else min(_LONGEST_PAUSE, pause * 2)


async def _run(home: Home, say: Callable[[str], None]) -> bool:
    """One update in a process of its own; ended with us."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "proxy.refresher",
        str(home.path),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=Path(__file__).parents[1],
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        raise
    for line in output.decode("utf-8", "replace").splitlines():
        say(line)
    return process.returncode == 0


def main(folder: str) -> int:
    """Update what is due, now, with the lowest priority."""
    from .updates import refresh_once

    with contextlib.suppress(OSError):
        os.nice(_NICE)
    try:
        changes = refresh_once(Home(Path(folder)), _now())
    except StairgateError as error:
        sys.stdout.write(f"The lists were not updated: {error.problems[0].cause}\n")
        return 1
    sys.stdout.writelines(f"{line}\n" for line in notices(changes))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
