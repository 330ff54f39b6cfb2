"""What is drawn from where: never from a list that the product holds, and what is missing is named."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from conformance_tests.controls import adapters
from conformance_tests.corpora import choice, sealed, source, verbs
from conformance_tests.corpora.choice import Holding
from standard import catalogue
from standard.errors import StairgateError
from standard.words import Side, Stand

if TYPE_CHECKING:
    from pathlib import Path

GAMBLING, PORNOGRAPHY = "content.gambling/known-sites", "content.sexually-explicit/known-sites"
NOTHING = Holding(lists=frozenset(), names=frozenset())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two made-up lists, one in each of the two forms that are read."""
    (tmp_path / "hosts").write_text(
        "# a comment\n" + "".join(f"0.0.0.0 www.bet{n}.com # x\n" for n in range(300))
    )
    (tmp_path / "names").write_text("".join(f"play{n}.net\n" for n in range(250)) + "10.0.0.1\nlocalhost\n")
    (tmp_path / "sources.yaml").write_text(
        "lists:\n"
        "  - {id: one, title: One, files: [{path: hosts, holds: gambling}]}\n"
        "  - {id: two, title: Two, files: [{path: names, holds: gambling}]}\n"
    )
    return tmp_path


def chosen(folder: Path, held: Holding = NOTHING, **more: object) -> dict[str, choice.Draw]:
    draws = choice.choose(
        catalogue.load(), Stand.FORWARD_PROXY, source.load(folder), held=held, seed=1, **more  # type: ignore[arg-type]
    )  # fmt: skip
    return {f"{draw.criterion}{draw.side or ''}": draw for draw in draws}


def test_the_edition_fixes_how_many_are_drawn_and_the_overlap_is_counted(folder: Path) -> None:
    draw = chosen(folder, Holding(lists=frozenset(), names=frozenset({"bet3.com", "bet4.com"})))[GAMBLING]
    assert (draw.source, len(draw.members), draw.size, draw.overlap, draw.blocked) == (
        "one",
        200,
        300,
        2,
        True,
    )
    assert draw.sentence.endswith("held too: 2 of 300 domains (0.7%)")


def test_a_list_the_product_holds_is_passed_over(folder: Path) -> None:
    draw = chosen(folder, Holding(lists=frozenset({"one"}), names=frozenset()))[GAMBLING]
    assert (draw.source, draw.size) == ("two", 250)


def test_drawing_from_a_list_the_product_holds_is_refused_as_circular(folder: Path) -> None:
    with pytest.raises(StairgateError, match="says nothing about what it knows"):
        chosen(folder, Holding(lists=frozenset({"one"}), names=frozenset()), wanted="one")


def test_what_is_missing_is_named(folder: Path) -> None:
    both = Holding(lists=frozenset({"one", "two"}), names=frozenset())
    assert "one, two has gambling, but the product holds it" in chosen(folder, both)[GAMBLING].sentence
    assert chosen(folder)[PORNOGRAPHY].missing == "no list with pornography is at hand"


def test_both_sides_of_the_gap_are_drawn_and_share_no_domain(folder: Path) -> None:
    made = sealed.SealedSet(source="one+two", salt="x", members=tuple(f"www.bet{n}.com" for n in range(40)))
    draws = chosen(folder, sealed=made)
    public, secret = (
        {one.domain for one in draws[f"content.no-teaching-to-the-test/gap{side}"].members}
        for side in (Side.PUBLIC, Side.SEALED)
    )
    assert len(secret) == 40
    assert len(public) == 500
    assert not public & secret


def test_a_set_sealed_from_a_list_the_product_holds_shows_nothing(folder: Path) -> None:
    made = sealed.SealedSet(source="one", salt="x", members=("www.bet1.com",))
    held = Holding(lists=frozenset({"one"}), names=frozenset())
    gap = chosen(folder, held, sealed=made)["content.no-teaching-to-the-test/gap"]
    assert gap.missing == "the sealed set was drawn from one, which the product holds"


def test_a_folder_without_any_known_list_is_named(tmp_path: Path) -> None:
    with pytest.raises(StairgateError, match="None of the lists"):
        source.load(tmp_path)


def test_the_header_is_told_what_was_drawn_from_and_what_was_given(folder: Path, tmp_path: Path) -> None:
    """By the content of its files: the same names in another order are another list."""
    known = catalogue.load()
    adapter = adapters.adapter_of("flawless", Stand.FORWARD_PROXY, known)
    wish = verbs.Wish(corpus=folder, given=("one",), draw_from="", sealed=None, root=None)
    plan = functools.partial(
        verbs.plan, known, adapter, Stand.FORWARD_PROXY, seed=1, only=["*"], product_file=tmp_path / "a.yaml"
    )
    found = plan(wish).corpus
    assert found is not None
    assert found.name == folder.name
    assert [(one.id, one.use) for one in found.lists] == [("two", "drawn"), ("one", "given")]
    assert found.circular == ()
    first = {one.id: one.sha256 for one in found.lists}
    (folder / "names").write_text((folder / "names").read_text() + "more.net\n")
    again = plan(wish).corpus
    assert again is not None
    second = {one.id: one.sha256 for one in again.lists}
    assert first["one"] == second["one"]
    assert first["two"] != second["two"]
    assert plan(replace(wish, corpus=None, given=())).corpus is None


def test_a_folder_whose_own_sources_have_another_form_is_refused_with_its_line(folder: Path) -> None:
    (folder / "sources.yaml").write_text("lists:\n  - {id: one, title: One, fils: []}\n")
    with pytest.raises(StairgateError) as caught:
        source.load(folder)
    assert {(one.code, one.hint) for one in caught.value.problems} == {
        ("missing-key", "Write `files:` there."),
        ("unknown-key", "Did you mean 'files'?"),
    }
