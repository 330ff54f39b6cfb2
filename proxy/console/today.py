"""What the page Today says: the state, today's counts, the last decisions. One value, two forms."""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from proxy.clock import Clock
from proxy.household import pins
from proxy.household.store import open_store, told_in_words
from proxy.journal.record import Record, as_json
from proxy.journal.store import Search, complaints, count, search
from proxy.list_notices import held_notice, stale_notice
from proxy.list_timing import is_stale
from proxy.subscription_file import load_subscriptions
from proxy.succession import look
from rules.errors import StairgateError
from rules.taxonomy import CATEGORIES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy import Engine

    from proxy.home import Home
    from proxy.household.pins import Pin
    from proxy.journal.store import Count
    from proxy.live import Live

    from .condition import Condition

LAST = 50


class State(StrEnum):
    """How the protection stands."""

    ON = "on"
    WORRIED = "worried"
    """On, and something needs a parent's eye."""
    OFF = "off"
    """Nobody serves: devices have no connection, filtered or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryCount:
    """How often a category was met today.

    Attributes:
        id: the category, or `uncategorised`.
        title: its name for people.
        blocked: not served: blocked, to be asked for, or shown behind a warning.
        allowed: served.
    """

    id: str
    title: str
    blocked: int
    allowed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Today:
    """One day as a parent sees it.

    Attributes:
        at: when this was put together, aware, local.
        state: how the protection stands.
        worries: what needs a parent's eye, each a sentence.
        proxy: where the gate listens.
        names: entries in the lists in force.
        people: the people of the policy, their profiles, and whether their pages are looked into.
        allowed: decisions today that served.
        blocked: decisions today that did not.
        categories: by category, the most blocked first.
        pinned: names that a device is not looked into for, since an app pins its certificate; each in the
            shape of `pinned list --json`.
        last: the newest decisions, the newest first.
    """

    at: datetime
    state: State
    worries: tuple[str, ...]
    proxy: str
    names: int
    people: tuple[tuple[str, str, bool], ...]
    allowed: int
    blocked: int
    categories: tuple[CategoryCount, ...]
    pinned: tuple[dict[str, Any], ...]
    last: tuple[Record, ...]


def gather(live: Live, engine: Engine, *, proxy: str, condition: Condition, now: datetime) -> Today:
    """Put today together.

    Args:
        live: the rules in force.
        engine: the journal's database.
        proxy: where the gate listens.
        condition: how the parts of the gate are.
        now: aware; the midnight of its zone is where the day began.
    """
    worries = list(_worries(live, condition, now))
    counts: list[Count] = []
    last: list[Record] = []
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        with complaints(live.home.journal):
            counts = count(engine, Search(since=midnight))
            last = list(search(engine, Search(limit=LAST)))
    except StairgateError as error:
        worries += [problem.cause for problem in error.problems if problem.cause not in worries]
    learnt: tuple[Pin, ...] = ()
    try:
        learnt = _pinned(live.home, now)
    except StairgateError as error:
        worries += [problem.cause for problem in error.problems]
    return Today(
        at=now,
        state=State.OFF if not condition.serving else State.WORRIED if worries else State.ON,
        worries=tuple(worries),
        proxy=proxy,
        names=sum(about["entries"] for about in live.rules.pack.lists.values()),
        people=tuple(
            (name, str(person.profile), person.decrypt) for name, person in live.rules.policy.people.items()
        ),
        allowed=sum(one.number for one in counts if one.action == "allow"),
        blocked=sum(one.number for one in counts if one.action != "allow"),
        categories=tuple(_by_category(counts)),
        pinned=tuple(pins.as_json(pin, live.rules.policy) for pin in learnt),
        last=tuple(reversed(last)),
    )


def _pinned(home: Home, now: datetime) -> tuple[Pin, ...]:
    engine = open_store(home.household)
    try:
        with told_in_words(home.household), engine.connect() as connection:
            return pins.listed(connection, now)
    finally:
        engine.dispose()


def _worries(live: Live, condition: Condition, now: datetime) -> Iterable[str]:
    yield from condition.worries()
    if live.trouble is not None:
        place = live.trouble.problems[0].place
        yield f"The last edit is not in force ({place}): {live.trouble.problems[0].cause}"
    yield from _clock_worries(live)
    yield from _list_worries(live.home, now)
    yield from _authority_worries(live.home)
    if trouble := condition.journal_trouble:
        yield trouble
    if lost := condition.lost:
        yield f"{lost} decisions could not be written into the journal."


def _clock_worries(live: Live) -> Iterable[str]:
    if isinstance(live.clock, Clock) and live.clock.behind:
        yield (
            "This machine's clock was set by hand. Bedtimes and minutes go on by the time before; "
            "start the machine again, or let a time server set the clock, to take up the new one. "
            "Where a clock was once ahead by mistake, start the gate with --clock machine."
        )


def _list_worries(home: Home, now: datetime) -> Iterable[str]:
    try:
        lists = load_subscriptions(home)
    except StairgateError as error:
        yield error.problems[0].cause
        return
    for name, one in lists.items():
        if one.held:
            yield held_notice(one)
        elif one.trouble:
            yield f"The list {name} was not updated, and its last good copy is in use: {one.trouble}"
        if is_stale(one, now):
            yield stale_notice(one)


def _authority_worries(home: Home) -> Iterable[str]:
    # What can't be read there is told by the gate, which does not start with it.
    with contextlib.suppress(StairgateError, OSError):
        succession = look(home)
        if succession is not None and (notice := succession.notice()):
            yield notice


def _by_category(counts: list[Count]) -> list[CategoryCount]:
    """Counts by category, most blocked first; decisions without a category are not in it."""
    found: dict[str, list[int]] = {}
    for one in counts:
        if one.category is not None:
            found.setdefault(one.category, [0, 0])[one.action == "allow"] += one.number
    rows = [
        CategoryCount(
            id=name,
            title=CATEGORIES[name].title if name in CATEGORIES else name,
            blocked=blocked,
            allowed=allowed,
        )
        for name, (blocked, allowed) in found.items()
    ]
    return sorted(rows, key=lambda row: (-row.blocked, -row.allowed, row.id))


def today_json(today: Today) -> dict[str, Any]:
    """The page as JSON; each decision in the shape of `log show --json`, with its sentence beside it."""
    return {
        "at": today.at.isoformat(timespec="seconds"),
        "state": str(today.state),
        "worries": list(today.worries),
        "proxy": today.proxy,
        "names": today.names,
        "people": [
            {"name": name, "profile": profile, "looked_into": inside}
            for name, profile, inside in today.people
        ],
        "allowed": today.allowed,
        "blocked": today.blocked,
        "categories": [asdict(row) for row in today.categories],
        "pinned": list(today.pinned),
        "last": [as_json(record) | {"because": record.because} for record in today.last],
    }
