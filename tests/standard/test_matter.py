"""Front matter and annexes: strict like every file, and hashed where they are normative."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest

from standard import catalogue, schema
from standard.errors import StairgateError
from standard.render.data import edition_as_data
from standard.render.document.compose import compose
from standard.render.schema import of_exported_edition
from standard.schema import FileKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    type Mend = Callable[[str, str, str], None]

FILES = ("matter/front.yaml", *(f"annexes/{kind}.yaml" for kind in catalogue.ANNEXES))


@pytest.fixture(autouse=True)
def matter(home: Path) -> None:
    """The small standard with the front matter and the annexes of the shipped one."""
    for name in FILES:
        target = home / name
        target.parent.mkdir(exist_ok=True)
        shutil.copy(catalogue.HOME / name, target)


def test_every_problem_of_front_matter_and_annexes_is_reported_at_once(home: Path, mend: Mend) -> None:
    mend("matter/front.yaml", "foreword:", "forword:")
    mend("matter/front.yaml", "term: canary, meaning:", "term: canary, means:")
    mend("annexes/decision-rule.yaml", "paragraphs:", "paragraphs: none\nothers:")
    mend("annexes/signals.yaml", "confidence: H", "confidence: surely")
    with pytest.raises(StairgateError) as caught:
        catalogue.load(home)

    found = {
        (problem.code, problem.place.rpartition("/")[2].partition(":")[0])
        for problem in caught.value.problems
    }
    assert found == {
        ("unknown-key", "front.yaml"),
        ("missing-key", "front.yaml"),
        ("wrong-type", "decision-rule.yaml"),
        ("unknown-key", "decision-rule.yaml"),
        ("unknown-word", "signals.yaml"),
    }
    assert all(
        problem.hint and problem.place.rpartition(":")[2].isdigit() for problem in caught.value.problems
    )


# One word in each chapter that is not a clause's, and the title under which it is printed.
WORDS = (
    ("matter/front.yaml", "bought to keep a promise", "Foreword"),
    ("matter/front.yaml", "gives requirements for products", "Scope"),
    ("matter/front.yaml", "marks a requirement", "How to read a clause; texts referred to"),
    ("matter/front.yaml", "a URL, a host name", "Terms"),
    ("annexes/categories.yaml", "title: Gambling", "Categories"),
    ("annexes/populations.yaml", "Sites that take stakes", "Populations"),
    ("annexes/decision-rule.yaml", "is not the rate of the product", "The decision rule"),
    ("annexes/lab-process.yaml", "Clopper-Pearson bound reaches", "The decision rule"),
    ("annexes/sets/variants.yaml", "In the page", "Sets written out"),
    ("annexes/signals.yaml", "title: RTA label", "Signals"),
    ("annexes/help-services.yaml", "name: Childline", "Help services"),
    ("annexes/capabilities.yaml", "Decides by subject", "Capabilities"),
)


@pytest.mark.parametrize(("name", "word", "title"), WORDS)
def test_what_is_printed_as_normative_is_what_the_hash_covers(
    home: Path, mend: Mend, name: str, word: str, title: str
) -> None:
    before = catalogue.load(home)
    mend(name, word, f"{word} otherwise")
    after = catalogue.load(home)
    edition = after.edition("2026.1")
    (chapter,) = [one for one in compose(after, edition).chapters if one.title == title]

    is_covered = before.edition("2026.1").sha256 != edition.sha256
    assert is_covered is (chapter.nature != "informative")


def test_every_chapter_beside_the_clauses_is_asked_of_the_hash(home: Path) -> None:
    known = catalogue.load(home)
    chapters = compose(known, known.edition("2026.1")).chapters
    beside = {one.title for one in chapters if one.is_annex or one.number in {"", "1", "2", "3"}}

    # The laboratory is printed from the same file as the rules of the decision.
    assert beside - {"The laboratory"} == {title for _, _, title in WORDS}


@pytest.mark.parametrize("kind", FileKind)
def test_every_kind_of_file_has_a_sound_schema(kind: FileKind) -> None:
    published = json.loads(schema.text(kind))
    jsonschema.Draft202012Validator.check_schema(published)

    assert published["$id"] == f"urn:stairgate:schema:{kind}:1"
    assert published["description"]


def test_an_exported_edition_fits_its_published_schema_and_nothing_else_does() -> None:
    known = catalogue.load()
    exported: dict[str, Any] = json.loads(json.dumps(edition_as_data(known, known.edition("2026.1"))))
    fits = jsonschema.Draft202012Validator(of_exported_edition()).is_valid

    assert fits(exported)
    assert not fits({**exported, "surplus": 1})
    del exported["matter"]["front"]["terms"]
    assert not fits(exported)
