"""Which clauses reach a product, and what a capability statement may say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from standard import capability, catalogue
from standard.errors import StairgateError
from standard.words import Stand, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

STATEMENT: dict[str, Any] = {
    "format": 1,
    "product": {"id": "gate", "name": "Gate", "vendor": "Someone"},
    "audience": "Households.",
    "stands": ["forward-proxy"],
    "offers": ["category-filtering"],
    "lacks": [],
}


def statement(home: Path, **changes: object) -> capability.Statement:
    known = catalogue.load(home)
    return capability.parse({**STATEMENT, **changes}, known, place=lambda *keys: "s.yaml:1")  # noqa: ARG005


def lacking(name: str) -> list[dict[str, str]]:
    return [{"capability": name, "because": "Not built."}]


@pytest.mark.parametrize(
    ("clause", "stand", "lacks", "verdict"),
    [
        ("content.gambling", Stand.FORWARD_PROXY, [], None),
        ("content.gambling", Stand.GATEWAY, [], Verdict.NOT_APPLICABLE),
        ("content.gambling", Stand.FORWARD_PROXY, ["category-filtering"], Verdict.NOT_SATISFIED),
        ("content.label", Stand.FORWARD_PROXY, ["labels"], Verdict.NOT_APPLICABLE),
        ("content.label", Stand.FORWARD_PROXY, [], None),
        ("content.label", Stand.DNS_RESOLVER, [], Verdict.NOT_APPLICABLE),
    ],
)
def test_a_clause_falls_away_for_two_reasons_only(
    home: Path, clause: str, stand: Stand, lacks: list[str], verdict: Verdict | None
) -> None:
    """`content.gambling` requires its capability, `content.label` holds where it is offered."""
    known = catalogue.load(home)
    made = statement(home, offers=[], lacks=[one for name in lacks for one in lacking(name)])
    reach = capability.reach(known.clauses[clause], stand, made)
    assert reach.verdict is verdict
    assert bool(reach.because) is (verdict is not None)


def test_without_a_statement_nothing_is_declared_absent(home: Path) -> None:
    clause = catalogue.load(home).clauses["content.label"]
    assert capability.reach(clause, Stand.FORWARD_PROXY, None).verdict is None


def test_claimed_behaves_as_where_offered(home: Path, mend: Callable[[str, str, str], None]) -> None:
    mend("clauses/content/label.yaml", "offered: where-offered", "offered: claimed")
    clause = catalogue.load(home).clauses["content.label"]
    reach = capability.reach(clause, Stand.FORWARD_PROXY, statement(home, lacks=lacking("labels")))
    assert reach.verdict is Verdict.NOT_APPLICABLE
    assert "where it is claimed" in reach.because


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"offers": ["category-filterin"]}, "unknown-capability"),
        ({"lacks": lacking("category-filtering")}, "contradiction"),
        ({"limits": [{"text": "No.", "clauses": ["content.lable"]}]}, "unknown-clause"),
        ({"stands": []}, "schema"),
        ({"surprise": 1}, "unknown-key"),
        ({"ports": [{"protocol": "tcp", "port": 8080, "purpose": "The proxy"}]}, "missing-key"),
        ({"flows": [{"to": "lists.example", "purpose": "Lists", "sends": 1}]}, "wrong-type"),
    ],
)
def test_a_statement_that_can_not_be_is_refused(home: Path, changes: dict[str, object], code: str) -> None:
    with pytest.raises(StairgateError) as caught:
        statement(home, **changes)
    assert [problem.code for problem in caught.value.problems] == [code]


def test_an_unknown_key_is_named_with_the_one_that_was_meant(home: Path) -> None:
    with pytest.raises(StairgateError) as caught:
        statement(home, audiense="Families")
    assert "Did you mean 'audience'?" in [problem.hint for problem in caught.value.problems]


def test_a_statement_may_declare_what_clauses_hold_a_product_to(home: Path) -> None:
    """Ports, flows, profiles with ages, list sources: what is undeclared is a finding elsewhere."""
    made = statement(
        home,
        ports=[{"protocol": "tcp", "port": 8080, "address": "127.0.0.1", "purpose": "The proxy"}],
        flows=[{"to": "lists.example", "purpose": "Lists", "sends": "A version number"}],
        profiles=[{"id": "child", "from": 7, "to": 9}],
        lists=[{"source": "https://lists.example/", "licence": "CC0-1.0"}],
    )
    assert made.product == "gate"


def test_a_limit_names_the_clauses_it_bears_on(home: Path) -> None:
    known = catalogue.load(home)
    made = statement(home, lacks=lacking("labels"), limits=[{"text": "Slow on old phones."}])
    first, second = made.all_limits(known.clauses.values())
    assert (first.capability, first.clauses) == ("labels", ("content.label",))
    assert second.because == "Slow on old phones."


def test_a_statement_is_read_from_a_file_with_lines_in_its_complaints(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "statement.yaml"
    text = "format: 1\nproduct: {id: gate, name: Gate, vendor: Me}\naudience: All.\nstands: [gateway]\n"
    path.write_text(text + "offers: []\nlacks:\n  - {capability: lables, because: No.}\n", encoding="utf-8")
    with pytest.raises(StairgateError) as caught:
        capability.load(path, catalogue.load(home))
    assert caught.value.problems[0].place.endswith("statement.yaml:7")
