"""What the first run guesses about a household: where it is, and what time it is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from proxy.first_run import guess_country, guess_zone, prepare_policy
from proxy.home import open_home
from rules import policy

NOWHERE = Path("/nonexistent")


@pytest.mark.parametrize(
    ("environment", "country"),
    [
        ({"LANG": "de_AT.UTF-8"}, "AT"),
        ({"LC_ALL": "fr_FR", "LANG": "en_GB"}, "FR"),
        ({"LANG": "C.UTF-8"}, "GB"),
        ({}, "GB"),
    ],
)
def test_the_country_is_that_of_the_first_locale_that_names_one(
    environment: dict[str, str], country: str
) -> None:
    assert guess_country(environment) == country


def test_the_zone_is_the_one_the_environment_names() -> None:
    assert guess_zone({"TZ": ":Europe/Warsaw"}, NOWHERE) == "Europe/Warsaw"


def test_the_zone_is_else_the_one_the_systems_clock_points_to(tmp_path: Path) -> None:
    zone = tmp_path / "zoneinfo" / "America" / "Toronto"
    zone.parent.mkdir(parents=True)
    zone.touch()
    link = tmp_path / "localtime"
    link.symlink_to(zone)
    assert guess_zone({}, link) == "America/Toronto"


@pytest.mark.parametrize("named", ["", "nonsense/zone", "../../etc/passwd", "CET-1CEST"])
def test_a_zone_nobody_knows_is_utc(named: str) -> None:
    assert guess_zone({"TZ": named}, NOWHERE) == "UTC"


def test_the_first_policy_is_in_the_households_zone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    home = open_home(tmp_path / "home")
    prepare_policy(home)
    assert str(policy.load(home.policy).zone) == "Europe/Berlin"
