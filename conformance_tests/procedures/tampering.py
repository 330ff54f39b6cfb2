"""Tampering: what a child's account can do to the product's files, and whether it lasts or opens anything.

Each act is tried on every file of its kind. What the kernel refuses is refused; what took effect must be gone
again at the end of the watch, for there is no verb by which a driver hands out the adult's notices.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from conformance_tests import account
from conformance_tests.driver import RefusedError
from conformance_tests.judge import Judgement, Sight
from conformance_tests.observation import measured
from conformance_tests.procedures.failure import bring_back, judged
from conformance_tests.procedures.watch import Watch
from standard.words import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from conformance_tests.case import Case
    from conformance_tests.observation import Observation
    from conformance_tests.session import Session

_MARK = b"\n# a child was here\n"
_OWN = "/dev/shm/child"  # noqa: S108 - in the lab's own, empty /dev/shm: the child's folder
KINDS: Mapping[str, str] = {
    "edit-policy": "settings",
    "delete-policy": "settings",
    "replace-policy": "settings",
    "link-policy": "settings",
    "empty-list": "lists",
    "delete-list": "lists",
    "edit-compiled": "compiled",
    "edit-journal": "journal",
    "swap-trust-anchor": "trust-anchor",
}
"""Act -> the kind of file it is done to."""
SECOND = "start-with-other-files"
_EXPECTED = "it is refused or mended, and no listed page comes"
_COPY_LASTS = 2.0


async def carry_out(session: Session, case: Case) -> list[Observation]:
    """Settings: `listed` (the host asked for), `seconds` (watched after what took effect, and at the end).

    `pause` is how long it is watched after what was refused.
    """
    account.refuse_where_alone()
    if not session.running.adapter.keeps:
        msg = "the adapter does not say where the product keeps its files"
        raise RefusedError(msg)
    seconds, pause = float(case.settings["seconds"]), float(case.settings["pause"])
    watch = Watch(session, case.settings["listed"])
    alive = await session.is_alive()
    observations = []
    async with watch.kept():
        for item in (*KINDS, SECOND):
            served = watch.served
            said, lasts = await _try_out(session, item, seconds, pause)
            is_back = await bring_back(session)
            came = watch.served > served
            sight = Sight(alive_before=alive, alive_after=is_back, canary=came, origin=came)
            judgement = judged(sight, watch)
            if lasts and judgement.outcome is Outcome.PASSED:
                judgement = Judgement(Outcome.FAILED, f"It stayed so for {seconds:g} s.")
            judgement = Judgement(judgement.outcome, f"{said} {judgement.because}")
            observations.append(measured(item, judgement, item=item, sight=sight, expected=_EXPECTED))
            alive = is_back
        served = watch.served
        await asyncio.sleep(seconds)
    if watch.served > served:
        late = Judgement(Outcome.FAILED, "The listed page came after the last of the acts.")
        observations.append(measured("after the acts", late, expected=_EXPECTED))
    return observations


async def _try_out(session: Session, item: str, seconds: float, pause: float) -> tuple[str, bool]:
    """Do one act, wait, and put right what it left; what is to be said of it, and whether it lasted."""
    if item == SECOND:
        return _second_copy(session, min(seconds, _COPY_LASTS)), False
    files = _files(session, KINDS[item])
    before = {path: path.read_bytes() for path in files}
    changed = [Path(path) for path in account.as_child(lambda: _tamper(item, files)) or []]
    await asyncio.sleep(seconds if changed else pause)
    lasting = [path for path in changed if not _is_mended(path, before[path])]
    for path in lasting:
        _put_back(path, before[path])
    if lasting:
        session.running.kill()  # it may have read what the child left
    said = f"The account could change {len(changed)} of {len(files)} files ({KINDS[item]})."
    return said, bool(lasting)


def _files(session: Session, kind: str) -> list[Path]:
    adapter, work = session.running.adapter, session.running.work
    patterns = adapter.settings if kind == "settings" else adapter.keeps.get(kind, ())
    return sorted({path for pattern in patterns for path in work.glob(pattern) if path.is_file()})


def _tamper(item: str, files: list[Path]) -> list[str]:
    """As the child: the files on which the act went through."""
    known: Mapping[str, Callable[[Path], None]] = {
        "delete-policy": os.unlink,
        "delete-list": os.unlink,
        "replace-policy": _replace,
        "link-policy": _link,
        "empty-list": lambda path: os.truncate(path, 0),
        "edit-compiled": _overwrite,
    }
    act = known.get(item, _append)
    done = []
    for path in files:
        with suppress(OSError):
            act(path)
            done.append(str(path))
    return done


def _append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(_MARK)


def _overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 2)
        file.write(_MARK)


def _replace(path: Path) -> None:
    fresh = path.with_name(f"{path.name}.child")
    fresh.write_bytes(path.read_bytes() + _MARK)
    fresh.replace(path)


def _link(path: Path) -> None:
    own = Path(_OWN)
    own.write_bytes(_MARK)
    path.unlink()
    path.symlink_to(own)


def _is_mended(path: Path, before: bytes) -> bool:
    """Whether nothing of the act is left: the file is there, a file, and does not hold the child's words."""
    if path.is_symlink() or not path.is_file():
        return False
    now = path.read_bytes()
    return _MARK not in now and bool(now) == bool(before)


def _put_back(path: Path, before: bytes) -> None:
    if path.is_symlink():
        path.unlink()
    path.write_bytes(before)


def _second_copy(session: Session, lasts: float) -> str:
    """As the child: a copy of what can be read, its lists empty, started by the product's own command."""
    work, command = session.running.work, session.running.command
    copy = Path(f"{_OWN}-copy")

    def start() -> bool:
        with suppress(OSError):  # what the child may not read it does not get
            shutil.copytree(work, copy, dirs_exist_ok=True, ignore_dangling_symlinks=True)
        for path in copy.rglob("*"):
            if path.is_file() and "lists" in path.parts:
                path.write_bytes(b"")
        process = subprocess.Popen(
            [word.replace(str(work), str(copy)) for word in command],
            cwd=copy,
            env={"PATH": os.environ.get("PATH", ""), "HOME": str(copy)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        time.sleep(lasts)
        lives = process.poll() is None
        with suppress(ProcessLookupError):
            os.killpg(0, signal.SIGCONT)
            process.kill()
        return lives

    lives = account.as_child(start)
    shutil.rmtree(copy, ignore_errors=True)
    return "A second copy ran beside the first." if lives else "No second copy came to run on its port."
