"""A home of an earlier version opens: policy, lists, journal; its pack is compiled again, nothing is lost."""

from __future__ import annotations

import json
import shutil
import sqlite3
import struct
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from proxy.first_run import prepare, prepare_rules
from proxy.home import Home
from proxy.journal.store import Search, search
from proxy.journal.writer import Journal
from proxy.live import Live
from proxy.subscription_file import load_subscriptions
from proxy.subscriptions import rebuild
from proxy.updates import refresh_once
from rules.address import parse
from rules.decide import Request
from rules.errors import StairgateError
from rules.pack import Pack
from rules.presets import Action
from stairgate import main

if TYPE_CHECKING:
    from collections.abc import Callable

VERSIONS = [path for path in sorted((Path(__file__).parent / "homes").iterdir()) if path.is_dir()]


@pytest.fixture(params=VERSIONS, ids=lambda path: path.name)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    """A home as a version left it, its journal made from SQL."""
    shutil.copytree(request.param, tmp_path / "home")
    home = Home(tmp_path / "home")
    home.path.chmod(0o700)
    script = home.path / "journal.sql"
    with sqlite3.connect(home.journal) as connection:
        connection.executescript(script.read_text(encoding="utf-8"))
    connection.close()
    script.unlink()
    return home


def test_its_policy_and_lists_decide_as_before(home: Home) -> None:
    prepare(home)
    live = Live(home)
    asked = {
        name: live.decide(Request(address=parse(f"https://{name}/"), text=name, person="everyone")).action
        for name in ("bets.example", "school.example", "harmless.example")
    }
    assert asked == {
        "bets.example": Action.BLOCK,
        "school.example": Action.ALLOW,
        "harmless.example": Action.ALLOW,
    }


def test_its_journal_keeps_its_records_and_takes_new_ones(home: Home) -> None:
    with Journal.open(home) as journal:
        (record,) = search(journal.engine, Search())
    assert (record.host, record.category) == ("bets.example", "gambling")
    assert record.rule is not None
    assert (record.rule.list, record.rule.line) == ("bets", 2)


def test_its_subscriptions_go_on_from_where_they_were(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    import datetime as dt

    from proxy import updates

    asked: list[str] = []

    def nobody_answers(_home: Home, wanted: object, *_more: object, **_named: object) -> None:
        asked.append(wanted.etag)  # type: ignore[attr-defined]
        raise OSError("no network in this test")

    monkeypatch.setattr(updates, "fetch", nobody_answers)
    (change,) = refresh_once(home, dt.datetime(2026, 11, 23, tzinfo=dt.UTC))
    assert asked == ['"one"']
    assert change.outcome == "refused"
    assert load_subscriptions(home)["bets"].entries == 2


def outdated(home: Home) -> None:
    """Give the home's pack the version of an earlier program."""
    rebuild(home)
    pack = bytearray(home.pack.read_bytes())
    struct.pack_into("<I", pack, 16, 1)
    home.pack.write_bytes(pack)


@pytest.mark.parametrize("begin", [prepare_rules, prepare, rebuild])
def test_a_pack_of_an_earlier_version_is_compiled_again(home: Home, begin: Callable[[Home], object]) -> None:
    outdated(home)
    with pytest.raises(StairgateError, match="version 1"):
        Pack.open(home.pack)
    begin(home)
    assert Pack.open(home.pack).look_up(parse("bets.example"))


def test_explain_answers_with_a_pack_of_an_earlier_version(
    home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    outdated(home)
    assert main(["explain", "--json", "--home", str(home.path), "https://bets.example/"]) == 0
    assert json.loads(capsys.readouterr().out)["category"] == "gambling"
