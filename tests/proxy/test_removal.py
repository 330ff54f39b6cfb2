"""Undoing everything: a real gate stopped, a real store cleaned, files deleted, the rest named."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from proxy.first_run import prepare
from proxy.home import Home, open_home
from proxy.removal import Result, Step, Wish, remove_all
from proxy.running import running, running_pid, stop_running
from proxy.service import installing
from proxy.service.unit import ServiceSettings
from proxy.trust.place import run_tool
from proxy.trust.system import system_places

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home as a first start makes it, with a journal."""
    home = open_home(tmp_path_factory.mktemp("made") / "home")
    prepare(home)
    home.journal.write_bytes(b"records")
    return home.path


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Home:
    subprocess.run(["cp", "-a", str(made), str(tmp_path / "home")], check=True)
    return Home(tmp_path / "home")


def take_away(home: Home, root: Path, **wish: bool) -> list[Step]:
    places = system_places(root, "linux", run=run_tool, owner=str(home.path))
    return list(remove_all(home, Wish(**wish), places=places, root=root))


def results(steps: list[Step]) -> dict[str, Result]:
    return {step.what: step.result for step in steps}


def test_the_journal_stays_where_that_is_asked_and_everything_else_goes(home: Home, tmp_path: Path) -> None:
    steps = take_away(home, tmp_path / "none", keep_journal=True)
    assert [path.name for path in home.path.iterdir()] == ["journal.db"]
    assert results(steps)["the journal, as asked"] is Result.LEFT


def test_nothing_stays_where_the_journal_is_to_go_as_well(home: Home, tmp_path: Path) -> None:
    take_away(home, tmp_path / "none", keep_journal=False)
    assert not home.path.exists()


def test_a_dry_run_names_the_same_steps_and_changes_nothing(home: Home, tmp_path: Path) -> None:
    before = sorted(path for path in home.path.rglob("*"))
    looked = take_away(home, tmp_path / "none", keep_journal=False, dry_run=True)
    assert sorted(home.path.rglob("*")) == before
    done = take_away(home, tmp_path / "none", keep_journal=False)
    assert [step.what for step in looked] == [step.what for step in done]


def test_it_can_be_repeated(home: Home, tmp_path: Path) -> None:
    take_away(home, tmp_path / "none", keep_journal=False)
    again = take_away(home, tmp_path / "none", keep_journal=False)
    assert {step.result for step in again} == {Result.LEFT}
    assert not any(step.by_hand for step in again)


def test_a_file_that_is_not_ours_stays_and_is_named(home: Home, tmp_path: Path) -> None:
    (home.path / "notes.txt").write_text("mine")
    steps = take_away(home, tmp_path / "none", keep_journal=False)
    assert [path.name for path in home.path.iterdir()] == ["notes.txt"]
    assert str(home.path / "notes.txt") in {step.path for step in steps if step.result is Result.LEFT}


def test_our_ca_goes_out_of_the_store_before_its_file_goes(home: Home, tmp_path: Path) -> None:
    root = tmp_path / "root"
    anchors = root / "usr/local/share/ca-certificates"
    for folder in (anchors, root / "etc/ssl/certs", root / "usr/share/ca-certificates"):
        folder.mkdir(parents=True)
    (root / "etc/ca-certificates.conf").touch()
    (place,) = system_places(root, "linux", run=run_tool, owner="")
    place.install([home.ca_pem])
    assert list(anchors.iterdir())
    take_away(home, root, keep_journal=False)
    assert list(anchors.iterdir()) == []


def test_the_service_and_its_network_rules_go(home: Home, tmp_path: Path) -> None:
    root = tmp_path / "root"
    settings = ServiceSettings(
        command=root / "stairgate",
        nft=root / "nft",
        home=home.path,
        listen=("0.0.0.0", 8080),
        dns=(("0.0.0.0", 5353),),
        inside=("br0",),
    )
    installing.install(installing.plan(settings), root)
    steps = take_away(home, root, keep_journal=False)
    assert results(steps)["the service and the network rules of the gateway"] is Result.DONE
    assert not [path for path in root.rglob("*") if path.is_file()]


HOLDER = """
import sys, time
from pathlib import Path
from proxy.home import Home
from proxy.running import running
with running(Home(Path(sys.argv[1]))):
    print("holds", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def gate(home: Home) -> Iterator[subprocess.Popen[str]]:
    """A process that is known as the gate of the home."""
    words = [sys.executable, "-c", HOLDER, str(home.path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "holds\n"
        yield process
        process.kill()


def test_a_running_gate_is_stopped_first(home: Home, gate: subprocess.Popen[str], tmp_path: Path) -> None:
    assert running_pid(home) == gate.pid
    steps = take_away(home, tmp_path / "none", keep_journal=False)
    assert results(steps)["the running gate"] is Result.DONE
    assert gate.wait(10) == -signal.SIGTERM
    assert not home.path.exists()


def test_a_gate_that_does_not_end_is_named_with_what_to_do(home: Home, gate: subprocess.Popen[str]) -> None:
    os.kill(gate.pid, signal.SIGSTOP)
    # Of two signals under way the one with the lower number comes first, and that is the end.
    os.waitid(os.P_PID, gate.pid, os.WSTOPPED)
    assert not stop_running(home, seconds=0.2)
    os.kill(gate.pid, signal.SIGCONT)


def test_a_file_left_by_a_gate_that_is_gone_names_nobody(home: Home) -> None:
    with running(home):
        assert running_pid(home) == os.getpid()
    assert home.running.exists()
    assert running_pid(home) is None
