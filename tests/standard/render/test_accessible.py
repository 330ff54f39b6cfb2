"""Pages are examined by axe-core in a real browser, in light, dark and print."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest

from standard import catalogue
from standard.render import comparison, comparison_forms, report_page
from standard.render.document import page as document_page
from standard.render.document.compose import compose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from standard.report import Report

type Scheme = Literal["light", "dark"]
type Media = Literal["screen", "print"]

ROOT = Path(__file__).resolve().parents[3]


@cache
def axe() -> Path | None:
    """The axe-core script: where STAIRGATE_AXE names it, or as npm installed it in the repository."""
    places = (os.environ.get("STAIRGATE_AXE", ""), ROOT / "node_modules/axe-core/axe.min.js")
    return next((Path(place) for place in places if place and Path(place).is_file()), None)


@cache
def browser() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


needs_browser = pytest.mark.skipif(browser() is None, reason="needs Chromium")
needs_axe = pytest.mark.skipif(
    axe() is None, reason="needs axe-core (npm install axe-core, or STAIRGATE_AXE)"
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=browser(), args=["--no-sandbox"])
        yield started
        started.close()


def serious(chromium: Browser, page: str, *, scheme: Scheme, media: Media) -> list[str]:
    """What axe finds at impact serious or critical in `page`."""
    script = axe()
    assert script is not None
    tab = chromium.new_page(bypass_csp=True)
    tab.emulate_media(media=media, color_scheme=scheme)
    tab.set_content(page)
    tab.add_script_tag(content=script.read_text(encoding="utf-8"))
    found = tab.evaluate("() => axe.run()")
    tab.close()
    return [
        f"{one['id']}: {node['html'][:120]}"
        for one in found["violations"]
        if one["impact"] in {"serious", "critical"}
        for node in one["nodes"]
    ]


@needs_browser
@needs_axe
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize(("scheme", "media"), [("light", "screen"), ("dark", "screen"), ("light", "print")])
def test_axe_finds_nothing_serious_in_a_report(
    chromium: Browser, report: Report, scheme: Scheme, media: Media
) -> None:
    assert serious(chromium, report_page.render(report), scheme=scheme, media=media) == []


@needs_browser
@needs_axe
@pytest.mark.xdist_group("browser")
def test_axe_finds_nothing_serious_in_a_comparison(chromium: Browser, report: Report) -> None:
    page = comparison_forms.as_page(comparison.compare([report, report]))

    assert serious(chromium, page, scheme="dark", media="screen") == []


@needs_browser
@pytest.mark.xdist_group("browser")
def test_a_report_fits_a_phone(chromium: Browser, report: Report) -> None:
    tab = chromium.new_page(viewport={"width": 390, "height": 800})
    tab.set_content(report_page.render(report))

    assert tab.evaluate("document.documentElement.scrollWidth") == 390


@needs_browser
@needs_axe
@pytest.mark.xdist_group("browser")
def test_axe_finds_nothing_serious_in_the_standard(chromium: Browser) -> None:
    known = catalogue.load()
    document = compose(known, next(iter(known.editions.values())))
    # The first blocks of each chapter have every shape there is; axe needs over a minute for all of them.
    short = replace(document, chapters=tuple(replace(c, blocks=c.blocks[:5]) for c in document.chapters))

    assert serious(chromium, document_page.render(short), scheme="light", media="screen") == []
