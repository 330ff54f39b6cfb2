"""Every target of the fuzzer takes a few dozen spoilt inputs without a crash; the fuzzer would see one."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from tests import fuzz

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_no_target_fails_on_the_first_inputs(tmp_path: Path) -> None:
    for name, target in fuzz.targets(tmp_path).items():
        target.feed(target.good)
        count, _, bad = fuzz.run(target, fuzz.make_dice(f"1 {name}"), until=lambda count: count >= 40)
        assert (count, bad) == (40, None), name


def test_inputs_are_spoilt_and_the_same_for_a_seed() -> None:
    first = [fuzz.spoil(fuzz.ADDRESS, fuzz.make_dice(seed)) for seed in range(50)]
    assert first == [fuzz.spoil(fuzz.ADDRESS, fuzz.make_dice(seed)) for seed in range(50)]
    assert len({*first, fuzz.ADDRESS}) > 45


def test_a_crash_and_a_slow_input_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(data: bytes) -> None:
        raise IndexError(data)

    def dawdle(_data: bytes) -> None:
        until = time.process_time() + 0.01
        while time.process_time() < until:
            pass

    monkeypatch.setattr(fuzz, "SLOWEST", 0.001)
    for feed in (crash, dawdle):
        count, _, bad = fuzz.run(fuzz.Target(b"x", feed), fuzz.make_dice(1), until=lambda count: count >= 3)
        assert count == 0
        assert bad is not None


def test_it_is_run_by_hand_with_names_and_seconds(capsys: pytest.CaptureFixture[str]) -> None:
    assert fuzz.main(["--seconds", "0.05", "address", "list, rpz"]) == 0
    assert [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()] == ["address", "list, rpz"]
