"""Subscribed lists: add, remove, and the pack compiled from them and our starter lists.

Every change is prepared beside what is in use and put in place at the end: what is refused, cut off or
interrupted leaves the lists, their copies and the pack as they were.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from rules.errors import Problem, StairgateError
from rules.exits import Exit
from rules.starter import lists as starter_lists

from .compilation import compile_lists, is_current
from .copies import remove_copy
from .downloads import Unchanged, is_remote
from .home import lock
from .incoming import Incoming, fetch
from .list_checks import refuse_broken
from .list_timing import next_visit, write_time
from .subscription_file import Subscription, held_copy, load_subscriptions, save_subscriptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rules.pack import BuildReport

    from .compilation import Progress
    from .home import Home
    from .list_survey import Survey

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z")
_LEFT_BEHIND = 24 * 3600  # seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of one list.

    Attributes:
        subscription: as it is now.
        outcome: `added`, `updated` or `unchanged`; `refused` or `held`, where the last good copy stays;
            `released`.
        survey: what the new copy holds, where there is one.
        unknown: category folders that were left out because we know no category for them.
        error: why it was refused.
    """

    subscription: Subscription
    outcome: str
    survey: Survey | None = None
    unknown: tuple[str, ...] = ()
    error: StairgateError | None = None


def add(
    home: Home,
    name: str,
    source: str,
    *,
    category: str | None = None,
    form: str = "auto",
    now: datetime | None = None,
    progress: Progress | None = None,
) -> Change:
    """Subscribe to a list and compile it into the pack.

    Args:
        home: whose lists.
        name: the household's name for it: small letters, digits, `.`, `_`, `-`.
        source: a path or an http(s) address.
        category: of all its entries; not needed for a squidGuard tree.
        form: a list format, or `auto`.
        now: aware; the machine's clock where it is not given.
        progress: told how it goes.

    Raises:
        StairgateError: the name or a missing category (64), no list (65), not to be had (69).
    """
    with lock(home):
        lists = load_subscriptions(home)
        _check_name(name, lists)
        located = source if is_remote(source) else str(Path(source).expanduser().absolute())
        at = now or datetime.now(UTC)
        wanted = Subscription(name=name, source=located, category=category, format=form, added=write_time(at))
        copy = fetch(home, wanted, progress, now=at)
        if isinstance(copy, Unchanged):  # an answer "not modified" to a first request
            raise _no_list(located, "The server sent nothing.")
        try:
            refuse_broken(wanted, copy.subscription, None, copy.path)
            due = next_visit(copy.subscription, at, Random(), fresh_for=copy.fresh_for)  # noqa: S311 - jitter
            copy.subscription = replace(copy.subscription, due=write_time(due))
            put_in_use(home, lists, [copy], progress)
        except BaseException:
            remove_copy(copy.folder)
            raise
    return Change(
        subscription=copy.subscription, outcome="added", survey=copy.survey, unknown=tuple(copy.unknown)
    )


def remove(home: Home, name: str, *, progress: Progress | None = None) -> Subscription:
    """Unsubscribe from a list, compile the pack without it and delete our copy.

    Raises:
        StairgateError: there is no such list (64).
    """
    with lock(home):
        lists = load_subscriptions(home)
        gone = find(lists, name)
        kept = {key: one for key, one in lists.items() if key != name}
        compile_lists(home, kept.values(), progress)
        save_subscriptions(home, kept)
        remove_copy(home.lists / name)
    return gone


def rebuild(home: Home, *, progress: Progress | None = None) -> BuildReport | None:
    """Compile the pack from the copies at hand and our starter lists, where the one in use is not just that.

    Returns:
        What the compilation did, or None where the pack is current.

    Raises:
        StairgateError: a copy is damaged (65) or the folder can't be written (69).
    """
    with lock(home):
        lists = load_subscriptions(home).values()
        return None if is_current(home, lists) else compile_lists(home, lists, progress)


def put_in_use(
    home: Home, lists: Mapping[str, Subscription], copies: list[Incoming], progress: Progress | None
) -> None:
    """Compile the new copies, then name them in lists.yaml, then delete the ones they replace.

    The caller holds the home's lock.

    Args:
        home: whose lists.
        lists: all of them, as they are known now.
        copies: those that are new.
        progress: told how it goes.

    Raises:
        StairgateError: the pack or the file can't be written (69); then all is as before.
    """
    new = dict(lists) | {copy.subscription.name: copy.subscription for copy in copies}
    if copies or not is_current(home, new.values()):
        compile_lists(home, new.values(), progress)
    save_subscriptions(home, new)
    for copy in copies:
        name = copy.subscription.name
        _sweep(home, lists.get(name), new[name])


def _sweep(home: Home, old: Subscription | None, one: Subscription) -> None:
    """Delete the copies of a list that were replaced, and what was left behind when the machine went off."""
    kept, replaced = _copies_of(one), set() if old is None else _copies_of(old)
    for folder in (home.lists / one.name).iterdir():
        # A younger folder that nobody names may be a copy that is being fetched just now.
        if folder.name not in kept and (
            folder.name in replaced or folder.stat().st_mtime < time.time() - _LEFT_BEHIND
        ):
            remove_copy(folder)


def _copies_of(one: Subscription) -> set[str]:
    held = held_copy(one)
    return {one.copy} if held is None else {one.copy, held.copy}


def _check_name(name: str, lists: Mapping[str, Subscription]) -> None:
    if not _NAME.match(name) or name in {"policy", *(one.name for one in starter_lists())}:
        cause = f"{name!r} can't be a list's name."
        hint = "Use small letters, digits, `.`, `_` and `-`, at most 64, such as `ut1`."
    elif name in lists:
        cause = f"A list {name!r} is there already, from {lists[name].source}."
        hint = f"Use `stairgate lists update {name}`, remove it first, or choose another name."
    else:
        return
    raise StairgateError(
        Problem(code="list-name", place="NAME", cause=cause, hint=hint), exit_code=Exit.USAGE
    )


def find(lists: Mapping[str, Subscription], name: str) -> Subscription:
    """The list of that name.

    Raises:
        StairgateError: there is none (64).
    """
    if name in lists:
        return lists[name]
    known = ", ".join(lists) or "none yet"
    raise StairgateError(
        Problem(
            code="list-unknown",
            place=name,
            cause=f"There is no list {name!r}.",
            hint=f"Subscribed lists: {known}. See them with `stairgate lists show`.",
        ),
        exit_code=Exit.USAGE,
    )


def _no_list(source: str, cause: str) -> StairgateError:
    return StairgateError(
        Problem(code="list-empty", place=source, cause=cause, hint="Check the address. Nothing was changed.")
    )
