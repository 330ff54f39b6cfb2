"""The categories, and the names other lists use for them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rules.taxonomy import _NAMES, CATEGORIES, GROUPS, ILLEGAL, SOURCES, UNCATEGORISED, category_for

# Folders of the UT1 tree that no category of ours fits; a reader reports them.
UT1_WITHOUT_A_HOME = {"cooking", "liste_blanche", "manga", "special", "sports", "update", "webhosting"}


def test_there_are_forty_categories_and_the_rest() -> None:
    assert len(CATEGORIES) == 41
    assert list(CATEGORIES)[-1] == UNCATEGORISED


def test_every_category_is_of_a_known_group_and_every_group_is_used() -> None:
    assert {category.group for category in CATEGORIES.values()} == set(GROUPS)


@pytest.mark.parametrize("category", CATEGORIES.values(), ids=lambda category: category.id)
def test_each_category_says_in_one_line_what_is_in_out_and_doubtful(category: object) -> None:
    texts = [getattr(category, field) for field in ("title", "meaning", "out", "doubtful")]
    assert all(text and "\n" not in text and len(text) <= 110 for text in texts)


def test_only_child_abuse_is_illegal() -> None:
    assert [category.id for category in CATEGORIES.values() if category.speaks == "illegal"] == [ILLEGAL]


@pytest.mark.parametrize("source", SOURCES)
def test_every_mapped_name_leads_to_a_category_we_have(source: str) -> None:
    for name, category in _NAMES[source].items():
        assert category in CATEGORIES
        assert category_for(source, name) == category


@pytest.mark.parametrize(
    ("source", "name", "category"),
    [
        ("ut1", "drogue", "drugs"),
        ("UT1", "Social_Networks", "social_networks"),
        ("ut1", "mixed_adult", "nudity"),
        ("hagezi", "native.tiktok.extended", "short_video"),
        ("stevenblack", "porn", "pornography"),
        ("blocklistproject", "tracking", "trackers"),
        ("adguard", "social_network", "social_networks"),
        ("cloudflare", "133", "pornography"),
        ("ut1", "education_reference", "education_reference"),
    ],
)
def test_other_makers_names_are_understood_in_any_spelling(source: str, name: str, category: str) -> None:
    assert category_for(source, name) == category


def test_a_list_under_a_households_own_name_is_read_with_every_makers_words() -> None:
    assert category_for("toulouse", "publicite") == "ads"


def test_a_makers_name_is_not_read_with_another_makers_words() -> None:
    assert category_for("cloudflare", "publicite") is None


def test_an_unknown_name_gives_nothing() -> None:
    assert category_for("ut1", "sports") is None


def test_every_folder_of_the_real_ut1_tree_has_a_category_or_is_known_to_have_none() -> None:
    lists = os.environ.get("STAIRGATE_TEST_LISTS")
    if not lists:
        pytest.skip("STAIRGATE_TEST_LISTS is not set")
    folders = {path.name for path in (Path(lists) / "ut1" / "blacklists").iterdir() if path.is_dir()}
    assert {name for name in folders if category_for("ut1", name) is None} == UT1_WITHOUT_A_HOME
