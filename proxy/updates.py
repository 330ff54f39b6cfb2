"""Lists that stay good: asked for again when they are due, checked against the copy in use, then put to use.

What is broken is refused; what has changed more than a list should is held back until a parent releases it.
Either way the last good copy stays in use, over restarts too. Time and dice are passed in; the network is
asked without holding the home's lock, so that nobody waits for a slow source.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from random import Random
from typing import TYPE_CHECKING

from rules.errors import Problem, StairgateError
from rules.exits import Exit

from .compilation import compile_lists
from .copies import remove_copy
from .downloads import UnservedError
from .home import lock
from .incoming import Incoming, fetch
from .list_checks import odd_counts, refuse_broken
from .list_difference import compare
from .list_timing import is_due, is_open, next_try, next_visit, write_time
from .subscription_file import held_copy, load_subscriptions, save_subscriptions
from .subscriptions import Change, find, put_in_use

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from .compilation import Progress
    from .home import Home
    from .subscription_file import Subscription

_REMEMBERED = 12
"""Former copies of a list that are recognised when they are served again."""


@dataclass(frozen=True, slots=True)
class _Visit:
    """One list asked for: as it was, what became of it, and the new copy where there is one to use."""

    old: Subscription
    change: Change
    copy: Incoming | None = None


def update(
    home: Home,
    names: Iterable[str] = (),
    *,
    now: datetime | None = None,
    dice: Random | None = None,
    progress: Progress | None = None,
) -> list[Change]:
    """Ask the sources of all lists, or of those named, for something newer, and compile it where there is.

    Args:
        home: whose lists.
        names: which; all where none is named, but for those whose source may not be asked at this hour.
        now: aware; the machine's clock where it is not given.
        dice: for the jitter of the next visit.
        progress: told how it goes.

    Raises:
        StairgateError: there is no such list (64), or the pack can't be written (69).
    """
    lists = load_subscriptions(home)
    at = now or datetime.now(UTC)
    chosen = [find(lists, name) for name in names]
    chosen = chosen or [one for one in lists.values() if is_open(one.hours, at)]
    return _ask_for(home, chosen, at, dice, progress)


def refresh_once(home: Home, now: datetime, *, dice: Random | None = None) -> list[Change]:
    """Ask for the lists that are due, as the gate does by itself while it runs.

    Args:
        home: whose lists.
        now: aware.
        dice: for the jitter of the next visit.

    Raises:
        StairgateError: lists.yaml is damaged (65), or the pack can't be written (69).
    """
    due = [one for one in load_subscriptions(home).values() if is_due(one, now)]
    return _ask_for(home, due, now, dice, None) if due else []


def release(
    home: Home, name: str, *, now: datetime | None = None, progress: Progress | None = None
) -> Change:
    """Put a held copy of a list to use: a parent has looked at the difference and it is meant.

    Raises:
        StairgateError: there is no such list, or nothing of it is held (64); its copy is gone (69).
    """
    with lock(home):
        lists = load_subscriptions(home)
        old = find(lists, name)
        new = held_copy(old)
        if new is None:
            raise _nothing_held(name)
        if not (home.lists / name / new.copy / new.read).exists():
            raise _gone(old)
        new = replace(new, changed=write_time(now or datetime.now(UTC)), held={}, past=_past(old), trouble="")
        compile_lists(home, (lists | {name: new}).values(), progress)
        save_subscriptions(home, lists | {name: new})
        remove_copy(home.lists / name / old.copy)
    return Change(subscription=new, outcome="released")


def _ask_for(
    home: Home, chosen: list[Subscription], now: datetime, dice: Random | None, progress: Progress | None
) -> list[Change]:
    dice = dice or Random()  # noqa: S311 - jitter is no secret
    visits = [_visit(home, one, now, dice, progress) for one in chosen]
    try:
        with lock(home):
            lists = load_subscriptions(home)
            # A list that was removed or replaced meanwhile is left as it is now.
            mine = [one for one in visits if one.old == lists.get(one.old.name)]
            told = {one.old.name: one.change.subscription for one in mine if one.copy is None}
            copies = [one.copy for one in mine if one.copy is not None]
            put_in_use(home, lists | told, copies, progress)
    except BaseException:
        for one in visits:
            if one.copy is not None:
                remove_copy(one.copy.folder)
        raise
    for one in visits:
        if one not in mine and one.copy is not None:
            remove_copy(one.copy.folder)
        dropped = held_copy(one.old)
        kept = held_copy(one.change.subscription)
        if one in mine and dropped and (kept is None or kept.copy != dropped.copy):
            remove_copy(home.lists / one.old.name / dropped.copy)
    return [one.change for one in visits]


def _visit(home: Home, old: Subscription, now: datetime, dice: Random, progress: Progress | None) -> _Visit:
    """Ask for one list; whatever goes wrong, the others are asked all the same."""
    copy: Incoming | None = None
    before = home.lists / old.name / old.copy / old.read if old.copy else None
    before = before if before is not None and before.exists() else None
    checked = replace(old, checked=write_time(now))
    try:
        answer = fetch(home, old, progress, now=now)
        copy = answer if isinstance(answer, Incoming) else None
        if copy is None or (before is not None and copy.subscription.sha256 == old.sha256):
            return _Visit(old, _unchanged(checked, answer.fresh_for, copy, now, dice))
        new = copy.subscription
        refuse_broken(old, new, before, copy.path)
        odd = odd_counts(old, new) if before is not None else ()
        if odd and before is not None:
            return _Visit(old, _hold(checked, copy, before, odd, now, dice))
    except Exception as error:  # noqa: BLE001 - one list's fault must not keep the others from their update
        if copy is not None:
            remove_copy(copy.folder)
        told = error if isinstance(error, StairgateError) else _fault(old, error)
        wish = error.wish if isinstance(error, UnservedError) else 0.0
        due = next_try(old, now, dice, wish=wish)
        failed = replace(
            checked, due=write_time(due), failures=old.failures + 1, trouble=told.problems[0].cause
        )
        return _Visit(old, Change(subscription=failed, outcome="refused", error=told))
    due = next_visit(new, now, dice, fresh_for=copy.fresh_for)
    new = replace(new, due=write_time(due), past=_past(old), held={})
    copy.subscription = new
    change = Change(subscription=new, outcome="updated", survey=copy.survey, unknown=tuple(copy.unknown))
    return _Visit(old, change, copy)


def _unchanged(
    one: Subscription, fresh_for: float, copy: Incoming | None, now: datetime, dice: Random
) -> Change:
    if copy is not None:
        remove_copy(copy.folder)
    due = next_visit(one, now, dice, fresh_for=fresh_for)
    heard = replace(one, heard=write_time(now), due=write_time(due), failures=0, trouble="", held={})
    return Change(subscription=heard, outcome="unchanged")


def _hold(
    one: Subscription, copy: Incoming, before: Path, odd: tuple[str, ...], now: datetime, dice: Random
) -> Change:
    """Keep the new copy aside, with what it would change, and ask again as after a fault."""
    new = copy.subscription
    again = held_copy(one)
    due = next_try(one, now, dice)
    if again is not None and again.sha256 == new.sha256:
        remove_copy(copy.folder)
        held = dict(one.held)
    else:
        difference = compare(before, copy.path, form=one.format)
        held = {
            "since": write_time(now),
            "because": "; ".join(odd),
            **{
                key: list(value) if isinstance(value, tuple) else value
                for key, value in asdict(difference).items()
            },
            "values": {key: value for key, value in asdict(new).items() if key in _HELD_VALUES},
        }
    trouble = f"It has changed more than a list should: {held['because']}."
    kept = replace(one, due=write_time(due), failures=one.failures + 1, trouble=trouble, held=held)
    return Change(subscription=kept, outcome="held", survey=copy.survey, unknown=tuple(copy.unknown))


_HELD_VALUES = (
    *("read_as", "copy", "read", "sha256", "size", "entries", "categories", "skipped", "licence"),
    *("attribution", "dated", "stated", "expires", "etag", "last_modified", "heard"),
)


def _past(one: Subscription) -> list[str]:
    return [*one.past, *([one.sha256] if one.sha256 else [])][-_REMEMBERED:]


def _fault(one: Subscription, error: Exception) -> StairgateError:
    return StairgateError(
        Problem(
            code="list-fault",
            place=one.source,
            cause=f"Updating it failed: {type(error).__name__}: {error}.",
            hint="The last good copy stays in use; please report this.",
        )
    )


def _nothing_held(name: str) -> StairgateError:
    return StairgateError(
        Problem(
            code="list-not-held",
            place=name,
            cause=f"No new copy of {name!r} is held back.",
            hint="See `stairgate lists show`.",
        ),
        exit_code=Exit.USAGE,
    )


def _gone(one: Subscription) -> StairgateError:
    return StairgateError(
        Problem(
            code="list-copy-gone",
            place=one.source,
            cause="The copy that was held back is no longer there.",
            hint=f"Fetch it again with `stairgate lists update {one.name}`.",
        ),
        exit_code=Exit.MISSING,
    )
