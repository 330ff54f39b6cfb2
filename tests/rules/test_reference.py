"""What is generated from the rules' own data: the page of categories, the schema of the policy."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml

from rules.policy import default_text
from rules.policy.schema import build_schema, write_schema
from rules.reference import describe_categories
from rules.taxonomy import CATEGORIES

PEOPLE = "country: GB\npeople: {everyone: {profile: tween}}\n"


def test_every_category_has_its_line_and_its_meaning_on_the_page() -> None:
    page = describe_categories()
    for name, category in CATEGORIES.items():
        assert f"\n| `{name}` | " in page
        assert f"\n- **{category.title}** (`{name}`): {category.meaning}" in page


@pytest.mark.parametrize(
    "text",
    [
        default_text("GB"),
        PEOPLE + "allow: [a.example, {address: b.example/c}]\nbudgets: {games: 60}\n",
        PEOPLE + "budgets: {games: {minutes: 60, rollover: 30}}\n",
    ],
)
def test_the_schema_takes_what_the_program_takes(text: str) -> None:
    jsonschema.validate(yaml.safe_load(text), build_schema())


def test_the_schema_refuses_a_word_that_the_program_refuses() -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(yaml.safe_load(PEOPLE + "peoples: {}\n"), build_schema())


def test_the_schema_is_written_the_same_each_time() -> None:
    assert write_schema() == write_schema()
    assert json.loads(write_schema()) == build_schema()
