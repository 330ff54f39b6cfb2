"""The PDF: the same bytes for the same report, and the words a reader looks for."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from standard.render.report_sheet import render

if TYPE_CHECKING:
    from pathlib import Path

    from standard.report import Report


def test_the_same_report_gives_the_same_bytes(report: Report) -> None:
    assert render(report) == render(report)


def test_another_report_gives_other_bytes(report: Report) -> None:
    assert render(report) != render(replace(report, sentence="Something else."))


@pytest.mark.skipif(shutil.which("pdftotext") is None, reason="needs pdftotext (poppler-utils)")
def test_verdict_failures_and_hashes_can_be_read_in_it(report: Report, tmp_path: Path) -> None:
    file = tmp_path / "report.pdf"
    file.write_bytes(render(report))
    text = subprocess.run(
        ["pdftotext", "-layout", file, "-"], capture_output=True, text=True, check=True
    ).stdout
    words = " ".join(text.split())

    assert "NOT SATISFIED" in words
    assert "The betting slip <b>reached</b> the client & its canary" in words
    assert "A self-run result may be declared; it is never certified" in words


def test_a_report_without_a_moment_can_be_set_too(report: Report) -> None:
    facts = replace(report.facts, started="", finished="")

    assert render(replace(report, facts=facts)).startswith(b"%PDF")
