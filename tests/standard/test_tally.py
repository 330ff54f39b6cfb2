"""Which records count as one thing: draws of one domain, cases of one member, repeats of one probe."""

from __future__ import annotations

from copy import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standard.record import Draw
from standard.tally import put_together
from standard.words import Outcome, Verdict
from tests.standard.records import EVERY, RATE, C, F, P, criterion, drawn, draws, record, verdict


def test_a_skipped_position_is_not_filled_by_a_later_draw() -> None:
    """Else a product's bad answers could be left out and good ones drawn instead."""
    records = [one for one in draws(*[P] * 30) if one.draw and one.draw.position != 7]
    assert verdict(RATE, records) is Verdict.NOT_SHOWN


def test_a_second_address_of_a_domain_does_not_count_and_the_next_draw_does() -> None:
    records = [*draws(*[P] * 21), drawn(22, P, "d1.example"), drawn(23, P)]
    one = criterion(RATE)
    tally = put_together(one, records)
    assert (tally.same_domain, len(tally.units), tally.extra) == (1, 22, ())
    assert verdict(RATE, records) is Verdict.SATISFIED
    assert verdict(RATE, records[:-1]) is Verdict.NOT_SHOWN


def test_a_failure_at_a_second_address_of_a_domain_is_the_domains_failure() -> None:
    records = [*draws(F, *[P] * 20), drawn(22, F, "d2.example"), drawn(23, P)]
    assert verdict(RATE, records) is Verdict.NOT_SATISFIED


def test_a_member_with_two_cases_needs_both() -> None:
    records = [record(P, item=item) for item in "abc"]
    assert verdict(EVERY, [*records, record(F, item="a", case="x/other")]) is Verdict.NOT_SATISFIED
    assert verdict(EVERY, [*records, record(C, item="a", case="x/other")]) is Verdict.NOT_SHOWN


def test_a_case_named_after_a_member_needs_no_item() -> None:
    records = [record(P, case=f"content.thing/it/{item}") for item in "abc"]
    assert verdict(EVERY, records) is Verdict.SATISFIED


def test_a_repeated_probe_is_decided_once_and_a_failure_stands() -> None:
    """Repeating what could not be told is fair; repeating a failure until it passes is not."""
    records = [record(P, item=item) for item in "abc"]
    assert verdict(EVERY, [*records, record(C, item="a")]) is Verdict.SATISFIED
    assert verdict(EVERY, [*records, record(F, item="a")]) is Verdict.NOT_SATISFIED


@pytest.mark.parametrize(
    "address",
    [
        "http://d1.example/",
        "https://other.D1.example.:8443/deep?query",
        "ws://user:secret@a.b.d1.example/",
        "http://%64%31.example/",
        "http://\uff44\uff11\u3002example/",
        "d1.example",
    ],
)
def test_a_second_address_under_another_name_of_its_domain_takes_no_place(address: str) -> None:
    """The grader looks at the address; the domain that the record names decides nothing."""
    forged = record(P, draw=Draw(position=22, address=address, domain="quite-another.example"))
    tally = put_together(criterion(RATE), [*draws(*[P] * 21), forged])
    assert tally.same_domain == 1
    assert verdict(RATE, [*draws(*[P] * 21), forged]) is Verdict.NOT_SHOWN


def test_failures_gathered_under_one_stated_domain_are_counted_apart() -> None:
    forged = [
        record(F, draw=Draw(position=at, address=f"http://d{at}.example/", domain="d1.example"))
        for at in (1, 2)
    ]
    assert verdict(RATE, forged) is Verdict.NOT_SATISFIED


def test_addresses_without_a_host_count_once_together() -> None:
    nowhere = [
        record(P, draw=Draw(position=at, address=f"http://a{at}\\@b{at}/", domain=f"d{at}.example"))
        for at in range(1, 23)
    ]
    assert put_together(criterion(RATE), nowhere).same_domain == 21
    assert verdict(RATE, nowhere) is Verdict.NOT_SHOWN


@given(
    st.lists(st.tuples(st.integers(1, 30), st.sampled_from([P, F, C])), max_size=60),
    st.lists(st.text(max_size=8), min_size=60, max_size=60),
)
def test_no_stated_domain_ever_changes_what_counts(
    rows: list[tuple[int, Outcome]], stated: list[str]
) -> None:
    records = [
        drawn(position, outcome, f"d{domain}.example")
        for position, (domain, outcome) in enumerate(rows, start=1)
    ]
    forged = [
        replace(one, draw=replace(one.draw, domain=name)) if one.draw else one
        for one, name in zip(records, stated, strict=False)
    ]
    honest, other = (put_together(criterion(RATE), each) for each in (records, forged))
    assert [unit.outcome for unit in honest.units] == [unit.outcome for unit in other.units]
    assert (honest.same_domain, len(honest.extra)) == (other.same_domain, len(other.extra))
