"""What a household learns of apps that pin: by names and times it is told, kept and shared in its tables."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from proxy.household import pins, store
from proxy.household.state import COUNT, Household
from proxy.reception import Reception, Visitor
from rules.address import parse as parse_address
from rules.decide import Decision, Level, Reason, Request
from rules.pack import EMPTY
from rules.policy import parse
from rules.presets import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from rules.pack import Pack
    from rules.policy import Policy

POLICY = parse(
    "country: DE\n"
    "people:\n"
    "  everyone: {profile: tween}\n"
    "  leo: {profile: tween, devices: [192.168.1.20, 192.168.1.21]}\n"
    "  max: {profile: teen, journal: category, devices: [192.168.1.30]}\n"
)
ELSEWHERE = ("school.example", "news.example", "films.example")


class Clock:
    """Time that stands still until it is moved."""

    def __init__(self) -> None:
        self.at = datetime(2026, 11, 18, 12, 0, tzinfo=UTC)
        self.seconds = 0.0

    def __call__(self) -> datetime:
        return self.at

    def steady(self) -> float:
        return self.seconds

    def go(self, **span: float) -> None:
        self.at += timedelta(**span)
        self.seconds += timedelta(**span).total_seconds()


class Rules:
    policy: Policy = POLICY
    pack: Pack = EMPTY


class Home:
    """One process's household, and devices that meet our certificate."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.clock = clock
        self.household = Household(store.open_store(path), path, lambda: POLICY, clock, clock.steady)
        self._reception = Reception(lambda: POLICY, hardware=lambda _address: "")

    def visitor(self, device: str = "192.168.1.20") -> Visitor:
        return self._reception.take_in((device, 40_000), ("192.168.1.2", 8080))

    def meet(self, *hosts: str, trusted: bool = True, device: str = "192.168.1.20") -> None:
        """The device takes our certificate for these names, or turns away."""
        for host in hosts:
            self.household.pinning.note(self.visitor(device), host, trusted=trusted)
        self.household.write()

    def refuse(self, host: str = "app.example", device: str = "192.168.1.20", times: int = 3) -> None:
        """The device turns away from our certificate again and again, half a minute apart."""
        for _ in range(times):
            self.meet(host, trusted=False, device=device)
            self.clock.go(seconds=30)

    def passes(self, host: str = "app.example", device: str = "192.168.1.20") -> bool:
        """Whether a name is passed on for a device."""
        self.clock.seconds += COUNT
        self.household.moment(self.clock.at)
        visitor = self.visitor(device)
        request = Request(
            address=parse_address(f"https://{host}/"),
            text=host,
            level=Level.NAME,
            person=visitor.asker().person,
        )
        decision = Decision(action=Action.ALLOW, reason=Reason.UNKNOWN, because="")
        return self.household.pinning.passes(visitor, request, decision, Rules())

    def learnt(self) -> list[str]:
        with self.household._engine.begin() as connection:
            return [pin.host for pin in pins.listed(connection, self.clock.at)]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def start(tmp_path: Path, clock: Clock) -> Iterator[Callable[[], Home]]:
    """Open the one household anew, as a further process or after a restart."""
    opened: list[Home] = []

    def make() -> Home:
        opened.append(Home(tmp_path / "household.db", clock))
        return opened[-1]

    yield make
    for one in opened:
        one.household.close()


@pytest.fixture
def home(start: Callable[[], Home]) -> Home:
    """A home whose devices have our CA."""
    made = start()
    made.meet(*ELSEWHERE)
    return made


def test_a_name_that_refuses_three_times_is_passed_on_for_that_device(home: Home) -> None:
    home.refuse(times=2)
    assert not home.passes()
    home.refuse(times=1)
    assert home.passes()
    assert not home.passes("other.example")
    assert not home.passes("www.app.example")
    assert not home.passes(device="192.168.1.21")


def test_the_connections_of_one_page_count_once(home: Home) -> None:
    home.meet(*["app.example"] * 6, trusted=False)
    assert not home.passes()


def test_a_device_without_our_ca_is_taught_nothing(start: Callable[[], Home]) -> None:
    home = start()
    home.refuse(times=10)
    home.meet(*ELSEWHERE[:2])
    home.refuse(times=10)
    assert home.learnt() == []


def test_trust_of_another_device_does_not_count(home: Home) -> None:
    home.refuse(device="192.168.1.21", times=5)
    assert home.learnt() == []


def test_a_name_that_a_browser_of_the_device_has_opened_stays_looked_into(home: Home) -> None:
    home.meet("app.example")
    home.refuse(times=5)
    assert home.learnt() == []


def test_trust_in_between_begins_the_count_anew(home: Home) -> None:
    home.refuse(times=2)
    home.meet("app.example")
    home.refuse(times=1)
    assert home.learnt() == []


def test_trust_and_refusals_of_different_days_do_not_add_up(home: Home) -> None:
    home.refuse(times=2)
    home.clock.go(hours=25)
    home.refuse(times=2)
    assert home.learnt() == []
    home.refuse(times=1)  # three on this day, but nothing on it shows that the device has our CA
    assert home.learnt() == []


def test_it_holds_for_thirty_days_and_is_learnt_again_where_the_app_still_refuses(home: Home) -> None:
    home.refuse()
    home.clock.go(days=29)
    assert home.passes()
    home.clock.go(days=1)
    assert not home.passes()
    home.meet(*ELSEWHERE)
    home.refuse()
    assert home.passes()


def test_it_is_known_after_a_restart_and_in_every_process(home: Home, start: Callable[[], Home]) -> None:
    second = start()
    home.refuse(times=1)
    second.refuse(times=1)
    home.refuse(times=1)  # each has seen only a part of it
    assert home.passes()
    assert second.passes()
    home.household.close()
    assert start().passes()


def test_a_browser_without_our_ca_beside_one_with_it_gains_five_names_a_day(home: Home) -> None:
    for number in range(8):
        home.refuse(f"site-{number}.example")
    assert home.learnt() == [f"site-{number}.example" for number in range(5)]
    for _ in range(10):
        home.clock.go(hours=25)
        home.meet(*ELSEWHERE)
        for number in range(8):
            home.refuse(f"day-{home.clock.at.day}-{number}.example")
    assert len(home.learnt()) == pins.MOST


def test_a_name_can_be_forgotten(home: Home) -> None:
    home.refuse()
    with home.household._engine.begin() as connection:
        (pin,) = pins.listed(connection, home.clock.at)
        assert pins.forget(connection, pin.id)
        assert not pins.forget(connection, pin.id)
    assert not home.passes()


def test_the_tables_do_not_tell_what_was_visited(home: Home, tmp_path: Path) -> None:
    home.refuse("tried.example", times=2)
    home.household.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"school.example" not in kept
    assert b"tried.example" not in kept


def test_a_name_is_not_told_of_somebody_whose_hosts_are_not_kept(home: Home) -> None:
    for host in ELSEWHERE:
        home.meet(host, device="192.168.1.30")
    home.refuse(device="192.168.1.30")
    with home.household._engine.begin() as connection:
        (pin,) = pins.listed(connection, home.clock.at)
    assert home.passes(device="192.168.1.30")
    assert (pins.as_json(pin, POLICY)["person"], pins.as_json(pin, POLICY)["host"]) == ("max", None)


def test_what_cannot_be_written_down_is_not_learnt_and_breaks_nothing(home: Home, tmp_path: Path) -> None:
    home.refuse(times=2)
    with sqlite3.connect(tmp_path / "household.db") as other:
        other.execute("DROP TABLE doubted")
    other.close()
    home.refuse(times=3)
    assert not home.passes()
