"""What an answer must be like: each demand, met and missed."""

from __future__ import annotations

import pytest

from conformance_tests import demands
from conformance_tests.judge import Expectation
from conformance_tests.lab.question import Answer
from conformance_tests.parts import Probe
from standard.words import Outcome

MARKS = {"is-a-block": "Blocked by", "by-what": "House", "why": "because", "what-to-do": "ask"}
PAGE = b"<h1>Blocked by House</h1><p>because of gambling, ask an adult</p>"


def outcome(demand: str, answer: Answer, marks: dict[str, str] = MARKS) -> Outcome:
    probe = Probe(ask="http://a.example/", expect=Expectation.BLOCKED, demands=(demand,), lacks=("<script>",))
    return demands.check(probe, answer, marks, own=frozenset({"10.1.0.1:80"}), issuer="Lab").outcome


@pytest.mark.parametrize(
    ("demand", "good", "bad"),
    [
        ("status", Answer(status=451), Answer(status=200)),
        ("no-store", Answer(headers=(("cache-control", "private, no-store"),)), Answer()),
        ("elements", Answer(body=PAGE), Answer(body=b"Blocked by House")),
        ("why", Answer(body=PAGE), Answer(body=b"no")),
        ("silent", Answer(body=b'<img src="//10.1.0.1:80/x">'), Answer(body=b'<img src="//a.example/x">')),
        ("silent", Answer(body=b'<a href="http://help.example/">'), Answer(body=b"<style>x{y:url(//a.b/)}")),
        ("lacks", Answer(body=b"&lt;script>"), Answer(body=b"<script>")),
        ("issuer", Answer(issuer="Lab"), Answer(issuer="Filter")),
    ],
)  # fmt: skip
def test_a_demand_is_met_by_one_answer_and_missed_by_another(demand: str, good: Answer, bad: Answer) -> None:
    """One pair each: the missed one must differ only in what was demanded."""
    assert outcome(demand, good) is Outcome.PASSED
    assert outcome(demand, bad) is Outcome.FAILED


def test_without_marks_an_element_is_untested_and_never_passed() -> None:
    """An adapter that says nothing of its page shows nothing."""
    assert outcome("why", Answer(body=PAGE), {}) is Outcome.UNTESTED


def test_each_measure_counts_what_it_names() -> None:
    """A page that loads two things from elsewhere, an answer of 1.5 s, a header that reached the origin."""
    page = Answer(
        body=b'<img src="//a.example/x"><script src="http://b.example/y"></script><img src="//10.1.0.1/z">'
    )
    assert demands.measure("requests-elsewhere", page, product="10.1.0.1") == 2
    assert demands.measure("seconds", Answer(milliseconds=1500), product="") == 1.5
    told = Answer(body=b'{"headers": {"prefer": "safe"}}')
    assert demands.measure("safe-preference", told, product="") == 1
    assert demands.measure("safe-preference", Answer(body=b'{"headers": {}}'), product="") == 0
