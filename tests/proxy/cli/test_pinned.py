"""`stairgate pinned` as a program, beside a household that runs."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from proxy.home import Home
from proxy.household import pins, store
from proxy.pinning import Sighting

if TYPE_CHECKING:
    from pathlib import Path

    from .conftest import Stairgate

PHONE = "192.168.1.20"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    (folder / "policy.yaml").write_text("country: GB\npeople:\n  everyone: {profile: tween}\n")
    now = datetime.now(UTC)

    def seen(host: str, ago: int, *, trusted: bool) -> Sighting:
        at = int(now.timestamp()) - ago
        return Sighting(device=PHONE, person="everyone", host=host, at=at, trusted=trusted)

    sightings = [seen(f"{word}.example", 90, trusted=True) for word in ("school", "news", "films")]
    sightings += [seen("app.example", ago, trusted=False) for ago in (60, 40, 20)]
    engine = store.open_store(Home(folder).household)
    with engine.begin() as connection:
        pins.learn(connection, sightings, now)
    engine.dispose()
    return folder


def test_what_is_learnt_is_listed_for_people_and_for_programs(stairgate: Stairgate, home: Path) -> None:
    assert stairgate("pinned", "--home", str(home)).out.startswith(
        f"   1  app.example for everyone on {PHONE} until 20"
    )
    (shown,) = map(json.loads, stairgate("pinned", "list", "--json", "--home", str(home)).out.splitlines())
    assert (shown["id"], shown["host"], shown["person"], shown["device"]) == (
        1,
        "app.example",
        "everyone",
        PHONE,
    )
    learnt, until = (datetime.fromisoformat(shown[name]) for name in ("learnt", "until"))
    assert (until - learnt).days == 30


def test_a_name_can_be_forgotten_once(stairgate: Stairgate, home: Path) -> None:
    assert stairgate("pinned", "forget", "1", "--home", str(home)).out == "1 is forgotten\n"
    assert stairgate("pinned", "--home", str(home)).out == "nothing learnt\n"
    done = stairgate("pinned", "forget", "1", "--home", str(home))
    assert done.code == 64
    assert "nothing learnt has the number 1" in done.err
