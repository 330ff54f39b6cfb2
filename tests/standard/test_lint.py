"""What lint finds: each fault planted alone, each found by its own code and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import stairgate
from standard import catalogue, lint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    type Mend = Callable[[str, str, str], None]

GAMBLING = "clauses/content/gambling.yaml"
LABEL = "clauses/content/label.yaml"
EDITION = "editions/2026.1.yaml"
RATE = "{kind: rate_at_least, population: gambling, at_least: 0.9, confidence: 0.95, draw: 200, misses: 12}"
GAP = (
    "{kind: difference_at_most, population: gamblin, points: 5, upper_points: 10, confidence: 0.95, draw: 50}"
)
TIME = "{kind: time_at_most, statistic: median, at_most: 50, unit: ms, draw: 4, confidence: 0.95}"
AMOUNT = "{kind: amount_at_most, quantity: bytes, unit: bytes, at_most: 0, of: 4}"


def test_a_sound_standard_has_no_findings(home: Path) -> None:
    assert lint.check(catalogue.load(home)) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "code"),
    [
        (GAMBLING, "shall block services", "blocks services", "obligation-word"),
        (GAMBLING, "shall block services", "shall block what it should", "obligation-word"),
        (GAMBLING, "90 in 100 are blocked", "an adequate share is blocked", "unsure-wording"),
        (LABEL, "Does the guide name each label?", "Is the guide appropriate?", "unsure-wording"),
        (GAMBLING, "misses: 12", "misses: 13", "misses-arithmetic"),
        (GAMBLING, "misses: 12", "misses: 11", "misses-arithmetic"),
        (GAMBLING, "draw: 200, misses: 12", "draw: 20, misses: 0", "draw-too-small"),
        (GAMBLING, "population: gambling", "population: gamblin", "unknown-population"),
        (LABEL, "set: variants", "set: variant", "unknown-set"),
        (LABEL, "capability: labels", "capability: lables", "unknown-capability"),
        (LABEL, "capability: labels", "capability: null", "offered-without-capability"),
        (LABEL, "stands: [forward-proxy]", "stands: []", "no-stand"),
        (LABEL, 'since: "2026.1"', 'since: "2025.1"', "unknown-edition"),
        (LABEL, 'number: "4.4.4"', 'number: "4.1.7"', "duplicate-number"),
        (LABEL, 'number: "4.4.4"', 'number: "5.4.4"', "no-section"),
        (LABEL, "id: content.label/variants", "id: content.labels/variants", "foreign-criterion"),
        (
            LABEL,
            "Each variant is blocked.",
            "The draw supports that 90 in 100 are blocked!",
            "same-criterion",
        ),
        (LABEL, "method: inspection", "method: attestation", "method"),
        (GAMBLING, "evidence: drawn", "evidence: written", "method"),
        (LABEL, "{kind: every, set: variants}", "{kind: every, of: [a, b]}", "unused-set"),
        (LABEL, "{kind: every,", "{kind: at_most_failing, failing: 2,", "nothing-asked"),
        (GAMBLING, RATE, GAP, "unknown-population"),
        (GAMBLING, RATE, TIME, "draw-too-small"),
        (GAMBLING, RATE, AMOUNT, "method"),
        (LABEL, "method: inspection", "method: automated", "method"),
        (
            LABEL,
            "{kind: every, set: variants}",
            "{kind: checklist, items: [{id: a, question: Is it?}]}",
            "method",
        ),
        (GAMBLING, "evidence: drawn", "evidence: none", "method"),
        ("annexes/sets/variants.yaml", "In the page}", "In it, where_offered: lable}", "unknown-capability"),
        (EDITION, "[content.gambling, content.label]", "[content.gambling]", "clause-without-edition"),
        (EDITION, "content.label]", "content.label, content.lable]", "unknown-clause"),
    ],
)
def test_each_fault_is_found_with_its_place(
    home: Path, mend: Mend, name: str, old: str, new: str, code: str
) -> None:
    mend(name, old, new)
    problems = lint.check(catalogue.load(home))
    assert code in {problem.code for problem in problems}
    assert all(problem.hint and ":" in problem.place for problem in problems)


@pytest.mark.parametrize(
    ("name", "old", "new", "code"),
    [
        (GAMBLING, "at_least: 0.9, ", "", "missing-key"),
        (GAMBLING, "draw: 200, ", "", "missing-key"),
        (GAMBLING, "population: gambling, ", "", "missing-key"),
        (GAMBLING, ", misses: 12", "", "missing-key"),
        (GAMBLING, "confidence: 0.95, ", "", "missing-key"),
        (LABEL, "{kind: every, set: variants}", "{kind: every}", "one-of"),
        (LABEL, ', items: [{id: named, question: "Does the guide name each label?"}]', "", "missing-key"),
        (LABEL, '[{id: named, question: "Does the guide name each label?"}]', "[]", "schema"),
        (LABEL, "method: inspection", "method: opinion", "unknown-word"),
    ],
)
def test_what_a_stranger_could_not_decide_is_refused_before_it_is_looked_at(
    home: Path, mend: Mend, capsys: pytest.CaptureFixture[str], name: str, old: str, new: str, code: str
) -> None:
    """A rate without threshold, number or population; every of nothing; an inspection without questions."""
    mend(name, old, new)
    assert stairgate.main(["standard", "lint", "--standard", str(home)]) == 65
    shown = capsys.readouterr().err
    assert f"error[{code}]" in shown
    assert f"{name}:" in shown


def test_an_unsure_word_may_stand_in_a_clause_whose_criteria_measure_it(home: Path, mend: Mend) -> None:
    """The word "promptly" says nothing alone; with a number below it, it is a headline."""
    mend(GAMBLING, "shall block services", "shall promptly block services")
    assert lint.check(catalogue.load(home)) == []


def test_coverage_is_asked_both_ways(home: Path) -> None:
    """A criterion without a case, and a case whose criterion the standard does not have."""
    cases = [
        lint.Case(id="a", criterion="content.gambling/known-sites", place="cases/a.yaml:2"),
        lint.Case(id="b", criterion="content.label/varients", place="cases/b.yaml:2"),
    ]
    problems = lint.check(catalogue.load(home), cases)
    assert [(problem.code, problem.place) for problem in problems] == [
        ("unknown-criterion", "cases/b.yaml:2"),
        ("criterion-without-case", "standard/clauses/content/label.yaml:13"),
    ]
    assert "content.label/variants" in problems[0].hint
