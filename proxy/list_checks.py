"""Whether a new copy of a list may take the old one's place: what is refused, and what a parent must look at.

Each check answers to something that has happened in a published list: cut off in the middle, served twice in
one file, an old release served again, a clean-up that left ten names of half a million.
"""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from rules.errors import Problem, StairgateError
from rules.lists.text import open_list

from .list_timing import read_time

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .subscription_file import Subscription

SMALL = 50
"""Entries by which a list, or a category of it, may always grow and shrink."""

_HALF = 0.5
_CUT = 0.9  # of the entries a list says it has, compared with the copy before
_BEGINNING = 256  # bytes that no list says twice
_LEAST_BEGINNING = 60
_BLOCK = 1 << 20


def refuse_broken(old: Subscription, new: Subscription, before: Path | None, after: Path) -> None:
    """Refuse a copy that can't be what its maker meant.

    Args:
        old: as known of the copy in use; of a first copy, the bare subscription.
        new: as known of the new copy.
        before: the file or tree in use; None for a first copy.
        after: the new one.

    Raises:
        StairgateError: with what is wrong (65).
    """
    if new.stated:
        _refuse_fewer_than_stated(old, new)
    if before is not None:
        _refuse_older(old, new)
    if after.is_file():
        if before is not None and before.is_file() and _ends_line(before) and not _ends_line(after):
            raise _refusal(
                "list-cut",
                new.source,
                "It breaks off in the middle of a line.",
                "Wait for the next download; the last good copy stays in use.",
            )
        if is_doubled(after):
            raise _refusal(
                "list-doubled",
                new.source,
                "Its beginning stands in it a second time: two downloads in one file.",
                "Wait for its maker to mend it; the last good copy stays in use.",
            )


def odd_counts(old: Subscription, new: Subscription) -> tuple[str, ...]:
    """What is outside half to one and a half times what it was, each in words; empty where all is plausible.

    Args:
        old: as known of the copy in use.
        new: as known of the new copy.
    """
    if not old.entries:
        return ()
    found = [f"{_change(old.entries, new.entries)} entries in all"] if _odd(old.entries, new.entries) else []
    for category in sorted({*old.categories, *new.categories}):
        was, now = _of(old.categories, category), _of(new.categories, category)
        if _odd(was, now) and (len(old.categories) > 1 or len(new.categories) > 1):
            found.append(f"{_change(was, now)} in {category}")
    return tuple(found)


def is_doubled(path: Path) -> bool:
    """Whether a file's first lines stand in it a second time, at the beginning of a line.

    Args:
        path: a list in one file, plain or gzip.
    """
    with open_list(path) as stream:
        block = stream.read(_BLOCK)
        beginning = block[: block.rfind(b"\n", 0, _BEGINNING) + 1]
        if len(beginning) < _LEAST_BEGINNING or not any(
            65 <= byte <= 90 or 97 <= byte <= 122 for byte in beginning
        ):
            return False
        searched = block[1:]
        while searched:
            # Also where the first of two had no line end: its last line runs into the second's first.
            if beginning in searched:
                return True
            following = stream.read(_BLOCK)
            if not following:
                return False
            searched = searched[-len(beginning) :] + following
    return False


def _refuse_fewer_than_stated(old: Subscription, new: Subscription) -> None:
    """Fewer than it says it has. What a maker counts differs, so the copy in use is the measure."""
    known = old.stated and old.entries
    usual = min(1.0, _seen(old) / old.stated) if known else 1.0
    least = new.stated * usual * (_CUT if known else _HALF)
    if _seen(new) < least:
        raise _refusal(
            "list-cut",
            new.source,
            f"It says it has {new.stated:,} entries, and {new.entries:,} are there.",
            "Wait for the next download; it may be cut off. Nothing was changed.",
        )


def _refuse_older(old: Subscription, new: Subscription) -> None:
    was, now = _http_date(old.last_modified), _http_date(new.last_modified)
    dated, redated = read_time(old.dated), read_time(new.dated)
    if (was and now and now < was) or (dated and redated and redated < dated):
        made, used = new.dated or new.last_modified, old.dated or old.last_modified
        cause = f"It is older ({made}) than the copy in use ({used})."
    elif new.sha256 in old.past:
        cause = "It is a former version of the list, which the copy in use has replaced."
    else:
        return
    raise _refusal(
        "list-older",
        new.source,
        cause,
        f"Wait for the next download; or remove and add {old.name!r} again if its maker went back.",
    )


def _seen(one: Subscription) -> int:
    """Lines that were meant as entries, also those that we skip."""
    return one.entries + sum(one.skipped.values())


def _http_date(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except ValueError:
        return None


def _ends_line(path: Path) -> bool:
    """Whether a plain file ends with a line end; packed ones carry their own check."""
    with path.open("rb") as file:
        if file.read(2) == b"\x1f\x8b":
            return True
        size = file.seek(0, 2)
        if not size:
            return True
        file.seek(-1, 2)
        return file.read(1) in {b"\n", b"\r"}


def _odd(was: int, now: int) -> bool:
    return abs(now - was) > max(SMALL, was * _HALF)


def _change(was: int, now: int) -> str:
    percent = f" ({100 * (now - was) / was:+.0f} %)" if was else ""
    return f"{was:,} → {now:,}{percent}"


def _of(counts: Mapping[str, int], category: str) -> int:
    return counts.get(category, 0)


def _refusal(code: str, place: str, cause: str, hint: str) -> StairgateError:
    return StairgateError(Problem(code=code, place=place, cause=cause, hint=hint))
