"""`certify declare` refuses, and names every obstacle at once."""

from __future__ import annotations

from copy import replace
from typing import TYPE_CHECKING, Any

import pytest

from standard import seed
from standard.errors import StairgateError
from standard.exits import Exit
from standard.record import Corpus, CorpusList
from standard.register import signing
from standard.words import Outcome, Seal
from tests.standard.register import runs
from tests.standard.register.runs import ON

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    from standard.record import Announced, Header


@pytest.fixture
def refusal(home: Path, key: Ed25519PrivateKey) -> Callable[[Path], StairgateError]:
    """The error with which a result file is refused."""

    def refused(results: Path) -> StairgateError:
        with pytest.raises(StairgateError) as caught:
            signing.sign(results, key, on=ON, home=home)
        return caught.value

    return refused


def codes(error: StairgateError) -> list[str]:
    return [problem.code for problem in error.problems]


type Write = Callable[..., Path]
type Refusal = Callable[[Path], StairgateError]


def test_a_sound_run_is_declared(write: Write, header: Header, home: Path, key: Ed25519PrivateKey) -> None:
    signed = signing.sign(write(header, runs.drawn(4)), key, on=ON, home=home)

    assert signed.declaration["status"] == "declared"
    assert signed.declaration["expires_on"] == "2027-11-21"


def test_an_unfinished_run_is_refused(write: Write, header: Header, refusal: Refusal) -> None:
    assert "truncated-results" in codes(refusal(write(header, runs.drawn(0), is_whole=False)))


def test_an_unsealed_lab_is_refused(write: Write, header: Header, refusal: Refusal) -> None:
    assert codes(refusal(write(replace(header, seal=Seal.NONE), runs.drawn(0)))) == ["unsealed-lab"]


@pytest.mark.parametrize(
    ("started", "finished", "code"),
    [
        ("2026-11-21T16:00:00Z", "2026-99-99T16:00:00Z", "no-day"),
        ("2026-13-01T16:00:00Z", "2026-11-21T16:20:00Z", "no-day"),
        ("2026-11-21T16:00:00Z", "2026-11-20T16:00:00Z", "no-day"),
        ("2026-11-21T16:00:00Z", "2026-11-23T16:00:00Z", "run-in-the-future"),
        ("2025-11-20T16:00:00Z", "2025-11-21T16:00:00Z", "expired-run"),
    ],
)
def test_a_run_of_another_time_is_refused(
    write: Write, header: Header, refusal: Refusal, started: str, finished: str, code: str
) -> None:
    """A later end would make the declaration hold longer; an earlier one, and it never held at all."""
    results = [replace(one, started=started) for one in runs.drawn(0)]
    path = write(replace(header, started=started), results, finished=finished)

    assert codes(refusal(path)) == [code]


@pytest.mark.parametrize(
    "changes",
    [
        {"product": {**runs.STATEMENT["product"], "id": "another-filter"}},  # type: ignore[dict-item]
        {"stands": ["dns-resolver"]},
        {"settings": ["school"]},
    ],
)
def test_anothers_capability_statement_is_refused(
    write: Write, header: Header, refusal: Refusal, changes: dict[str, Any]
) -> None:
    foreign = replace(header, statement={**runs.STATEMENT, **changes})

    assert codes(refusal(write(foreign, runs.drawn(0)))) == ["other-statement"]


@pytest.mark.parametrize("changes", [{"seed": "7"}, {"seed_is_derived": False}, {"seed": "0"}])
def test_a_chosen_seed_is_refused(
    write: Write, header: Header, refusal: Refusal, changes: dict[str, Any]
) -> None:
    """Else a product at the edge is examined until its draw is lucky."""
    assert codes(refusal(write(replace(header, **changes), runs.drawn(0)))) == ["chosen-seed"]


def test_a_draw_from_a_list_the_product_was_given_is_refused_under_another_name_too(
    write: Write, header: Header, refusal: Refusal
) -> None:
    given = CorpusList(id="bought", use="given", sha256="12" * 32)
    for name, content, found in (
        ("bought", "34" * 32, True),
        ("free", "12" * 32, True),
        ("free", "34" * 32, False),
    ):
        drawn = CorpusList(id=name, use="drawn", sha256=content)
        corpus = Corpus(name="lists", lists=(drawn, given))
        path = write(replace(header, corpus=corpus), runs.drawn(200), name=f"{name}-{content[:2]}.jsonl")
        assert ("circular-draw" in codes(refusal(path))) is found


def test_a_run_of_no_named_build_is_refused(write: Write, header: Header, refusal: Refusal) -> None:
    unnamed = replace(header, product=replace(header.product, build=""))

    assert codes(refusal(write(unnamed, runs.drawn(0)))) == ["no-build"]


def test_a_seed_follows_from_build_and_edition_alone() -> None:
    """Published: another implementation must come to the same number."""
    assert seed.derive("sha256:" + "5a" * 32, "e" * 64) == 644314745
    assert len({seed.derive(f"sha256:{at:064x}", "e" * 64) for at in range(1000)}) == 1000


