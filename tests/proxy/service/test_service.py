"""The service: units that systemd takes, a table that nft takes, and nothing left behind."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from proxy.service.installing import ACCOUNT, FILES, GATE, GATEWAY, TABLE, below, install, plan, remove
from proxy.service.unit import MARK, ServiceSettings
from rules.errors import StairgateError
from stairgate import main

SETTINGS = ServiceSettings(command=Path("/opt/stairgate/bin/stairgate"), nft=Path("/usr/sbin/nft"))
GATEWAY_SETTINGS = ServiceSettings(
    command=SETTINGS.command,
    nft=SETTINGS.nft,
    listen=("0.0.0.0", 8080),
    dns=(("0.0.0.0", 53),),
    inside=("br0", "wlan0"),
)


def everything(root: Path) -> dict[str, str]:
    return {str(one.relative_to(root)): one.read_text() for one in root.rglob("*") if one.is_file()}


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    program = tmp_path / "stairgate"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    nft = tmp_path / "nft"
    shutil.copy(program, nft)
    settings = ServiceSettings(command=program, nft=nft, dns=(("0.0.0.0", 53),), inside=("br0",))
    install(plan(settings), tmp_path)
    units = [str(below(tmp_path, unit)) for unit in (GATE, GATEWAY)]
    done = subprocess.run(
        ["systemd-analyze", "verify", *units], capture_output=True, check=False, text=True, timeout=60
    )
    said = [line for line in done.stderr.splitlines() if "stairgate" in line]
    assert (done.returncode, said) == (0, [])


@pytest.mark.skipif(shutil.which("systemd-sysusers") is None, reason="systemd is not installed")
def test_the_account_is_one_that_systemd_can_make(tmp_path: Path) -> None:
    install(plan(SETTINGS), tmp_path)
    (tmp_path / "etc").mkdir(exist_ok=True)
    subprocess.run(
        ["systemd-sysusers", f"--root={tmp_path}", str(below(tmp_path, ACCOUNT))], check=True, timeout=60
    )
    assert "stairgate:" in (tmp_path / "etc/passwd").read_text()


def test_only_a_port_below_1024_gives_a_right() -> None:
    assert "CAP_" not in plan(SETTINGS).files[GATE]
    assert "AmbientCapabilities=CAP_NET_BIND_SERVICE\n" in plan(GATEWAY_SETTINGS).files[GATE]
    assert "CAP_NET_ADMIN" not in plan(GATEWAY_SETTINGS).files[GATE]


def test_without_a_gateway_there_are_no_rules_of_the_network() -> None:
    assert plan(SETTINGS).files.keys() == {GATE, ACCOUNT}


def test_removing_takes_away_what_was_installed_and_nothing_else(tmp_path: Path) -> None:
    other = below(tmp_path, GATE).with_name("other.service")
    other.parent.mkdir(parents=True)
    other.write_text("[Unit]\n")
    before = everything(tmp_path)
    install(plan(GATEWAY_SETTINGS), tmp_path)
    assert everything(tmp_path).keys() - before.keys() == {str(path.relative_to("/")) for path in FILES}
    assert set(remove(tmp_path)) == set(FILES)
    assert everything(tmp_path) == before
    assert not below(tmp_path, TABLE.parent).exists()
    assert remove(tmp_path) == ()


def test_a_file_of_somebody_else_is_neither_overwritten_nor_deleted(tmp_path: Path) -> None:
    target = below(tmp_path, GATE)
    target.parent.mkdir(parents=True)
    target.write_text("[Unit]\nDescription=mine\n")
    for work in (lambda: install(plan(SETTINGS), tmp_path), lambda: remove(tmp_path)):
        with pytest.raises(StairgateError) as caught:
            work()
        assert caught.value.problems[0].code == "not-ours"
    assert "mine" in target.read_text()


def test_commands_run_in_an_order_in_which_the_rules_come_first(tmp_path: Path) -> None:
    ran: list[tuple[str, ...]] = []
    install(plan(GATEWAY_SETTINGS), tmp_path, run=ran.append)
    restarts = [command[-1] for command in ran if command[:2] == ("systemctl", "restart")]
    assert restarts == ["stairgate-gateway.service", "stairgate.service"]


def test_words_with_blanks_and_percent_signs_reach_the_program_as_they_are() -> None:
    settings = ServiceSettings(
        command=Path("/opt/my gate/bin/stairgate"), nft=SETTINGS.nft, home=Path("/s%n$1")
    )
    unit = plan(settings).files[GATE]
    assert 'ExecStart="/opt/my gate/bin/stairgate" up --home /s%%n$$1 ' in unit


@pytest.mark.parametrize(
    "words",
    [["--gateway"], ["--inside", "br0"], ["--gateway", "--inside", 'x" accept'], ["--listen", "here"]],
)
def test_wrong_usage_ends_in_64(tmp_path: Path, words: list[str]) -> None:
    assert main(["service", "install", "--root", str(tmp_path), *words]) == 64
    assert everything(tmp_path) == {}


def test_a_dry_run_shows_all_and_does_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["service", "install", "--gateway", "--inside", "br0", "--dry-run"]) == 0
    printed = capsys.readouterr().out
    for word in (
        str(TABLE),
        str(GATE),
        "table inet stairgate",
        "run systemctl restart stairgate.service",
        MARK,
    ):
        assert word in printed
    assert main(["service", "remove", "--dry-run"]) == 0
