"""Case files: the published schema is the one that validates, and knows the words that the code knows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import conformance_tests
from conformance_tests import acts, case, cli, procedures
from conformance_tests.judge import Expectation
from conformance_tests.lab.sites import Manner
from conformance_tests.parts import DEMANDS, MEASURES
from standard.errors import StairgateError

ROOM = Path(conformance_tests.__file__).parent
SCHEMA: dict[str, Any] = json.loads((ROOM / "schemas" / "case.schema.json").read_text(encoding="utf-8"))
GOOD = """
id: content.gambling/known-sites/mine
criterion: content.gambling/known-sites
title: A title
why: A reason
stands: [forward-proxy]
names: [a]
sites: [{host: "{a}"}]
probes: [{ask: "http://{a}/", expect: blocked}]
faults: [case-matters]
"""


def test_the_schema_knows_the_words_of_the_code() -> None:
    probe, page = SCHEMA["$defs"]["probe"]["properties"], SCHEMA["$defs"]["page"]["properties"]
    assert set(probe["expect"]["enum"]) == set(Expectation)
    assert set(page["manner"]["enum"]) == set(Manner)
    assert set(probe["demands"]["items"]["enum"]) == set(DEMANDS)
    assert set(probe["measure"]["enum"]) == set(MEASURES)
    assert set(probe["first"]["properties"]) == set(acts.ACTS)
    for word in SCHEMA["properties"]["procedure"]["enum"]:
        assert (procedures.find(word) is None) is (word == "probes")


@pytest.mark.parametrize(
    ("written", "wrong", "code", "line"),
    [
        ("expect: blocked", "expect: refused", "unknown-word", 9),
        ("names: [a]", "name: [a]", "unknown-key", 7),
        ("why: A reason", "thin: 1", "missing-key", 2),
        ("host:", "hosts:", "unknown-key", 8),
        ("known-sites/mine", "known-sites/yours", "wrong-id", 2),
        ("faults: [case-matters]", "faults: case-matters", "wrong-type", 10),
    ],
)
def test_what_a_case_has_wrong_is_said_with_its_line(
    tmp_path: Path, written: str, wrong: str, code: str, line: int
) -> None:
    path = tmp_path / "cases" / "mine.yaml"
    path.parent.mkdir()
    path.write_text(GOOD)
    assert case.load(path, 1, root=path.parent).id == "content.gambling/known-sites/mine"
    path.write_text(GOOD.replace(written, wrong, 1))
    with pytest.raises(StairgateError) as caught:
        case.load(path, 1, root=path.parent)
    assert {(one.code, one.place.rpartition(":")[2]) for one in caught.value.problems} >= {(code, str(line))}


def test_three_seeds_ask_the_same_of_other_names() -> None:
    """Whatever the seed draws, a case has as many questions and no name of another case."""
    suites = [case.load_all(cli.CASES, seed) for seed in (1, 2, 3)]
    asked = [[(one.id, len(one.probes), len(one.sites)) for one in suite] for suite in suites]
    assert asked[0] == asked[1] == asked[2]
