"""The household's state: counted by minutes, shared by processes, kept over restarts, gained by nobody."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from alembic.script import ScriptDirectory

from proxy.clock import Clock as TrustedClock
from proxy.household import state as states
from proxy.household import store
from proxy.household.meter import ENOUGH, Meter
from proxy.household.state import Household
from proxy.household.tables import DATABASE, METADATA
from proxy.migration import configuration
from proxy.stay import Use
from rules.address import parse as parse_address
from rules.decide import Decision, Override, Reason, Request, decide
from rules.errors import StairgateError
from rules.pack import EMPTY
from rules.policy import parse
from rules.presets import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NOON = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
POLICY = parse(
    "country: DE\nzone: Europe/Berlin\n"
    "people:\n"
    "  everyone: {profile: tween}\n"
    "  leo:\n    profile: tween\n    budgets: {games: {minutes: 3, rollover: 2}, everything: 100}\n"
    "  max: {profile: young-adult, journal: off, budgets: {games: 60}}\n"
)


class Clock:
    """Wall time and steady time that stand still until they are moved."""

    def __init__(self) -> None:
        self.at = NOON
        self.seconds = 0.0

    def __call__(self) -> datetime:
        return self.at

    def steady(self) -> float:
        return self.seconds

    def go(self, **span: float) -> None:
        self.at += timedelta(**span)
        self.seconds += timedelta(**span).total_seconds()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def start(tmp_path: Path, clock: Clock) -> Iterator[Callable[[], Household]]:
    opened: list[Household] = []

    def make() -> Household:
        path = tmp_path / "household.db"
        opened.append(Household(store.open_store(path), path, lambda: POLICY, clock, clock.steady))
        return opened[-1]

    yield make
    for one in opened:
        one._engine.dispose()


def use(host: str = "play.example", person: str = "leo", *, category: str = "games", **more: Any) -> Use:
    request = Request(address=parse_address(f"https://{host}/"), text=host, person=person)
    decision = Decision(
        action=Action.ALLOW, reason=Reason.CATEGORY, because="", categories=(category,), **more
    )
    return Use(request=request, decision=decision)


def used(household: Household, clock: Clock, person: str = "leo", target: str = "games") -> float:
    household.write()
    clock.seconds += states.COUNT
    return household.moment(clock.at).used.get((person, target), 0.0)


def test_a_minute_with_an_opened_page_counts_once_for_all_it_belongs_to(
    start: Callable[[], Household], clock: Clock
) -> None:
    household = start()
    for _ in range(5):
        household.meter.add(use(), 100, 1000, 1)
        clock.go(seconds=10)
    assert used(household, clock) == 1
    assert used(household, clock, target="everything") == 1
    assert used(household, clock, person="everyone") == 0


def test_background_talk_costs_nothing_and_a_film_does(start: Callable[[], Household], clock: Clock) -> None:
    household = start()
    for _ in range(10):  # a push channel's heartbeat, and beacons to many hosts
        household.meter.add(use(), 200, 200, 0)
        for number in range(20):
            household.meter.add(use(f"beacon{number}.example"), 1500, 6000, 0)
        clock.go(minutes=1)
    assert used(household, clock) == 0
    for _ in range(10):
        household.meter.add(use(), 500, ENOUGH // 2, 0)
        household.meter.add(use(), 500, ENOUGH // 2, 0)
        clock.go(minutes=1)
    assert used(household, clock) == 10


def test_reading_for_a_minute_is_staying_and_a_tab_left_open_is_not(clock: Clock) -> None:
    meter = Meter(clock)
    for gap in (0, 2, 30, 1):
        clock.go(minutes=gap)
        meter.add(use(), 0, 0, 1)
    minutes = {minute for _, target, minute in meter.take()[0] if target == "games"}
    first = int(NOON.timestamp() // 60)
    assert minutes == {first, first + 1, first + 2, first + 32, first + 33}


def test_help_services_are_never_counted(start: Callable[[], Household], clock: Clock) -> None:
    household = start()
    household.meter.add(use(help=True), 10**6, 10**6, 9)
    assert household.meter.waiting() == set()
    assert used(household, clock) == 0


def test_several_processes_add_up_and_a_minute_they_share_counts_once(
    start: Callable[[], Household], clock: Clock
) -> None:
    one, other = start(), start()
    one.meter.add(use(), 0, 0, 1)
    other.meter.add(use(), 0, 0, 1)
    clock.go(minutes=1)
    other.meter.add(use(), 0, 0, 1)
    other.write()
    assert used(one, clock) == 2
    assert used(other, clock) == 2


def test_used_up_minutes_close_what_they_were_for_within_a_sweep(
    start: Callable[[], Household], clock: Clock
) -> None:
    household = start()
    policy = parse(
        "country: DE\npeople: {leo: {profile: tween, services: {roblox: allow}, "
        "budgets: {'service:roblox': 2}}}\n"
    )
    request = Request(address=parse_address("https://www.roblox.com/"), text="", person="leo")
    answers = []
    for _ in range(3):
        decision = decide(request, policy, EMPTY, household.moment(clock.at))
        answers.append((decision.action, decision.reason))
        household.meter.add(Use(request=request, decision=decision), 0, 0, 1)
        household.write()
        clock.go(minutes=1)
    assert [action for action, _ in answers] == ["allow", "allow", "block"]
    assert answers[-1][1] is Reason.BUDGET


def test_minutes_survive_a_restart(start: Callable[[], Household], clock: Clock) -> None:
    household = start()
    household.meter.add(use(), 0, 0, 1)
    household.close()
    assert start().moment(clock.at).used["leo", "games"] == 1


def test_what_is_counted_and_not_yet_written_counts_already(
    start: Callable[[], Household], clock: Clock
) -> None:
    household = start()
    household.meter.add(use(), 0, 0, 1)
    clock.seconds += states.COUNT
    assert household.moment(clock.at).used["leo", "games"] == 1


@pytest.mark.parametrize("back", [timedelta(minutes=5), timedelta(hours=13), timedelta(days=400)])
def test_a_clock_that_goes_back_gives_nothing_back(
    start: Callable[[], Household], clock: Clock, back: timedelta
) -> None:
    household = start()
    household.meter.add(use(), 0, 0, 1)
    assert used(household, clock) == 1
    clock.at -= back
    household.meter.add(use(), 0, 0, 1)
    household.write()
    clock.at += back
    assert used(household, clock) >= 1


def test_a_new_day_begins_at_the_households_midnight_with_what_was_left_over(
    start: Callable[[], Household], clock: Clock
) -> None:
    clock.at = datetime(2026, 11, 18, 22, 58, tzinfo=UTC)  # 23:58 in Berlin
    household = start()
    household.meter.add(use(), 0, 0, 1)
    assert used(household, clock) == 1
    clock.go(minutes=1)
    assert used(household, clock) == 1
    clock.go(minutes=1)
    assert household.moment(clock.at).used.get(("leo", "games"), 0) == 0
    clock.go(seconds=5)
    assert used(household, clock) == 0
    assert household.moment(clock.at).earned["leo", "games"] == 2  # 3 minutes, 1 used, at most 2 carried


def test_earned_minutes_count_for_their_day(start: Callable[[], Household], clock: Clock) -> None:
    household = start()
    with household._engine.begin() as connection:
        store.earn(connection, ("leo", "games"), NOON.date(), 15, "dishes")
        store.earn(connection, ("leo", "games"), NOON.date(), -5, "")
    clock.go(seconds=states.COUNT)
    assert household.moment(clock.at).earned == {("leo", "games"): 10}


def test_another_processs_override_holds_at_the_next_question_and_ends_by_itself(
    start: Callable[[], Household], clock: Clock
) -> None:
    household, parent = start(), start()
    override = Override(person="leo", target="games", action=Action.ALLOW, until=NOON + timedelta(minutes=30))
    with parent._engine.begin() as connection:
        number = store.add_override(connection, override, "rainy day")
    clock.go(seconds=states.LOOK)
    assert household.moment(clock.at).overrides == (override,)
    with parent._engine.begin() as connection:
        assert [grant.id for grant in store.read_overrides(connection, NOON)] == [number]
        assert store.read_overrides(connection, NOON + timedelta(minutes=30)) == ()
        assert store.remove_override(connection, number)
        assert not store.remove_override(connection, number)
    clock.go(seconds=states.LOOK)
    assert household.moment(clock.at).overrides == ()


def test_a_confirmed_warning_is_known_at_once_and_to_every_process_and_ends(
    start: Callable[[], Household], clock: Clock
) -> None:
    household, other = start(), start()
    household.confirm("leo", "odd.example")
    assert household.moment(clock.at).confirmed == {("leo", "odd.example")}
    clock.go(seconds=states.LOOK)
    assert other.moment(clock.at).confirmed == {("leo", "odd.example")}
    clock.at += states.CONFIRMED_FOR
    clock.go(seconds=states.COUNT)
    assert other.moment(clock.at).confirmed == frozenset()


def test_bytes_are_kept_by_person_and_category_and_service(
    start: Callable[[], Household], clock: Clock
) -> None:
    household = start()
    for _ in range(2):
        household.meter.add(use("www.roblox.com"), 10, 100, 0)
        household.write()
    household.meter.add(use(person="max"), 10, 100, 1)
    household.write()
    with household._engine.connect() as connection:
        assert store.read_traffic(connection, NOON.date()) == {
            ("leo", "games"): (20, 200),
            ("leo", "service:roblox"): (20, 200),
        }
    # Where the journal is off, only what a limit needs is kept.
    assert used(household, clock, person="max") == 1
    assert used(household, clock, person="max", target="everything") == 0


def test_a_locked_database_loses_no_minute_and_stops_no_decision(
    start: Callable[[], Household], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    household = start()
    household.meter.add(use(), 0, 0, 1)
    with sqlite3.connect(household.path) as holder:
        holder.execute("BEGIN EXCLUSIVE")
        monkeypatch.setattr(store, "add_minutes", lambda *_: _raise_locked())
        household.write()
        clock.go(seconds=states.COUNT)
        assert household.moment(clock.at).used["leo", "games"] == 1
    monkeypatch.undo()
    assert used(household, clock) == 1


def _raise_locked() -> None:
    import sqlalchemy as sa

    raise sa.exc.OperationalError("", {}, Exception("database is locked"))


def test_minutes_count_without_a_gap_while_they_are_being_written(
    start: Callable[[], Household], clock: Clock
) -> None:
    household = start()
    household.meter.add(use(), 0, 0, 1)
    clock.seconds += states.COUNT
    seen = [household.moment(clock.at).used["leo", "games"]]
    counts = household.meter.take()
    clock.seconds += states.COUNT
    seen.append(household.moment(clock.at).used["leo", "games"])
    assert household._write(counts)
    household._settle(written=True)
    for _ in range(3):
        clock.seconds += states.LOOK
        seen.append(household.moment(clock.at).used["leo", "games"])
    assert seen == [1] * 5


def test_a_fault_while_writing_does_not_end_the_counting(
    start: Callable[[], Household], clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(states, "COUNT", 0.01)
    household = start()
    household.meter.add(use(), 0, 0, 1)
    faults: list[int] = []
    third = threading.Event()

    def explode(*_arguments: Any) -> None:
        faults.append(1)
        if len(faults) < 3:
            raise RuntimeError("injected into the writing")
        third.set()

    monkeypatch.setattr(household, "_forget", explode)

    async def run() -> None:
        keeping = asyncio.ensure_future(household.keep())
        assert await asyncio.to_thread(third.wait, 10)
        keeping.cancel()

    asyncio.run(run())
    assert used(household, clock) == 1


def test_many_threads_of_writing_and_asking_do_not_meet(start: Callable[[], Household], clock: Clock) -> None:
    writers = [start() for _ in range(3)]
    threads = [
        threading.Thread(
            target=lambda one=one: [(one.meter.add(use(), 1, 1, 1), one.write()) for _ in range(20)]
        )
        for one in writers
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with writers[0]._engine.connect() as connection:
        assert store.read_traffic(connection, NOON.date())["leo", "games"] == (60, 60)
    assert used(writers[0], clock) == 1


def test_the_migrations_make_the_tables_and_end_at_the_revision(start: Callable[[], Household]) -> None:
    household = start()
    assert (
        ScriptDirectory.from_config(configuration(DATABASE.migrations)).get_current_head()
        == DATABASE.revision
    )
    with sqlite3.connect(household.path) as connection:
        for table in METADATA.sorted_tables:
            columns = {row[1] for row in connection.execute(f"PRAGMA table_info({table.name})")}
            assert columns == {column.name for column in table.columns}


def test_a_damaged_household_is_told_with_a_next_step(tmp_path: Path) -> None:
    path = tmp_path / "household.db"
    path.write_bytes(b"no database at all, but long enough to look at" * 50)
    with pytest.raises(StairgateError) as caught:
        store.open_store(path)
    assert caught.value.problems[0].code == "household-damaged"


def test_the_time_is_kept_over_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "household.db"
    wall = [NOON.timestamp()]
    steady = [100.0]

    def open_one() -> tuple[Household, TrustedClock]:
        clock = TrustedClock(lambda: wall[0], lambda: steady[0], lambda: False, "this boot")
        return Household(store.open_store(path), path, lambda: POLICY, clock, lambda: steady[0]), clock

    household, _ = open_one()
    household.close()
    wall[0] -= 6 * 3600
    steady[0] += 60
    household, clock = open_one()
    assert abs(clock.seconds() - NOON.timestamp() - 60) < 1
    household.close()
