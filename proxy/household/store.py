"""What is asked of the household's tables and written into them. Knows no gate and no clock.

Every write adds or replaces one fact by itself, so that several processes may write at once.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import insert

from proxy.clock import Mark
from proxy.database import complaints, open_database
from proxy.household.tables import CLOCK, CONFIRMED, DATABASE, EARNED, KEYS, MINUTES, OVERRIDES, TRAFFIC
from rules.decide import Override
from rules.presets import Action

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from contextlib import AbstractContextManager
    from datetime import date
    from pathlib import Path

type Key = tuple[str, str]
"""Person and target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """An override as it is kept.

    Attributes:
        id: its number, to remove it by.
        override: what holds meanwhile.
        why: a parent's note.
    """

    id: int
    override: Override
    why: str


def open_store(path: Path) -> sa.Engine:
    """An engine on the household's database.

    Raises:
        StairgateError: damaged or from a newer Stairgate (65), locked or unwritable (69).
    """
    return open_database(path, DATABASE)


def told_in_words(path: Path) -> AbstractContextManager[None]:
    """Turn the database's faults into errors with a place, a cause and a next step."""
    return complaints(path, DATABASE.what)


def add_minutes(connection: sa.Connection, minutes: Iterable[tuple[str, str, int]]) -> None:
    """Note minutes in which somebody used something; one that is there already stays one."""
    rows = [{"person": person, "target": target, "minute": minute} for person, target, minute in minutes]
    if rows:
        connection.execute(insert(MINUTES).on_conflict_do_nothing(), rows)


def add_traffic(connection: sa.Connection, day: date, counts: Mapping[Key, tuple[int, int]]) -> None:
    """Add bytes to what a day has already."""
    rows = [
        {"person": person, "target": target, "day": day.isoformat(), "up": up, "down": down}
        for (person, target), (up, down) in counts.items()
    ]
    if rows:
        adding = insert(TRAFFIC)
        connection.execute(
            adding.on_conflict_do_update(
                index_elements=["person", "target", "day"],
                set_={
                    "up": TRAFFIC.c.up + adding.excluded.up,
                    "down": TRAFFIC.c.down + adding.excluded.down,
                },
            ),
            rows,
        )


def read_traffic(connection: sa.Connection, day: date) -> dict[Key, tuple[int, int]]:
    """Bytes up and down of a day, by person and category or service."""
    rows = connection.execute(sa.select(TRAFFIC).where(TRAFFIC.c.day == day.isoformat()))
    return {(row.person, row.target): (row.up, row.down) for row in rows}


def read_minutes(connection: sa.Connection, first: int, end: int) -> dict[Key, float]:
    """Minutes used from one minute (counted) up to another (not counted), by person and target."""
    rows = connection.execute(
        sa.select(MINUTES.c.person, MINUTES.c.target, sa.func.count().label("number"))
        .where(MINUTES.c.minute >= first, MINUTES.c.minute < end)
        .group_by(MINUTES.c.person, MINUTES.c.target)
    )
    return {(row.person, row.target): float(row.number) for row in rows}


def first_minute(connection: sa.Connection) -> int | None:
    """The oldest minute that is known; None where there is none."""
    found: int | None = connection.scalar(sa.select(sa.func.min(MINUTES.c.minute)))
    return found


def earn(connection: sa.Connection, key: Key, day: date, minutes: float, why: str) -> None:
    """Give minutes for one day, or take some away with a negative number."""
    person, target = key
    connection.execute(
        EARNED.insert(),
        {"person": person, "target": target, "day": day.isoformat(), "minutes": minutes, "why": why},
    )


def read_earned(connection: sa.Connection, day: date) -> dict[Key, float]:
    """Minutes earned on a day, by person and target."""
    rows = connection.execute(
        sa.select(EARNED.c.person, EARNED.c.target, sa.func.sum(EARNED.c.minutes).label("total"))
        .where(EARNED.c.day == day.isoformat())
        .group_by(EARNED.c.person, EARNED.c.target)
    )
    return {(row.person, row.target): row.total for row in rows}


def add_override(connection: sa.Connection, override: Override, why: str) -> int:
    """Keep an override; its number."""
    row = {
        "person": override.person,
        "target": override.target,
        "action": str(override.action),
        "until": int(override.until.timestamp()),
        "asked": override.asked,
        "why": why,
    }
    return int(connection.execute(OVERRIDES.insert(), row).inserted_primary_key[0])  # type: ignore[index]


def read_overrides(connection: sa.Connection, at: datetime) -> tuple[Grant, ...]:
    """The overrides that have not ended, in the order in which they were made."""
    rows = connection.execute(
        sa.select(OVERRIDES).where(OVERRIDES.c.until > at.timestamp()).order_by(OVERRIDES.c.id)
    )
    return tuple(
        Grant(
            id=row.id,
            why=row.why,
            override=Override(
                person=row.person,
                target=row.target,
                action=Action(row.action),
                until=datetime.fromtimestamp(row.until, UTC),
                asked=row.asked,
            ),
        )
        for row in rows
    )


def remove_override(connection: sa.Connection, number: int) -> bool:
    """End an override now; False where there is none of this number."""
    return connection.execute(OVERRIDES.delete().where(OVERRIDES.c.id == number)).rowcount > 0


def confirm(connection: sa.Connection, person: str, host: str, until: datetime) -> None:
    """A person has clicked on past a warning."""
    row = {"person": person, "host": host, "until": int(until.timestamp())}
    adding = insert(CONFIRMED)
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=["person", "host"], set_={"until": adding.excluded.until}
        ),
        row,
    )


def read_confirmed(connection: sa.Connection, at: datetime) -> frozenset[tuple[str, str]]:
    """Person and host of every warning that is clicked away at a moment."""
    rows = connection.execute(sa.select(CONFIRMED).where(CONFIRMED.c.until > at.timestamp()))
    return frozenset((row.person, row.host) for row in rows)


def key(connection: sa.Connection, name: str) -> bytes:
    """A secret of 256 bits by name, made when it is first asked for; the same for all processes."""
    connection.execute(
        insert(KEYS).on_conflict_do_nothing(), {"name": name, "value": secrets.token_bytes(32)}
    )
    value: bytes = connection.scalar(sa.select(KEYS.c.value).where(KEYS.c.name == name)) or b""
    return value


def keep_mark(connection: sa.Connection, mark: Mark) -> None:
    """Keep a moment that is known, to go on from after a restart."""
    row = {"id": 1, "boot": mark.boot, "steady": mark.steady, "at": mark.at}
    adding = insert(CLOCK)
    connection.execute(
        adding.on_conflict_do_update(
            index_elements=["id"], set_={name: adding.excluded[name] for name in ("boot", "steady", "at")}
        ),
        row,
    )


def read_mark(connection: sa.Connection) -> Mark | None:
    """The moment that was kept last."""
    row = connection.execute(sa.select(CLOCK)).first()
    return None if row is None else Mark(boot=row.boot, steady=row.steady, at=row.at)


def forget(
    connection: sa.Connection, *, minutes_before: int, days_before: date, ended_before: datetime
) -> None:
    """Delete what is no longer needed for any limit or report."""
    connection.execute(MINUTES.delete().where(MINUTES.c.minute < minutes_before))
    connection.execute(TRAFFIC.delete().where(TRAFFIC.c.day < days_before.isoformat()))
    connection.execute(EARNED.delete().where(EARNED.c.day < days_before.isoformat()))
    for table in (OVERRIDES, CONFIRMED):
        connection.execute(table.delete().where(table.c.until < ended_before.timestamp()))
