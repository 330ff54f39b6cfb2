"""The HTML page: complete in one file, every id an anchor, nothing of a product's text taken for markup."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from standard.render.report_page import render

if TYPE_CHECKING:
    from standard.report import Report


class Page(HTMLParser):
    """Collects what the tests ask about."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        if found.get("id"):
            self.ids.append(str(found["id"]))
        self.links += [str(found[name]) for name in ("href", "src") if found.get(name)]


def test_every_clause_criterion_and_case_is_an_anchor(report: Report) -> None:
    ids = set(Page(render(report)).ids)
    wanted = {clause.id for clause in report.clauses}
    wanted |= {criterion.id for clause in report.clauses for criterion in clause.criteria}
    wanted |= {case.id for clause in report.clauses for one in clause.criteria for case in one.cases}

    assert wanted <= ids


def test_no_anchor_stands_twice(report: Report) -> None:
    ids = Page(render(report)).ids

    assert len(ids) == len(set(ids))


def test_the_page_needs_nothing_from_elsewhere(report: Report) -> None:
    page = Page(render(report))

    assert "script" not in page.tags
    assert all(link.startswith("#") for link in page.links)


def test_every_link_leads_somewhere(report: Report) -> None:
    page = Page(render(report))

    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


def test_not_satisfied_comes_first_then_not_shown_then_everything(report: Report) -> None:
    headings = re.findall(r"<h2[^>]*>(.*?)</h2>", render(report))

    assert headings[:3] == ["Not satisfied", "Not shown", "All clauses"]


def test_what_a_product_said_is_text_and_never_markup(report: Report) -> None:
    page = render(report)

    assert "<b>reached</b>" not in page
    assert "&lt;b&gt;reached&lt;/b&gt; the client &amp; its canary" in page


def test_the_same_report_gives_the_same_page(report: Report) -> None:
    assert render(report) == render(report)
