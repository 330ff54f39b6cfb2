"""Pass, look inside or block, when only the name is known."""

from __future__ import annotations

import pytest

from proxy.outlook import Course, choose
from rules.decide import Decision, Reason
from rules.policy import parse
from rules.presets import Action

POLICY = parse(
    "country: GB\nblock: [bank.example/loans]\n"
    "people: {everyone: {profile: tween, allow: [tube.example/school]}}\n"
)


def decision(
    action: Action = Action.ALLOW, reason: Reason = Reason.UNKNOWN, *categories: str, **more: bool
) -> Decision:
    return Decision(action=action, reason=reason, because="", categories=categories, **more)


@pytest.mark.parametrize(
    ("what", "host", "course"),
    [
        (decision(), "a.example", Course.INSPECT),
        (decision(Action.ALLOW, Reason.CATEGORY, "private_sensitive"), "a.example", Course.PASS),
        (decision(Action.ALLOW, Reason.CATEGORY, "private_sensitive"), "www.bank.example", Course.INSPECT),
        (decision(Action.ALLOW, Reason.HELP, help=True), "bank.example", Course.PASS),
        (decision(Action.BLOCK, Reason.CATEGORY, "gambling"), "a.example", Course.BLOCK),
        (decision(Action.BLOCK, Reason.CATEGORY, "private_sensitive"), "a.example", Course.BLOCK),
        (decision(Action.WARN, Reason.CATEGORY, "ads"), "a.example", Course.BLOCK),
        (decision(Action.ASK, Reason.CATEGORY, "ads"), "a.example", Course.BLOCK),
        (decision(Action.BLOCK, Reason.CATEGORY, "video_streaming"), "www.tube.example", Course.INSPECT),
        (decision(Action.BLOCK, Reason.ILLEGAL, "child_abuse"), "tube.example", Course.BLOCK),
        (decision(Action.BLOCK, Reason.FAILURE), "a.example", Course.BLOCK),
        (decision(Action.BLOCK, Reason.CATEGORY, "social_networks"), "www.facebook.com", Course.INSPECT),
        (decision(Action.BLOCK, Reason.HOUSEHOLD), "facebook.com", Course.INSPECT),
        (decision(Action.BLOCK, Reason.CATEGORY, "social_networks"), "apps.facebook.com", Course.BLOCK),
        (decision(Action.BLOCK, Reason.SECURITY, "malware"), "facebook.com", Course.BLOCK),
        (decision(Action.BLOCK, Reason.IDENTITY), "facebook.com", Course.BLOCK),
        (decision(Action.ALLOW, Reason.CATEGORY, help=True), "help.instagram.com", Course.INSPECT),
    ],
)
def test_the_course_follows_from_decision_and_rules(what: Decision, host: str, course: Course) -> None:
    assert choose(what, POLICY, "everyone", host) is course


def test_whose_pages_are_not_looked_into_is_passed_through() -> None:
    """`decrypt: false`, the default of adults; a rule of the household about a path still looks inside."""
    policy = parse("country: GB\nblock: [bank.example/loans]\npeople: {everyone: {profile: adult}}\n")
    assert choose(decision(), policy, "everyone", "a.example") is Course.PASS
    assert choose(decision(), policy, "everyone", "bank.example") is Course.INSPECT
