"""The edition as a document: complete, linked, and with tables that are computed."""

from __future__ import annotations

import json
import shutil
import subprocess
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from standard import catalogue, measure
from standard.render.document import decision, page, sheet
from standard.render.document.blocks import ClauseBlock, Table, runs
from standard.render.document.compose import compose
from standard.render.export import Format, render

if TYPE_CHECKING:
    from pathlib import Path

    from standard.catalogue import Catalogue
    from standard.clause import Edition
    from standard.render.document.blocks import Document


@pytest.fixture(scope="module")
def known() -> Catalogue:
    return catalogue.load()


@pytest.fixture(scope="module")
def edition(known: Catalogue) -> Edition:
    return next(iter(known.editions.values()))


@pytest.fixture(scope="module")
def document(known: Catalogue, edition: Edition) -> Document:
    return compose(known, edition)


@pytest.fixture(scope="module")
def html(document: Document) -> str:
    return page.render(document)


@pytest.fixture(scope="module")
def pdf(document: Document) -> bytes:
    return sheet.render(document)


class Anchors(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: set[str] = set()
        self.tags: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.add(tag)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        if found.get("href"):
            self.links.add(str(found["href"]))


def test_every_clause_of_the_edition_is_printed_in_its_order(document: Document, edition: Edition) -> None:
    printed = [b.id for chapter in document.chapters for b in chapter.blocks if isinstance(b, ClauseBlock)]

    assert tuple(printed) == edition.clauses


def test_every_clause_and_criterion_is_an_anchor_and_none_stands_twice(
    html: str, known: Catalogue, edition: Edition
) -> None:
    ids = Anchors(html).ids
    clauses = known.selected(edition)

    assert len(ids) == len(set(ids))
    assert {one.id for one in clauses} | {c.id for one in clauses for c in one.criteria} <= set(ids)


def test_every_link_leads_into_the_same_file(html: str) -> None:
    anchors = Anchors(html)

    assert {link.removeprefix("#") for link in anchors.links} <= set(anchors.ids)
    assert "script" not in anchors.tags


def test_front_matter_and_all_eight_annexes_are_there(document: Document) -> None:
    assert [chapter.title for chapter in document.chapters[:4]] == [
        "Foreword",
        "Scope",
        "How to read a clause; texts referred to",
        "Terms",
    ]
    assert "".join(chapter.number for chapter in document.chapters if chapter.is_annex) == "ABCDEFGH"


def test_no_chapter_is_left_without_a_title(document: Document) -> None:
    assert [c.number for c in document.chapters if not c.title or c.title.startswith("Section ")] == []


def test_a_set_is_printed_with_how_its_cases_are_built_and_whom_its_items_reach(html: str) -> None:
    assert "Names are made fresh for the run from its seed." in html
    assert "only dns-resolver, gateway, endpoint, isp" in html
    assert "where time-rules is offered" in html


def test_a_set_that_two_criteria_share_names_both(html: str) -> None:
    assert "support.appeal-from-the-block-page/route, blocked-person.clear-block/four-elements" in html


def test_a_number_nobody_stands_behind_is_not_printed(document: Document) -> None:
    (annex,) = [chapter for chapter in document.chapters if chapter.title == "Help services"]
    rows = [row for block in annex.blocks if isinstance(block, Table) for row in block.rows]

    assert rows
    assert all(not row[2] or row[3] in {"H", "K-H", "K-M"} for row in rows)
    assert all(row[4] for row in rows), "a service says when it was verified, or that it was not"


def test_the_table_of_fewest_draws_is_that_of_the_standard() -> None:
    rows = [[cell.replace("\u202f", "") for cell in row[1:]] for row in decision.least_draws_table().rows]

    assert rows == [
        ["14", "22", "30", "37", "50", "82"],
        ["29", "46", "61", "76", "103", "167"],
        ["59", "93", "124", "153", "208", "336"],
        ["149", "236", "313", "386", "523", "845"],
        ["299", "473", "628", "773", "1049", "1693"],
        ["2995", "4742", "6294", "7752", "10511", "16959"],
    ]


def test_every_plan_printed_is_one_the_clauses_use(known: Catalogue) -> None:
    used = {
        (one.measure.draw, round(one.measure.miss_rate, 6))
        for one in known.criteria.values()
        if hasattr(one.measure, "miss_rate")
    }

    assert set(decision.PLANS) <= used | {(1000, 0.02)}


def test_a_product_just_at_the_threshold_passes_at_most_one_time_in_twenty() -> None:
    for draws, miss in decision.PLANS:
        most = measure.most_misses(draws, miss, decision.CONFIDENCE)

        assert measure.chance_to_pass(draws, most, miss) <= 0.05


def test_italics_are_marked_by_stars() -> None:
    assert runs("a *b* c") == [("a ", False), ("b", True), (" c", False)]


def test_the_pdf_is_the_same_every_time(document: Document, pdf: bytes) -> None:
    assert sheet.render(document) == pdf


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext (poppler-utils)")
def test_every_clause_can_be_found_in_the_pdf(
    pdf: bytes, known: Catalogue, edition: Edition, tmp_path: Path
) -> None:
    file = tmp_path / "standard.pdf"
    file.write_bytes(pdf)
    command = ["pdftotext", "-layout", str(file), "-"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    lines = text.splitlines()
    missing = [c.id for c in known.selected(edition) if not any(c.number in line for line in lines)]
    assert missing == []


@pytest.mark.parametrize("form", [Format.JSON, Format.OSCAL])
def test_the_machine_forms_hold_every_clause(known: Catalogue, edition: Edition, form: Format) -> None:
    text = render(known, edition, form).decode()

    assert json.loads(text)
    assert all(f'"{clause}"' in text for clause in edition.clauses)
