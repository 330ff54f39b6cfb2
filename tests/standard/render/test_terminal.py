"""The tree on a terminal: words first, what went wrong opened up."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from standard.render.terminal import render

if TYPE_CHECKING:
    from standard.report import Report


def test_the_verdict_and_its_sentence_come_before_any_clause(report: Report) -> None:
    lines = render(report).splitlines()

    assert lines[2].startswith("NOT SATISFIED    1 of 5 shall clauses satisfied")


def test_colour_adds_nothing_that_words_do_not_say(report: Report) -> None:
    bare = re.sub("\x1b\\[[0-9;]*m", "", render(report, colour=True))

    assert bare == render(report)


def test_a_failure_is_opened_into_asked_expected_seen_and_again(report: Report) -> None:
    text = render(report)
    opened = text[text.index("deep-subdomain (slip.live.m.bets.example) failed") :]

    places = [opened.index(f" {word} ") for word in ("asked", "expected", "seen", "again")]

    assert places == sorted(places)


def test_a_satisfied_clause_is_one_line(report: Report) -> None:
    assert "    ✔ 4.2.1   Ordinary sites stay open\n\n" in render(report)


def test_a_command_to_repeat_is_never_broken(report: Report) -> None:
    command = "stairgate conform run --product sample.yaml --seed 7f3a --only content.adult/known-sites/drawn"

    assert command in render(report, width=60)


def test_other_lines_keep_to_the_width(report: Report) -> None:
    lines = [line for line in render(report, width=60).splitlines() if "again" not in line]

    assert max(map(len, lines)) <= 60


def test_what_nobody_examined_is_not_painted_as_anything_else(report: Report) -> None:
    assert "○ 6.1.4   Recovery · not examined: inspection" in render(report)


def test_an_unsealed_cut_or_partial_run_says_so_at_the_top(report: Report) -> None:
    facts = replace(report.facts, is_sealed=False, lab="none", selection=("--only", "content"))
    head = render(replace(report, facts=facts, is_complete=False)).split("\n\n")[1]

    assert "no footer" in head
    assert "not sealed (none)" in head
    assert "--only content" in head
