"""The six age presets."""

from __future__ import annotations

from itertools import pairwise

import pytest

from rules.presets import PRESETS, STRICTNESS, Action, Profile
from rules.taxonomy import CATEGORIES, ILLEGAL


def test_every_profile_says_something_of_every_category() -> None:
    assert list(PRESETS) == list(Profile)
    for preset in PRESETS.values():
        assert list(preset.actions) == list(CATEGORIES)


@pytest.mark.parametrize("category", CATEGORIES)
def test_what_an_older_profile_does_not_serve_no_younger_one_serves(category: str) -> None:
    served = [PRESETS[profile].actions[category] is Action.ALLOW for profile in Profile]
    assert all(younger <= older for younger, older in pairwise(served))


@pytest.mark.parametrize("category", CATEGORIES)
def test_no_older_profile_is_stricter_with_a_category(category: str) -> None:
    strictness = [STRICTNESS[PRESETS[profile].actions[category]] for profile in Profile]
    assert strictness == sorted(strictness, reverse=True)


def test_what_a_childs_request_never_opens_is_blocked_anyway() -> None:
    for preset in PRESETS.values():
        assert all(preset.actions[category] is Action.BLOCK for category in preset.never_by_request)


def test_budgeted_categories_are_served_while_no_budget_is_set() -> None:
    for preset in PRESETS.values():
        assert all(preset.actions[category] is Action.ALLOW for category in preset.budgeted)


def test_the_illegal_category_is_blocked_for_everyone_and_never_opened() -> None:
    for preset in PRESETS.values():
        assert preset.actions[ILLEGAL] is Action.BLOCK
        assert ILLEGAL in preset.never_by_request


def test_only_early_is_an_allow_list() -> None:
    assert [profile for profile, preset in PRESETS.items() if preset.allow_list] == [Profile.EARLY]


def test_no_child_gets_what_nobody_can_read() -> None:
    for profile in (Profile.EARLY, Profile.CHILD, Profile.TWEEN, Profile.TEEN):
        assert PRESETS[profile].unparsable is Action.BLOCK


@pytest.mark.parametrize(
    ("profile", "category", "action"),
    [
        (Profile.CHILD, "games", Action.ALLOW),
        (Profile.TWEEN, "messaging", Action.ASK),
        (Profile.TEEN, "remote_redirect", Action.WARN),
        (Profile.YOUNG_ADULT, "pornography", Action.BLOCK),
        (Profile.ADULT, "pornography", Action.WARN),
        (Profile.CHILD, "uncategorised", Action.WARN),
    ],
)
def test_the_published_table_is_what_a_profile_does(profile: Profile, category: str, action: Action) -> None:
    assert PRESETS[profile].actions[category] is action
