"""Times of a whole policy at the days calendars are wrong about: holidays, a leap day, clocks that change."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest

from rules.address import parse as parse_address
from rules.decide import Moment, Request, decide
from rules.pack import EMPTY
from rules.policy import Policy, parse
from rules.presets import Action


def closing(windows: list[str], holidays: list[str] | None = None) -> Policy:
    """A policy of Berlin that closes everything in these windows."""
    closed = {"name": "Closed", "on": ["everything"], "block": windows}
    policy: dict[str, Any] = {
        "country": "DE",
        "zone": "Europe/Berlin",
        "people": {"everyone": {"profile": "tween", "schedules": [closed]}},
    }
    if holidays:
        policy["school"] = {"days": ["mon", "tue", "wed", "thu", "fri"], "holidays": holidays}
    return parse(json.dumps(policy), "policy.yaml")


WEEKDAYS = closing(["mon-fri 00:00-24:00"])
SCHOOL = closing(["school 08:00-15:00"], ["2026-12-11"])
SMALL_HOURS = closing(["02:00-03:00"])
NIGHT = closing(["20:00-06:00"])


@pytest.mark.parametrize(
    ("policy", "at", "closed"),
    [
        pytest.param(WEEKDAYS, "2026-12-06T22:59Z", False, id="a minute before Monday"),
        pytest.param(WEEKDAYS, "2026-12-06T23:01Z", True, id="a minute into Monday"),
        pytest.param(WEEKDAYS, "2026-12-11T22:59Z", True, id="the end of Friday"),
        pytest.param(WEEKDAYS, "2026-12-11T23:00Z", False, id="the beginning of Saturday"),
        pytest.param(SCHOOL, "2026-12-10T09:00Z", True, id="a school day"),
        pytest.param(SCHOOL, "2026-12-11T09:00Z", False, id="a holiday"),
        pytest.param(SCHOOL, "2026-12-14T09:00Z", True, id="the Monday after it"),
        pytest.param(SMALL_HOURS, "2026-10-25T00:30Z", True, id="half past two for the first time"),
        pytest.param(SMALL_HOURS, "2026-10-25T01:30Z", True, id="half past two for the second time"),
        pytest.param(SMALL_HOURS, "2026-10-25T02:01Z", False, id="past three"),
        pytest.param(SMALL_HOURS, "2027-03-28T00:59Z", False, id="before the hour that is missing"),
        pytest.param(SMALL_HOURS, "2027-03-28T01:01Z", False, id="after the hour that is missing"),
        pytest.param(NIGHT, "2028-02-29T18:59Z", False, id="the evening of a leap day"),
        pytest.param(NIGHT, "2028-02-29T19:01Z", True, id="the night of a leap day"),
        pytest.param(NIGHT, "2028-03-01T04:59Z", True, id="the morning after a leap day"),
    ],
)
def test_a_policy_closes_when_the_calendar_says_so(policy: Policy, at: str, closed: bool) -> None:
    request = Request(address=parse_address("http://quiet.example/"), text="http://quiet.example/")
    decision = decide(request, policy, EMPTY, Moment(at=datetime.fromisoformat(at)))
    assert (decision.action is Action.BLOCK) is closed
