"""Coverage: every criterion is covered, or says why not."""

from __future__ import annotations

from conformance_tests import case, cli, coverage, members
from conformance_tests.corpora.choice import Holding, choose
from conformance_tests.parts import MEASURES
from standard import catalogue
from standard.criterion import AmountMeasure, TimeMeasure
from standard.words import Stand


def test_every_criterion_without_a_case_says_why() -> None:
    """Silence about a gap would look like a pass."""
    lines = coverage.cover(catalogue.load(), case.load_all(cli.CASES, 1), Stand.FORWARD_PROXY)
    assert [line.criterion for line in lines if not line.cases and not line.reason] == []
    assert any(line.cases and not line.reason for line in lines)


def test_the_total_counts_each_criterion_once_by_how_far_it_is_examined() -> None:
    """What a draw, a person or an hour shows is neither covered by a case nor forgotten."""
    held, cases = catalogue.load(), case.load_all(cli.CASES, 1)
    for stand in (Stand.FORWARD_PROXY, Stand.DNS_RESOLVER, Stand.GATEWAY):
        lines = coverage.cover(held, cases, stand)
        told, counted = coverage.total(lines, stand).split(f" criteria at {stand}: ")
        assert sum(int(part.split()[0]) for part in counted.split(", ")) == int(told) == len(lines)
        assert all(bool(line.cases) == (line.state in {"whole", "part"}) for line in lines)
        assert all(bool(line.reason) == (line.state != "whole") for line in lines)


def test_only_what_a_run_with_lists_draws_is_called_drawn() -> None:
    """A criterion that is to be drawn, and that no run draws, is not covered."""
    held = catalogue.load()
    lines = {line.criterion: line for line in coverage.cover(held, [], Stand.FORWARD_PROXY)}
    draws = choose(held, Stand.FORWARD_PROXY, [], held=Holding(lists=frozenset(), names=frozenset()), seed=1)
    drawn = {name for name, line in lines.items() if line.state is coverage.State.DRAWN}
    assert drawn == {draw.criterion for draw in draws}
    assert lines["configuration.age-profiles/monotone"].state is coverage.State.NONE
    assert lines["support.reachable-help/contacts"].state is coverage.State.PEOPLE


def test_every_item_a_case_shows_is_a_member_of_its_set() -> None:
    """A misspelled item would leave its member untested without a word."""
    known = catalogue.load().criteria
    strays = [
        (one.id, probe.item)
        for one in case.load_all(cli.CASES, 1)
        for probe in one.probes
        if probe.item and probe.item not in getattr(known[one.criterion].measure, "members", (probe.item,))
    ]
    assert set(strays) <= {("content.every-transport/grid/kept-alive", "kept-alive")}


def test_a_set_is_unfolded_into_one_probe_for_each_member() -> None:
    """`{each}` is the member's host, `{each_host}` the host of its address, `{member}` its item."""
    data = {
        "for_each": "doh-services",
        "sites": [{"host": "{each_host}"}, {"host": "{listed}"}],
        "probes": [{"ask": "{each}", "item": "{member}"}],
    }
    unfolded = members.unfold(data)
    assert unfolded["sites"][0] == {"host": "dns.google"}
    assert unfolded["sites"][-1] == {"host": "{listed}"}
    assert unfolded["probes"][0] == {"ask": "https://dns.google/dns-query", "item": "dns-google"}
    assert len(unfolded["probes"]) == 20


def test_what_a_case_measures_is_measured_as_its_criterion_says() -> None:
    """The unit, the limit and the number of measurements are the standard's."""
    known = catalogue.load().criteria
    for one in case.load_all(cli.CASES, 1):
        measured = [probe for probe in one.probes if probe.measure]
        if not measured:
            continue
        measure = known[one.criterion].measure
        assert isinstance(measure, AmountMeasure | TimeMeasure), one.id
        planned = measure.of if isinstance(measure, AmountMeasure) else measure.draw
        assert len(measured) == len(one.probes) == planned, one.id
        assert {probe.at_most for probe in measured} == {measure.at_most}, one.id
        assert {MEASURES[probe.measure] for probe in measured} == {measure.unit}, one.id


def test_an_exact_reason_stands_for_a_criterion_that_is_not_covered() -> None:
    """One that stays after its case was written would say what is no longer so."""
    held = catalogue.load()
    assert set(coverage.EXACTLY) <= set(held.criteria)
    covered = {one.criterion for one in case.load_all(cli.CASES, 1) if Stand.FORWARD_PROXY in one.stands}
    assert not covered & set(coverage.EXACTLY)