def test_a_run_that_left_something_out_is_refused(write: Write, header: Header, refusal: Refusal) -> None:
    partial = replace(header, selection=("--only", "content.gambling"))

    assert codes(refusal(write(partial, runs.drawn(0)))) == ["selected-run"]


def test_an_excused_failure_is_refused(
    write: Write, header: Header, refusal: Refusal, announced: Announced
) -> None:
    assert codes(refusal(write(replace(header, known_failures=(announced,)), runs.drawn(4)))) == [
        "excused-failure"
    ]


def test_a_run_without_a_capability_statement_is_refused(
    write: Write, header: Header, refusal: Refusal
) -> None:
    assert "no-capability-statement" in codes(refusal(write(replace(header, statement=None), runs.drawn(0))))


@pytest.mark.parametrize(
    ("outcome", "code"), [(Outcome.ERROR, "error-in-shall"), (Outcome.CANNOT_TELL, "cannot-tell-in-shall")]
)
def test_an_undecided_record_of_a_shall_criterion_is_refused(
    write: Write, header: Header, refusal: Refusal, outcome: Outcome, code: str
) -> None:
    assert code in codes(refusal(write(header, runs.drawn(0, odd=outcome))))


def test_a_shall_clause_not_satisfied_is_refused(write: Write, header: Header, refusal: Refusal) -> None:
    assert codes(refusal(write(header, runs.drawn(40)))) == ["not-satisfied"]


def test_a_shall_clause_not_shown_is_refused(write: Write, header: Header, refusal: Refusal) -> None:
    assert codes(refusal(write(header, runs.drawn(0, of=100)))) == ["not-shown"]


def test_an_edition_nobody_knows_is_refused(write: Write, header: Header, refusal: Refusal) -> None:
    assert codes(refusal(write(replace(header, edition="2031.7"), runs.drawn(0)))) == ["unknown-edition"]


def test_an_edition_with_other_content_is_refused(write: Write, header: Header, refusal: Refusal) -> None:
    assert codes(refusal(write(replace(header, edition_sha256="0" * 64), runs.drawn(0)))) == [
        "edition-mismatch"
    ]


def test_an_altered_result_file_is_refused_as_bad_data(
    write: Write, header: Header, refusal: Refusal
) -> None:
    path = write(header, runs.drawn(40))
    path.write_bytes(path.read_bytes().replace(b'"failed"', b'"passed"'))
    error = refusal(path)

    assert (codes(error), error.exit_code) == (["edited-results"], Exit.DATA)


def test_every_obstacle_is_named_at_once(
    write: Write, header: Header, refusal: Refusal, announced: Announced
) -> None:
    worst = replace(header, seal=Seal.NONE, selection=("--only", "x"), known_failures=(announced,))
    error = refusal(write(worst, runs.drawn(40, odd=Outcome.ERROR), is_whole=False))

    assert error.exit_code == Exit.FINDING
    assert set(codes(error)) == {
        "unsealed-lab",
        "selected-run",
        "excused-failure",
        "truncated-results",
        "error-in-shall",
        "not-satisfied",
    }
    assert all(problem.hint and problem.place for problem in error.problems)


def test_what_needs_a_person_is_listed_and_no_obstacle(
    write: Write, header: Header, home: Path, key: Ed25519PrivateKey
) -> None:
    offering = {**runs.STATEMENT, "lacks": [], "offers": ["category-filtering", "labels"]}
    signed = signing.sign(write(replace(header, statement=offering), runs.drawn(0)), key, on=ON, home=home)

    assert [one["criterion"] for one in signed.declaration["not_examined"]] == ["content.label/told"]


def test_a_clause_that_does_not_reach_is_listed_with_its_reason(
    write: Write, header: Header, home: Path, key: Ed25519PrivateKey
) -> None:
    declaration = signing.sign(write(header, runs.drawn(0)), key, on=ON, home=home).declaration

    assert [one["clause"] for one in declaration["not_applicable"]] == ["content.label"]
    assert "Sees host names only" in declaration["not_applicable"][0]["because"]
    assert declaration["limits"][0]["capability"] == "labels"


def test_a_declaration_never_says_certified(
    write: Write, header: Header, home: Path, key: Ed25519PrivateKey
) -> None:
    declaration = signing.sign(write(header, runs.drawn(0)), key, on=ON, home=home).declaration

    assert declaration["status"] == "declared"
    assert "not a certificate" in declaration["says"]


def test_numbers_come_with_their_intervals(
    write: Write, header: Header, home: Path, key: Ed25519PrivateKey
) -> None:
    declaration = signing.sign(write(header, runs.drawn(4)), key, on=ON, home=home).declaration
    (number,) = declaration["numbers"]
    low, high = number["wilson"]

    assert low < number["seen"] == 0.98 < high
    assert number["bound"] >= number["threshold"]


def test_the_same_run_key_and_day_give_the_same_bytes(
    write: Write, header: Header, home: Path, key: Ed25519PrivateKey
) -> None:
    results = write(header, runs.drawn(4))

    assert (
        signing.sign(results, key, on=ON, home=home).content
        == signing.sign(results, key, on=ON, home=home).content
    )
