"""Which names a device pins: learnt from what its processes saw, kept for a while, forgotten on request.

The rule stands here whole: see `learn`. Names that are merely visited or tried are kept as keyed marks, so
that the table says nothing about where anybody has been.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from proxy.household.store import key
from proxy.household.tables import DOUBTED, PINNED, TRUSTED
from rules.policy import JournalLevel

if TYPE_CHECKING:
    from collections.abc import Iterable

    from proxy.pinning import Sighting
    from rules.policy import Policy

TIMES = 3
"""How often a name must turn our certificate away."""
APART = 10
"""Seconds between two that count: a page opens six connections at once."""
ELSEWHERE = 3
"""Other names the device must have trusted us for: it has our CA, and this name is the exception."""
WITHIN = timedelta(days=1)
"""All of this within so long."""
KEPT = timedelta(days=30)
"""How long a name stays learnt; afterwards it is looked into again."""
MOST_A_DAY = 5
"""Names learnt for one device within a day; a browser without our CA would turn everything away."""
MOST = 30
"""Names learnt for one device."""
_MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A name that is learnt.

    Attributes:
        id: its number, to forget it by.
        device: what stays the same about the device: `wireguard:NAME`, hardware address, else address.
        person: whose device it was.
        host: the name that is passed on.
        learnt: since when; UTC.
        until: until when; UTC.
    """

    id: int
    device: str
    person: str
    host: str
    learnt: datetime
    until: datetime


def learn(connection: sa.Connection, sightings: Iterable[Sighting], at: datetime) -> None:
    """Count what was seen, and learn what it shows.

    A name is learnt for a device and person when, within `WITHIN`, it turned our certificate away `TIMES`
    times that were `APART` seconds apart, never took it, and the device took it for `ELSEWHERE` other names.

    Args:
        connection: in a transaction.
        sightings: in the order in which they were made.
        at: now; aware.
    """
    now, span = int(at.timestamp()), int(WITHIN.total_seconds())
    # A write first: whoever reads first may find the database locked when it comes to write.
    connection.execute(PINNED.delete().where(PINNED.c.until <= now))
    connection.execute(TRUSTED.delete().where(TRUSTED.c.at < now - span))
    connection.execute(DOUBTED.delete().where(DOUBTED.c.first_at < now - span))
    secret = key(connection, "pins")
    for seen in sightings:
        mark = hashlib.blake2b(seen.host.encode(), key=secret, digest_size=8).hexdigest()
        if seen.trusted:
            _trust(connection, seen, mark)
        elif _doubt(connection, seen, mark) and _is_pinning(connection, seen, mark):
            _keep(connection, seen, mark)


def _trust(connection: sa.Connection, seen: Sighting, mark: str) -> None:
    adding = insert(TRUSTED)
    if (connection.scalar(sa.select(sa.func.count()).select_from(TRUSTED)) or 0) < _MOST_ROWS:
        connection.execute(
            adding.on_conflict_do_update(
                index_elements=["device", "mark"], set_={"at": sa.func.max(TRUSTED.c.at, adding.excluded.at)}
            ),
            {"device": seen.device, "mark": mark, "at": seen.at},
        )
    # What is trusted once is not pinned, whatever else turns it away.
    connection.execute(DOUBTED.delete().where(DOUBTED.c.device == seen.device, DOUBTED.c.mark == mark))


def _doubt(connection: sa.Connection, seen: Sighting, mark: str) -> bool:
    """Count one that turned away; whether these are enough."""
    here = sa.and_(DOUBTED.c.device == seen.device, DOUBTED.c.person == seen.person, DOUBTED.c.mark == mark)
    row = connection.execute(sa.select(DOUBTED).where(here)).first()
    if row is None:
        if (connection.scalar(sa.select(sa.func.count()).select_from(DOUBTED)) or 0) < _MOST_ROWS:
            connection.execute(
                DOUBTED.insert(),
                {
                    "device": seen.device,
                    "person": seen.person,
                    "mark": mark,
                    "times": 1,
                    "first_at": seen.at,
                    "last_at": seen.at,
                },
            )
        return TIMES <= 1
    if seen.at - row.last_at >= APART:
        connection.execute(DOUBTED.update().where(here).values(times=row.times + 1, last_at=seen.at))
        return int(row.times) + 1 >= TIMES
    return False


def _is_pinning(connection: sa.Connection, seen: Sighting, mark: str) -> bool:
    """Whether the device has our CA, never took it for this name, and has not pinned too much already."""
    since = seen.at - int(WITHIN.total_seconds())
    marks = set(
        connection.scalars(
            sa.select(TRUSTED.c.mark).where(TRUSTED.c.device == seen.device, TRUSTED.c.at >= since)
        )
    )
    learnt = list(connection.scalars(sa.select(PINNED.c.learnt).where(PINNED.c.device == seen.device)))
    return (
        mark not in marks
        and len(marks) >= ELSEWHERE
        and len(learnt) < MOST
        and sum(one >= since for one in learnt) < MOST_A_DAY
    )


def _keep(connection: sa.Connection, seen: Sighting, mark: str) -> None:
    row = {
        "device": seen.device,
        "person": seen.person,
        "host": seen.host,
        "learnt": seen.at,
        "until": seen.at + int(KEPT.total_seconds()),
    }
    connection.execute(insert(PINNED).on_conflict_do_nothing(), row)
    connection.execute(DOUBTED.delete().where(DOUBTED.c.device == seen.device, DOUBTED.c.mark == mark))


def read(connection: sa.Connection, at: datetime) -> dict[tuple[str, str, str], int]:
    """For device, person and host of each name learnt: until when, in seconds since 1970, UTC."""
    return {(one.device, one.person, one.host): int(one.until.timestamp()) for one in listed(connection, at)}


def listed(connection: sa.Connection, at: datetime) -> tuple[Pin, ...]:
    """The names that are learnt now, by device."""
    rows = connection.execute(
        sa.select(PINNED).where(PINNED.c.until > at.timestamp()).order_by(PINNED.c.device, PINNED.c.id)
    )
    return tuple(
        Pin(
            id=row.id,
            device=row.device,
            person=row.person,
            host=row.host,
            learnt=datetime.fromtimestamp(row.learnt, UTC),
            until=datetime.fromtimestamp(row.until, UTC),
        )
        for row in rows
    )


def forget(connection: sa.Connection, number: int) -> bool:
    """Look into a name again from now on; False where there is none of this number."""
    return connection.execute(PINNED.delete().where(PINNED.c.id == number)).rowcount > 0


def told_host(pin: Pin, policy: Policy) -> str | None:
    """The name for people; None where the journal keeps no hosts of this person."""
    known = policy.people.get(pin.person)
    keeps = known is not None and known.journal in {JournalLevel.ADDRESS, JournalLevel.HOST}
    return pin.host if keeps else None


def as_json(pin: Pin, policy: Policy) -> dict[str, object]:
    """The shape of `pinned list --json` and of the console's twin; times in UTC."""
    return {
        "id": pin.id,
        "device": pin.device,
        "person": pin.person,
        "host": told_host(pin, policy),
        "learnt": pin.learnt.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "until": pin.until.isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
