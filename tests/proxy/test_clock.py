"""The time limits go by: who sets the machine's clock gains nothing, and a time server is believed."""

from __future__ import annotations

import time
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from proxy.clock import Clock, Keeper, Mark, boot_id, is_synchronised

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()
HOUR = 3600.0


class Machine:
    """A machine whose clocks are moved by hand."""

    def __init__(self) -> None:
        self.wall = NOON
        self.steady = 1000.0
        self.by_server = False
        self.boot = "first"

    def clock(self) -> Clock:
        return Clock(lambda: self.wall, lambda: self.steady, lambda: self.by_server, self.boot)

    def live(self, seconds: float, *, drift: float = 0.0) -> None:
        self.wall += seconds * (1 + drift)
        self.steady += seconds


def test_time_goes_by_as_the_machine_shows_it() -> None:
    machine = Machine()
    clock = machine.clock()
    for _ in range(100):
        machine.live(HOUR, drift=0.0004)
        assert clock.seconds() == machine.wall
    assert clock.behind == 0


@given(st.floats(-400 * 24 * HOUR, 400 * 24 * HOUR), st.floats(0, 24 * HOUR))
def test_a_clock_set_by_hand_changes_nothing(step: float, later: float) -> None:
    machine = Machine()
    clock = machine.clock()
    machine.live(HOUR)
    clock()
    machine.wall += step
    machine.live(later)
    assert abs(clock.seconds() - (NOON + HOUR + later)) <= 1 + 0.002 * (HOUR + later) + 1e-3


def test_many_small_steps_gain_next_to_nothing() -> None:
    machine = Machine()
    clock = machine.clock()
    for _ in range(12 * 3600):  # twelve hours, and every second a little more
        machine.live(1)
        machine.wall += 0.5
        clock.seconds()
    assert clock.seconds() - NOON < 12 * HOUR * 1.005


def test_a_time_server_is_believed_and_so_is_a_corrected_clock() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.wall += 40 * 24 * HOUR  # a small computer without a battery learns the date
    machine.by_server = True
    assert clock.seconds() == machine.wall
    machine.by_server = False
    machine.wall -= HOUR
    machine.live(10)
    assert abs(clock.behind + HOUR) < 2
    machine.wall += HOUR  # put right again
    assert clock.behind == 0
    assert clock.seconds() == machine.wall


def test_a_restart_gives_nothing_back() -> None:
    machine = Machine()
    clock = machine.clock()
    machine.live(HOUR)
    mark = clock.mark()
    machine.wall -= 5 * HOUR
    machine.live(60)
    restarted = machine.clock()
    restarted.resume(mark)
    assert abs(restarted.seconds() - (NOON + HOUR + 60)) < 2


def test_a_machine_that_forgot_the_time_while_it_was_off_goes_on_from_what_was_known() -> None:
    machine = Machine()
    mark = machine.clock().mark()
    machine.boot, machine.steady, machine.wall = "second", 5.0, 0.0
    restarted = machine.clock()
    restarted.resume(mark)
    assert restarted.seconds() == NOON
    machine.boot, machine.wall = "third", NOON + 8 * HOUR  # a night without power
    restarted = machine.clock()
    restarted.resume(mark)
    assert restarted.seconds() == NOON + 8 * HOUR


def test_the_real_clock_is_the_machines() -> None:
    assert abs(Clock()().timestamp() - time.time()) < 1
    assert is_synchronised() in {True, False}
    assert boot_id() == boot_id()


def test_who_starts_the_gate_may_vouch_for_the_machines_clock() -> None:
    mark = Mark(boot=boot_id(), steady=1.0, at=time.time() + 400 * 24 * HOUR)  # once ahead by mistake
    doubting, believing = Clock.kept_by(Keeper.GATE), Clock.kept_by(Keeper.MACHINE)
    believing.resume(mark)
    assert abs(believing.seconds() - time.time()) < 1
    assert believing.mark().at - time.time() < 1, "the mistake is not kept"
    if not is_synchronised():
        doubting.resume(mark)
        assert doubting.seconds() > time.time() + 300 * 24 * HOUR
