"""Undoing what Stairgate has done to this machine: what there is to undo, undoing it, and what is left.

What is to be done is a list that can be looked at first. Each step can be repeated; what is not ours is left
where it is and named.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from proxy.running import running_pid, stop_running
from proxy.service import installing
from proxy.trust import State
from rules.errors import StairgateError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from proxy.home import Home
    from proxy.trust import Place


class Result(StrEnum):
    """What became of a step."""

    DONE = "done"
    TO_DO = "to do"
    """It was only looked at."""
    LEFT = "left"
    """It is still there: because that was asked for, or because a person has to do it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that is undone or left.

    Attributes:
        what: in words.
        result: what became of it.
        path: where it is; empty where that says nothing.
        next: what a person can do about it; empty for nothing.
        by_hand: whether that has to be done before all is undone.
    """

    what: str
    result: Result
    path: str = ""
    next: str = ""
    by_hand: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a parent wants.

    Attributes:
        keep_journal: leave the journal where it is.
        dry_run: look only.
    """

    keep_journal: bool = True
    dry_run: bool = False


def remove_all(home: Home, wish: Wish, *, places: Iterable[Place], root: Path) -> Iterator[Step]:
    """Undo everything, step by step: gate, service with its network rules, trust, files.

    Args:
        home: what is removed; nothing is made where it is not there.
        wish: what is kept.
        places: the certificate stores of this machine.
        root: the root of the file system, for the service's files.

    Yields:
        A step each, as it is done.
    """
    yield from _service(wish, root)
    yield from _gate(home, wish)
    yield from _trust(home, wish, places)
    yield from _files(home, wish)
    yield Step(
        what="devices that used the gate: their proxy or DNS setting, and its certificate",
        result=Result.LEFT,
        next="take them out on each device",
    )


def _service(wish: Wish, root: Path) -> Iterator[Step]:
    commands, files = installing.removal(root)
    if not files:
        return
    what = "the service and the network rules of the gateway" if len(commands) > 1 else "the service"
    if wish.dry_run:
        yield Step(what=what, result=Result.TO_DO, path=", ".join(map(str, files)))
        return
    try:
        installing.remove(root, run=installing.run_command if str(root) == "/" else None)
    except StairgateError as error:
        problem = error.problems[0]
        yield Step(
            what=f"{what}: {problem.cause}",
            result=Result.LEFT,
            path=problem.place,
            next="sudo stairgate service remove",
            by_hand=True,
        )
        return
    yield Step(what=what, result=Result.DONE, path=", ".join(map(str, files)))
    yield Step(what="the account that the service ran as", result=Result.LEFT, next="sudo userdel stairgate")


def _gate(home: Home, wish: Wish) -> Iterator[Step]:
    pid = running_pid(home)
    if pid is None:
        return
    if wish.dry_run:
        yield Step(what=f"the running gate (process {pid})", result=Result.TO_DO)
    elif stop_running(home):
        yield Step(what="the running gate", result=Result.DONE)
    else:
        yield Step(what="the running gate", result=Result.LEFT, next=f"sudo kill {pid}", by_hand=True)


def _trust(home: Home, wish: Wish, places: Iterable[Place]) -> Iterator[Step]:
    files = [path for path in (home.ca_pem, home.next_ca_pem) if path.exists()]
    for place in places:
        before = place.look(files)
        if before.state is State.ABSENT:
            continue
        what = f"our CA in {place.name}"
        if wish.dry_run and before.state is not State.UNKNOWN:
            yield Step(what=what, result=Result.TO_DO, path=before.path)
            continue
        after = before if wish.dry_run else place.remove(files)
        if after.state is State.ABSENT:
            yield Step(what=what, result=Result.DONE, path=after.path)
        else:
            because = f": {after.because}" if after.because else ""
            yield Step(
                what=what + because,
                result=Result.LEFT,
                path=after.path,
                next=after.next or "take it out by hand",
                by_hand=True,
            )


def _files(home: Home, wish: Wish) -> Iterator[Step]:
    if not home.path.is_dir():
        return
    journal = [path for path in home.journal_files if path.exists()]
    ours = [path for path in home.parts if path.exists() or path.is_symlink()]
    doomed = [path for path in ours if not (wish.keep_journal and path in journal)]
    for path in doomed:
        result = Result.TO_DO if wish.dry_run else _delete(path)
        stuck = result is Result.LEFT
        hint = f"delete {path}" if stuck else ""
        yield Step(what=_title(home, path), result=result, path=str(path), next=hint, by_hand=stuck)
    left = sorted(set(home.path.iterdir()) - set(doomed)) if home.path.is_dir() else []
    for path in left:
        if path in journal:
            yield Step(
                what="the journal, as asked",
                result=Result.LEFT,
                path=str(path),
                next="stairgate remove --delete-journal",
            )
        else:
            yield Step(what="a file that is not ours", result=Result.LEFT, path=str(path))
    if not left:
        if not wish.dry_run:
            home.path.rmdir()
        result = Result.TO_DO if wish.dry_run else Result.DONE
        yield Step(what="the home folder", result=result, path=str(home.path))


def _delete(path: Path) -> Result:
    try:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError:
        return Result.LEFT
    return Result.DONE


def _title(home: Home, path: Path) -> str:
    titles: dict[Path, str] = {
        home.policy: "the policy",
        home.pack.parent: "the compiled lists",
        home.lists: "the copies of lists",
        home.subscriptions: "the subscriptions",
        home.ca: "the private key of our CA",
        home.ca_pem: "the public part of our CA",
        home.console_key: "the console's key",
        home.journal: "the journal",
    }
    return titles.get(path, "a file of ours")
