"""One CA follows another before it ends: made beside it, learned by the devices, then put in its place.

Half a year before the end a new CA is made and its public part laid beside the old one's; a month before the
end it signs. Nothing here trusts a clock that jumps: a CA only follows when it has lain there for a month, so
a machine that wakes up in another year keeps the one that its devices know. A running gate looks each hour;
where the CA has changed its parts end, and are replaced by ones that read it anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives import serialization

from rules.errors import StairgateError

from .authority import FILE, create, load
from .home import replace_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .authority import Authority
    from .home import Home

logger = logging.getLogger(__name__)

BESIDE = dt.timedelta(days=183)
"""How long before the end of a CA the next one is made."""

FOLLOWS = dt.timedelta(days=30)
"""How long before its end the next one takes its place; and how long that must have lain there."""


_HOUR = 3600.0
_LOOK_SECONDS = 5.0

type Stamp = tuple[int, int] | None


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


async def keep_going(
    home: Home,
    *,
    say: Callable[[str], None],
    clock: Callable[[], dt.datetime] = _now,
    seconds: float = _HOUR,
) -> None:
    """Do for ever what `advance` does once.

    Args:
        home: whose CA.
        say: told what a parent should hear, once.
        clock: the time; aware.
        seconds: between two looks.
    """
    told = ""
    while True:
        await asyncio.sleep(seconds)
        try:
            found = await asyncio.to_thread(advance, home, clock())
        except (OSError, StairgateError) as error:
            logger.warning("the certificate authority was not looked after: %s", error)
            continue
        notice = "" if found is None else found.notice()
        if notice and notice != told:
            say(notice)
        told = notice


def stamp(home: Home) -> Stamp:
    """What changes when another CA takes the place of the one that signs; None where there is none."""
    try:
        found = (home.ca / FILE).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino


async def until_changed(home: Home, since: Stamp, *, seconds: float = _LOOK_SECONDS) -> None:
    """Return when another CA signs than at `since`; one that is merely gone does not count.

    Args:
        home: whose CA.
        since: as `stamp` gave it.
        seconds: between two looks.
    """
    while stamp(home) in {None, since}:  # noqa: ASYNC110 - a file tells nobody that it was replaced
        await asyncio.sleep(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Succession:
    """How the home's CA stands.

    Attributes:
        ends: when the one that signs ends; aware.
        next: the public part of the one that will follow, while devices have to learn it.
        on: when it follows, or None.
    """

    ends: dt.datetime
    next: Path | None = None
    on: dt.datetime | None = None

    def notice(self) -> str:
        """What a parent should hear; empty for nothing."""
        if self.next is None or self.on is None:
            return ""
        return (
            f"The home's certificate authority ends on {self.ends:%-d %B %Y}. A new one lies in {self.next}: "
            f"let every device trust it as well before {self.on:%-d %B %Y}; on this machine with:  "
            "stairgate trust install"
        )


def look(home: Home) -> Succession | None:
    """How the home's CA stands; None where there is none yet.

    Raises:
        StairgateError: what lies there is not our CA (65).
    """
    target = home.ca / FILE
    if not target.exists():
        return None
    return _state(home, load(target, home.ca_pem, now=None))


def advance(home: Home, now: dt.datetime) -> Succession | None:
    """Make the next CA, or put it in place, where it is time. Safe to repeat, also after being cut off.

    Args:
        home: whose CA.
        now: aware.

    Returns:
        How it stands afterwards; None where there is no CA yet.

    Raises:
        StairgateError: what lies there is not our CA (65).
        OSError: the folder can't be written.
    """
    target = home.ca / FILE
    if not target.exists():
        return None
    current = load(target, home.ca_pem, now=None)
    left = current.certificate.not_valid_after_utc - now
    following = _next(home)
    if left < FOLLOWS and following is not None and now - _made(following) >= FOLLOWS:
        (home.ca / "next" / FILE).replace(target)  # key and certificate in one step
        replace_file(home.ca_pem, _public(following), mode=0o644)
        home.next_ca_pem.unlink(missing_ok=True)
        return _state(home, following)
    if left < BESIDE and following is None:
        folder = home.ca / "next"
        folder.mkdir(mode=0o700, exist_ok=True)
        create(folder, folder / FILE, now=now)
        following = _next(home)
    if following is None:
        home.next_ca_pem.unlink(missing_ok=True)
    elif not home.next_ca_pem.exists() or home.next_ca_pem.read_bytes() != _public(following):
        replace_file(home.next_ca_pem, _public(following), mode=0o644)
    return _state(home, current)


def _state(home: Home, current: Authority) -> Succession:
    ends = current.certificate.not_valid_after_utc
    following = _next(home)
    if following is None:
        return Succession(ends=ends)
    return Succession(ends=ends, next=home.next_ca_pem, on=max(ends - FOLLOWS, _made(following) + FOLLOWS))


def _next(home: Home) -> Authority | None:
    target = home.ca / "next" / FILE
    with contextlib.suppress(FileNotFoundError):
        return load(target, home.next_ca_pem, now=None)
    return None


def _made(authority: Authority) -> dt.datetime:
    return authority.certificate.not_valid_before_utc


def _public(authority: Authority) -> bytes:
    return authority.certificate.public_bytes(serialization.Encoding.PEM)
