"""The rules of a running gate: edits come into force whole, broken ones not at all; nothing ever raises."""

from __future__ import annotations

import asyncio
import os
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from proxy.first_run import guess_country, prepare_rules
from proxy.home import Home, open_home, replace_file
from proxy.live import Live, Rules
from rules.address import parse
from rules.decision import Decision, Reason, Request
from rules.errors import StairgateError
from rules.pack import Source, build
from rules.policy import JournalLevel
from rules.presets import Action

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 21, 20, 15, tzinfo=UTC)
POLICY = "country: GB\npeople: {everyone: {profile: tween}}\n"


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = open_home(tmp_path_factory.mktemp("prepared"))
    prepare_rules(home)
    return home


@pytest.fixture
def home(tmp_path: Path, prepared: Home) -> Home:
    home = open_home(tmp_path / "home")
    home.pack.parent.mkdir()
    replace_file(home.pack, prepared.pack.read_bytes())
    replace_file(home.policy, POLICY.encode())
    return home


def ask(live: Live, url: str) -> Decision:
    return live.decide(Request(address=parse(url), text=url))


def test_an_edited_policy_decides_once_it_was_looked_at(home: Home) -> None:
    live = Live(home)
    assert ask(live, "https://nobody.example/").action is Action.ALLOW
    replace_file(home.policy, f"{POLICY}block: [nobody.example]\n".encode())
    assert live.refresh()
    assert ask(live, "https://nobody.example/").action is Action.BLOCK


def test_what_has_not_changed_is_not_read_again(home: Home) -> None:
    live = Live(home)
    before = live.rules
    assert not live.refresh()
    assert live.rules is before


@pytest.mark.parametrize("broken", [b"people: {everyone: {profile: twen}}\n", b"\xff\xfe", b"a: [", b""])
def test_a_broken_edit_leaves_the_rules_in_force_and_is_told(home: Home, broken: bytes) -> None:
    said: list[str] = []
    live = Live(home, say=said.append)
    replace_file(home.policy, broken)
    assert not live.refresh()
    assert live.trouble is not None
    assert "policy.yaml" in said[0]
    assert ask(live, "https://bet365.com/").action is Action.BLOCK


def test_a_policy_that_vanishes_leaves_the_rules_in_force(home: Home) -> None:
    live = Live(home)
    home.policy.unlink()
    assert not live.refresh()
    assert live.trouble is not None
    assert ask(live, "https://bet365.com/").action is Action.BLOCK


def test_a_damaged_pack_leaves_the_rules_in_force(home: Home) -> None:
    live = Live(home)
    replace_file(home.pack, home.pack.read_bytes()[:4000])
    assert not live.refresh()
    assert ask(live, "https://bet365.com/").action is Action.BLOCK


