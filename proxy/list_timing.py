"""When a list is asked for again, and from when on it is stale. Pure: the time and the dice are passed in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from .subscription_file import read_hours

if TYPE_CHECKING:
    from random import Random

    from .subscription_file import Subscription

USUAL = 23
"""Hours between two visits where a list does not say: its age stays under a day."""

STALE_AFTER = timedelta(hours=24)
"""How old what a list says may get before a parent is told."""

_LONGEST = 24 * 7  # hours, whatever list or server say
_EARLIER = 0.15  # share of the time by which a visit may come earlier: households must not come all at once
_FIRST_RETRY = timedelta(minutes=15)
_LONGEST_RETRY = timedelta(hours=6)
_GRACE = timedelta(hours=2)
_LONGEST_WISH = timedelta(hours=24)  # of a Retry-After


def read_time(text: str) -> datetime | None:
    """A time as lists.yaml writes it; None for none or one that can't be read."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo is not None else read.replace(tzinfo=UTC)


def write_time(moment: datetime) -> str:
    """A time as lists.yaml writes it: ISO 8601, UTC, to the second."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def is_due(one: Subscription, now: datetime) -> bool:
    """Whether a list is to be asked for now. One that was never timed is; so is one timed for far ahead.

    Args:
        one: the list.
        now: aware.
    """
    due = read_time(one.due)
    if due is None or due - now > timedelta(hours=_LONGEST) + _LONGEST_WISH:
        return is_open(one.hours, now)  # no time, or a clock that was set back
    return now >= due and is_open(one.hours, now)


def next_visit(one: Subscription, now: datetime, dice: Random, *, fresh_for: float = 0) -> datetime:
    """When to ask again after all went well.

    Args:
        one: the list, with what it says of itself.
        now: aware.
        dice: for the jitter.
        fresh_for: seconds the server says that its answer stays fresh (Cache-Control); 0 for nothing said.
    """
    hours = min(_LONGEST, max(one.expires or USUAL, fresh_for / 3600))
    # A list that expires every day is asked a little before the day is over, so that it never gets older.
    wait = timedelta(hours=min(hours, USUAL) if hours <= 24 else hours)
    return _when_open(one.hours, now + wait * (1 - _EARLIER * dice.random()), dice)


def next_try(one: Subscription, now: datetime, dice: Random, *, wish: float = 0) -> datetime:
    """When to ask again after it failed: a quarter of an hour, then twice as long each time, to six hours.

    Args:
        one: the list, with how often it has failed in a row.
        now: aware.
        dice: for the jitter.
        wish: seconds the server asks to wait (Retry-After); 0 for nothing said.
    """
    wait = min(_LONGEST_RETRY, _FIRST_RETRY * 2 ** min(one.failures, 10)) * (0.75 + 0.5 * dice.random())
    wait = max(wait, min(_LONGEST_WISH, timedelta(seconds=wish)))
    return _when_open(one.hours, now + wait, dice)


def is_stale(one: Subscription, now: datetime) -> bool:
    """Whether a list has not been heard of for too long: a day, or its own longer term and two hours more.

    Where a source may be asked at certain hours only, two hours more as well.

    Args:
        one: the list.
        now: aware.
    """
    heard = read_time(one.heard) or read_time(one.changed)
    if heard is None:
        return False
    term = max(STALE_AFTER, timedelta(hours=one.expires) + _GRACE if one.expires > 24 else STALE_AFTER)
    return now - heard >= term + (_GRACE if one.hours else timedelta())


def is_open(hours: str, now: datetime) -> bool:
    """Whether `now` lies in `HH-HH` (UTC, the end not in it); always, where nothing is said.

    Args:
        hours: as `Subscription.hours`.
        now: aware.
    """
    if not hours:
        return True
    begin, end = read_hours(hours)
    hour = now.astimezone(UTC).hour
    return begin <= hour < end if begin < end else hour >= begin or hour < end


def _when_open(hours: str, moment: datetime, dice: Random) -> datetime:
    """The moment, moved to within the hour after the next opening where it lies outside the hours."""
    if is_open(hours, moment):
        return moment
    begin, _ = read_hours(hours)
    at = moment.astimezone(UTC)
    opening = at.replace(hour=begin, minute=0, second=0, microsecond=0)
    if opening < at:
        opening += timedelta(days=1)
    return opening + timedelta(hours=1) * dice.random()
