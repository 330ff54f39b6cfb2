"""`stairgate override` and `stairgate budget` as programs; what they do holds in a running household."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from proxy.home import Home
from proxy.household.state import Household
from proxy.household.store import add_minutes
from rules.policy import load

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Stairgate


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    (folder / "policy.yaml").write_text(
        "country: GB\npeople:\n  everyone: {profile: tween}\n"
        "  leo: {profile: tween, budgets: {games: {minutes: 60, free: 60}}}\n"
    )
    return folder


def household(home: Path) -> Household:
    place = Home(home)
    return Household.open(place, lambda: load(place.policy), lambda: datetime.now(UTC))


def test_an_override_holds_in_a_household_that_runs_and_can_be_ended(
    stairgate: Stairgate, home: Path
) -> None:
    running = household(home)
    done = stairgate("override", "add", "games", "--person", "leo", "--for", "30m", "--home", str(home))
    assert (done.code, done.err) == (0, "")
    (shown,) = map(json.loads, stairgate("override", "list", "--json", "--home", str(home)).out.splitlines())
    assert (shown["person"], shown["target"], shown["action"]) == ("leo", "games", "allow")
    running._looked_at = 0.0
    (override,) = running.moment(datetime.now(UTC)).overrides
    assert timedelta(minutes=29) < override.until - datetime.now(UTC) <= timedelta(minutes=30)
    assert "games for leo" in stairgate("override", "--home", str(home)).out
    assert stairgate("override", "remove", str(shown["id"]), "--home", str(home)).code == 0
    assert stairgate("override", "--home", str(home)).out == "no overrides\n"
    running.close()


@pytest.mark.parametrize(
    ("target", "kept"),
    [
        ("everything", "everything"),
        ("schedule", "schedule"),
        ("service:youtube", "service:youtube"),
        ("WWW.Example.com/a/", "www.example.com/a"),
        ("https://example.com", "example.com"),
    ],
)
def test_a_target_is_kept_as_it_is_compared(stairgate: Stairgate, home: Path, target: str, kept: str) -> None:
    words = ("override", "add", target, "--for", "1h", "--json", "--home", str(home))
    assert json.loads(stairgate(*words).out)["target"] == kept


@pytest.mark.parametrize(
    "words",
    [
        ["games"],
        ["games", "--for", "0m"],
        ["games", "--for", "400d"],
        ["games", "--for", "soon"],
        ["gmaes", "--for", "1h"],
        ["service:youtub", "--for", "1h"],
        ["list:x", "--for", "1h"],
        ["budget", "--block", "--for", "1h"],
        ["games", "--for", "1h", "--person", "leon"],
        ["a..b", "--for", "1h"],
    ],
)
def test_what_makes_no_sense_ends_in_64(stairgate: Stairgate, home: Path, words: list[str]) -> None:
    done = stairgate("override", "add", *words, "--home", str(home))
    assert done.code == 64
    assert "next" in done.err


def test_minutes_used_and_earned_are_shown(stairgate: Stairgate, home: Path) -> None:
    running = household(home)
    minute = int(datetime.now(UTC).timestamp() // 60)
    with running._engine.begin() as connection:
        add_minutes(connection, [("leo", "games", minute), ("leo", "news_politics", minute)])
    earned = stairgate("budget", "earn", "leo", "games", "15", "--why", "dishes", "--home", str(home))
    assert earned.code == 0
    rows = {
        row["target"]: row
        for row in map(
            json.loads, stairgate("budget", "show", "--json", "--home", str(home)).out.splitlines()
        )
    }
    assert (rows["games"]["used"], rows["games"]["earned"], rows["games"]["left"]) == (1, 15, 74)
    assert (rows["news_politics"]["used"], rows["news_politics"]["left"]) == (1, None)
    running.close()


def test_minutes_without_a_budget_can_not_be_earned(stairgate: Stairgate, home: Path) -> None:
    done = stairgate("budget", "earn", "leo", "chat", "15", "--home", str(home))
    assert done.code == 64
    assert "there is: games" in done.err


def test_what_is_explained_now_reckons_with_overrides_and_a_named_time_does_not(
    stairgate: Stairgate, home: Path
) -> None:
    words = ("explain", "--person", "leo", "--json", "bet365.com", "--home", str(home))
    assert json.loads(stairgate(*words).out)["action"] == "block"
    stairgate("override", "add", "bet365.com", "--person", "leo", "--for", "1h", "--home", str(home))
    answer = json.loads(stairgate(*words).out)
    assert (answer["action"], answer["reason"]) == ("allow", "override")
    named = datetime.now(UTC).isoformat()
    assert json.loads(stairgate(*words, "--at", named).out)["action"] == "block"
