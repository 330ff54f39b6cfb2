"""Subscribed lists: add, update, remove, and the pack compiled from them and our starter lists.

Every change is prepared beside what is in use and put in place at the end: what is refused, cut off or
interrupted leaves the lists, their copies and the pack as they were.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from rules.errors import Problem, StairgateError
from rules.exits import Exit
from rules.starter import lists as starter_lists

from .compilation import compile_lists, is_current
from .copies import remove_copy
from .downloads import is_remote
from .home import lock
from .incoming import Incoming, fetch, now_text
from .subscription_file import Subscription, load_subscriptions, save_subscriptions

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from rules.pack import BuildReport

    from .compilation import Progress
    from .home import Home
    from .list_survey import Survey

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}\Z")
_SMALL = 50
"""Entries below which a list may shrink as it likes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What became of one list.

    Attributes:
        subscription: as it is now.
        outcome: `added`, `updated`, `unchanged` or `refused` (the last good copy stays).
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
    progress: Progress | None = None,
) -> Change:
    """Subscribe to a list and compile it into the pack.

    Args:
        home: whose lists.
        name: the household's name for it: small letters, digits, `.`, `_`, `-`.
        source: a path or an http(s) address.
        category: of all its entries; not needed for a squidGuard tree.
        form: a list format, or `auto`.
        progress: told how it goes.

    Raises:
        StairgateError: the name or a missing category (64), no list (65), not to be had (69).
    """
    with lock(home):
        lists = load_subscriptions(home)
        _check_name(name, lists)
        located = source if is_remote(source) else str(Path(source).expanduser().absolute())
        wanted = Subscription(name=name, source=located, category=category, format=form, added=now_text())
        copy = fetch(home, wanted, progress)
        if copy is None:  # an answer "not modified" to a first request
            raise _no_list(located, "The server sent nothing.")
        try:
            _put_in_use(home, lists, [copy], progress)
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
        gone = _find(lists, name)
        kept = {key: one for key, one in lists.items() if key != name}
        compile_lists(home, kept.values(), progress)
        save_subscriptions(home, kept)
        remove_copy(home.lists / name)
    return gone


def update(home: Home, names: Iterable[str] = (), *, progress: Progress | None = None) -> list[Change]:
    """Ask the sources of all lists, or of those named, for something newer, and compile it where there is.

    A source that is gone, broken or suspiciously small is refused and its last good copy stays in use.

    Raises:
        StairgateError: there is no such list (64), or the pack can't be written (69).
    """
    with lock(home):
        lists = load_subscriptions(home)
        chosen = [_find(lists, name) for name in names] or list(lists.values())
        changes, copies = [], []
        for old in chosen:
            change, copy = _update_one(home, old, progress)
            changes.append(change)
            if copy is not None:
                copies.append(copy)
        checked = lists | {change.subscription.name: change.subscription for change in changes}
        try:
            _put_in_use(home, checked, copies, progress)
        except BaseException:
            for copy in copies:
                remove_copy(copy.folder)
            raise
    return changes


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


def _update_one(home: Home, old: Subscription, progress: Progress | None) -> tuple[Change, Incoming | None]:
    try:
        copy = fetch(home, old, progress)
        if copy is not None and old.entries >= _SMALL and copy.survey.entries * 2 < old.entries:
            remove_copy(copy.folder)
            _refuse_shrunken(old, copy.survey.entries)
    except StairgateError as error:
        kept = replace(old, checked=now_text(), trouble=error.problems[0].cause)
        return Change(subscription=kept, outcome="refused", error=error), None
    at_hand = (home.lists / old.name / old.copy).is_dir()
    if copy is None or (at_hand and copy.subscription.sha256 == old.sha256):
        if copy is not None:
            remove_copy(copy.folder)
        return Change(subscription=replace(old, checked=now_text(), trouble=""), outcome="unchanged"), None
    change = Change(
        subscription=copy.subscription, outcome="updated", survey=copy.survey, unknown=tuple(copy.unknown)
    )
    return change, copy


def _refuse_shrunken(old: Subscription, entries: int) -> None:
    raise StairgateError(
        Problem(
            code="list-shrunken",
            place=old.source,
            cause=f"It has {entries:,} entries; the copy in use has {old.entries:,}. That looks broken.",
            hint=f"Wait for its maker to mend it; or remove and add {old.name!r} again if it is meant.",
        )
    )


def _put_in_use(
    home: Home, lists: Mapping[str, Subscription], copies: list[Incoming], progress: Progress | None
) -> None:
    """Compile the new copies, then name them in lists.yaml, then delete the ones they replace."""
    new = dict(lists) | {copy.subscription.name: copy.subscription for copy in copies}
    if copies or not is_current(home, new.values()):
        compile_lists(home, new.values(), progress)
    save_subscriptions(home, new)
    for copy in copies:
        for folder in (home.lists / copy.subscription.name).iterdir():
            if folder.name != copy.subscription.copy:
                remove_copy(folder)


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


def _find(lists: Mapping[str, Subscription], name: str) -> Subscription:
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
