"""The capability statement, read: what is found in it, and what is missed."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import pytest

from conformance_tests import members
from conformance_tests.controls.adapters import FLAWLESS, adapter_of
from conformance_tests.controls.faults import Fault
from conformance_tests.procedures import statement
from standard import catalogue
from standard.words import Stand

if TYPE_CHECKING:
    from conformance_tests.adapter import Adapter


@pytest.fixture(scope="module")
def whole() -> Adapter:
    return adapter_of(FLAWLESS, Stand.FORWARD_PROXY, catalogue.load())


@pytest.mark.parametrize("kind", statement.SETS)
def test_a_whole_statement_says_every_member_of_the_set(whole: Adapter, kind: str) -> None:
    found = statement.find(kind, whole)
    assert [item for item in members.ids_of(statement.SETS[kind]) if not found.get(item)] == []


def test_a_statement_with_the_least_says_only_what_the_schema_makes_it_say() -> None:
    least = adapter_of(Fault.SAYS_LITTLE, Stand.FORWARD_PROXY, catalogue.load())
    found = {
        kind: {item for item, said in statement.find(kind, least).items() if said} for kind in statement.SETS
    }
    parts = {"product", "version", "stands", "reasons", "limits"}
    assert found == {"defaults": set(), "classes": set(), "brackets": set(), "parts": parts}


@pytest.mark.parametrize(("word", "missing"), [("warn", []), ("ask", []), (None, ["middle-profiles"])])
def test_a_default_is_any_word_of_the_form_and_none_is_missing(
    whole: Adapter, word: str | None, missing: list[str]
) -> None:
    said_of = {**whole.statement.unknown_sites, "child": word}
    kept = MappingProxyType({name: value for name, value in said_of.items() if value is not None})
    said = statement.find("defaults", replace(whole, statement=replace(whole.statement, unknown_sites=kept)))
    assert [item for item, text in said.items() if not text] == missing


def test_two_profiles_for_children_serve_no_bracket(whole: Adapter) -> None:
    few = replace(whole.statement, profiles=whole.statement.profiles[2:])
    assert not statement.find("brackets", replace(whole, statement=few))


def test_one_capability_left_unsaid_is_a_part_that_is_missing(whole: Adapter) -> None:
    less = replace(whole.statement, offers=whole.statement.offers[1:])
    assert not statement.find("parts", replace(whole, statement=less))["capabilities"]