@pytest.mark.parametrize("kind", ["one byte", "older", "foreign", "empty"])
def test_a_pack_with_a_wrong_byte_an_older_and_a_foreign_one_are_refused(home: Home, kind: str) -> None:
    live = Live(home)
    good = home.pack.read_bytes()
    middle = next(at for at in range(len(good) // 2, len(good)) if all(good[at : at + 4]))  # no padding
    bad = {
        "one byte": good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :],
        "older": good.replace(good[8:12], bytes([good[8] - 1, *good[9:12]]), 1),
        "foreign": b"SQLite format 3\0" + good[16:],
        "empty": b"",
    }[kind]
    replace_file(home.pack, bad)
    assert not live.refresh()
    assert live.trouble is not None
    assert ask(live, "https://bet365.com/").action is Action.BLOCK
    replace_file(home.pack, good)
    assert live.refresh()


def test_packs_are_swapped_while_questions_are_asked_and_none_is_missed(home: Home, tmp_path: Path) -> None:
    """Two packs take turns; a name that both list is blocked by one of them each time."""
    packs = []
    for number in (1, 2):
        source = tmp_path / f"{number}.txt"
        source.write_text("casino.example\n" * number)
        build([Source(list=f"list {number}", category="gambling", path=source)], tmp_path / f"{number}.pack")
        packs.append((tmp_path / f"{number}.pack").read_bytes())
    replace_file(home.pack, packs[0])
    live = Live(home)
    answers: list[Decision] = []
    done = threading.Event()

    def go_on_asking() -> None:
        while not done.is_set():
            answers.append(ask(live, "https://www.casino.example/"))

    askers = [threading.Thread(target=go_on_asking) for _ in range(2)]
    for asker in askers:
        asker.start()
    for turn in range(1, 21):
        replace_file(home.pack, packs[turn % 2])
        assert live.refresh()
    done.set()
    for asker in askers:
        asker.join()
    assert {answer.action for answer in answers} == {Action.BLOCK}
    assert {answer.rule.list for answer in answers if answer.rule is not None} == {"list 1", "list 2"}
    assert all(answer.reason is Reason.CATEGORY for answer in answers)


def test_what_breaks_while_an_edit_is_taken_up_is_told_and_ends_nothing(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_home: Home, **_how: bool) -> Rules:
        raise MemoryError

    live = Live(home)
    monkeypatch.setattr("proxy.live.load_rules", broken)
    replace_file(home.policy, POLICY.replace("tween", "adult").encode())
    assert not live.refresh()
    assert live.trouble is not None
    assert ask(live, "https://bet365.com/").action is Action.BLOCK


def test_a_mended_edit_ends_the_trouble(home: Home) -> None:
    live = Live(home)
    replace_file(home.policy, b"nonsense: true\n")
    live.refresh()
    replace_file(home.policy, f"{POLICY}block: [nobody.example]\n".encode())
    assert live.refresh()
    assert live.trouble is None


def test_a_first_policy_that_cannot_be_used_is_an_error_and_no_gate(home: Home) -> None:
    replace_file(home.policy, b"nonsense: true\n")
    with pytest.raises(StairgateError):
        Live(home)


def test_listeners_are_told_of_the_new_pair(home: Home) -> None:
    live, told = Live(home), list[Rules]()
    live.when_changed(told.append)
    replace_file(home.policy, POLICY.replace("tween", "adult").encode())
    live.refresh()
    assert told == [live.rules]


def test_an_edit_is_noticed_without_anybody_asking(home: Home) -> None:
    async def watch() -> bool:
        live, noticed = Live(home), asyncio.Event()
        loop = asyncio.get_running_loop()
        live.when_changed(lambda _rules: loop.call_soon_threadsafe(noticed.set))
        watching = asyncio.create_task(live.watch(seconds=0.01))
        replace_file(home.policy, POLICY.replace("tween", "adult").encode())
        await asyncio.wait_for(noticed.wait(), 20)
        watching.cancel()
        return True

    assert asyncio.run(watch())


def test_whatever_breaks_while_deciding_is_a_block(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_anything: object) -> Decision:
        raise MemoryError

    live = Live(home)
    monkeypatch.setattr("rules.memory.decide", broken)
    decision = ask(live, "https://en.wikipedia.org/")
    assert (decision.action, decision.reason) == (Action.BLOCK, Reason.FAILURE)


def test_a_clock_that_breaks_is_a_block(home: Home) -> None:
    def broken() -> datetime:
        if broken.calls:  # type: ignore[attr-defined]  # the first call is the start's
            raise OSError
        broken.calls += 1  # type: ignore[attr-defined]
        return NOW

    broken.calls = 0  # type: ignore[attr-defined]
    assert ask(Live(home, clock=broken), "https://en.wikipedia.org/").reason is Reason.FAILURE


def test_how_much_is_journalled_follows_the_policy_and_is_little_for_the_unknown(home: Home) -> None:
    replace_file(home.policy, POLICY.replace("tween", "adult, journal: off").encode())
    live = Live(home)
    assert live.journal_level("everyone") is JournalLevel.OFF
    assert live.journal_level("stranger") is JournalLevel.HOST


@pytest.mark.parametrize(
    ("environment", "country"),
    [
        ({"LANG": "de_AT.UTF-8"}, "AT"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "fr_CH"}, "CH"),
        ({"LANG": "ca_ES@valencia"}, "ES"),
        ({"LC_ALL": "C.UTF-8", "LANG": "nl_NL.UTF-8"}, "NL"),
        ({"LANG": "C.UTF-8"}, "GB"),
        ({"LANG": "en"}, "GB"),
        ({}, "GB"),
    ],
)
def test_the_country_is_guessed_from_the_locale(environment: dict[str, str], country: str) -> None:
    assert guess_country(environment) == country


def test_the_first_policy_follows_the_locale(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setitem(os.environ, "LANG", "de_DE.UTF-8")
    home = open_home(tmp_path / "home")
    prepare_rules(home)
    assert Live(home).rules.policy.country == "DE"
