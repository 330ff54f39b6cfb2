"""Result files: read back as written, continued after a break, refused with the reason when tampered with."""

from __future__ import annotations

import hashlib
import json
from copy import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standard import chain, record, result_file
from standard.errors import StairgateError
from standard.exits import Exit
from standard.facts import Product
from standard.record import Announced, Draw, Header, Result
from standard.result_writer import Writer
from standard.words import Level, Outcome, Seal, Stand
from tests.standard.records import results

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEADER = Header(
    run="2026-11-21T16-00-00Z-7f3a",
    edition="2026.1",
    edition_sha256="a" * 64,
    product=Product(id="stairgate", name="Stairgate", version="0.1.0", build="sha256:" + "b" * 64),
    stand=Stand.FORWARD_PROXY,
    level=Level.BASIC,
    seal=Seal.NAMESPACE,
    how="a network namespace without a way out",
    seed="7f3a",
    cases="c" * 64,
    started="2026-11-21T16:00:00Z",
    known_failures=(Announced(case="content.gambling/known-sites/drawn", because="Not mended yet."),),
)


def result(position: int, outcome: Outcome = Outcome.PASSED) -> Result:
    return Result(
        case="content.gambling/known-sites/drawn",
        case_sha256="d" * 64,
        criterion="content.gambling/known-sites",
        outcome=outcome,
        because="The client did not receive the canary.",
        started="2026-11-21T16:00:01Z",
        milliseconds=4.5,
        draw=Draw(
            position=position, address=f"http://bets{position}.example/", domain=f"bets{position}.example"
        ),
        expected=("the client does not receive the canary",),
        evidence=(f"evidence/{position}.http",),
    )


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    """A finished file of five results."""
    path = tmp_path / "results.jsonl"
    with Writer.create(path, HEADER) as writer:
        for position in range(1, 6):
            writer.write(result(position))
        writer.finish(finished="2026-11-21T16:10:00Z")
    return path


def refusal(path: Path) -> tuple[str, str]:
    """Code and place with which `path` is refused."""
    with pytest.raises(StairgateError) as caught:
        result_file.load(path)
    problem = caught.value.problems[0]
    assert problem.hint
    return problem.code, problem.place.removeprefix(str(path))


def test_what_was_written_is_read_back(whole: Path) -> None:
    found = result_file.load(whole)
    assert found.header == HEADER
    assert found.results == tuple(result(position) for position in range(1, 6))
    assert found.footer == record.Footer(results=5, finished="2026-11-21T16:10:00Z")
    assert found.sha256 == hashlib.sha256(whole.read_bytes()).hexdigest()


@given(st.lists(results, max_size=5))
def test_any_results_are_read_back_as_written(
    tmp_path_factory: pytest.TempPathFactory, some: list[Result]
) -> None:
    path = tmp_path_factory.mktemp("run") / "results.jsonl"
    with Writer.create(path, HEADER) as writer:
        for one in some:
            writer.write(one)
        writer.finish(finished="2026-11-21T16:10:00Z")
    assert result_file.load(path).results == tuple(some)


def _lines(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[bytes], bytes]:
    return lambda content: b"".join(change(content.splitlines(keepends=True)))


def _rechained(content: bytes) -> bytes:
    """An edit by someone who knows the chain of their own line, but not of the next."""
    lines = content.splitlines(keepends=True)
    data = json.loads(lines[2])
    data["outcome"] = "failed"
    lines[2] = json.dumps(data, separators=(",", ":")).encode() + b"\n"
    return b"".join(lines)


@pytest.mark.parametrize(
    ("tamper", "code", "place"),
    [
        (lambda content: content[:0], "truncated-results", ":1"),
        (_lines(lambda lines: lines[:-1]), "truncated-results", ":6"),
        (lambda content: content[: len(content) // 2], "truncated-results", ":3"),
        (lambda content: content.replace(b'"passed"', b'"failed"', 1), "edited-results", ":2"),
        (_rechained, "edited-results", ":3"),
        (_lines(lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]]), "reordered-results", ":3"),
        (_lines(lambda lines: [*lines[:2], *lines[3:]]), "reordered-results", ":3"),
        (_lines(lambda lines: [*lines[:3], lines[2], *lines[3:]]), "reordered-results", ":4"),
        (_lines(lambda lines: lines[1:]), "edited-results", ":1"),
        (_lines(lambda lines: [*lines, lines[2]]), "after-footer", ":8"),
        (_lines(lambda lines: [lines[0], b"{}\n", *lines[1:]]), "foreign-record", ":2"),
        (_lines(lambda lines: [lines[0], b"oh\n", *lines[1:]]), "edited-results", ":2"),
        (lambda content: content.replace(b'"seed":"7f3a"', b'"seed":"0000"'), "edited-results", ":1"),
    ],
)
def test_a_file_that_is_not_as_written_is_refused_with_line_and_reason(
    whole: Path, tamper: Callable[[bytes], bytes], code: str, place: str
) -> None:
    whole.write_bytes(tamper(whole.read_bytes()))
    assert refusal(whole) == (code, place)


def forged(lines: list[dict[str, object]]) -> bytes:
    """A file whose chain is whole because its forger rebuilt it."""
    before, content = chain.GENESIS, b""
    for data in lines:
        data.pop("chain", None)
        body = json.dumps(data, separators=(",", ":"))[:-1].encode()
        before = chain.link(before, body)
        content += chain.joined(body, before)
    return content


@pytest.mark.parametrize(
    ("change", "code", "place"),
    [
        (lambda lines: [*lines[:3], lines[0], *lines[3:]], "second-header", ":4"),
        (lambda lines: lines[1:], "no-header", ":1"),
        (lambda lines: [*lines[:-1], {**lines[-1], "results": 9}], "wrong-count", ":7"),
        (lambda lines: [*lines[:2], *lines[3:]], "reordered-results", ":3"),
        (lambda lines: [lines[0], {**lines[1], "run": "x"}, *lines[2:]], "foreign-record", ":2"),
        (lambda lines: [lines[0], {**lines[1], "outcome": "fine"}, *lines[2:]], "unknown-word", ":2"),
        (lambda lines: [lines[0], {**lines[1], "extra": 1}, *lines[2:]], "unknown-key", ":2"),
    ],
)
def test_a_rebuilt_chain_does_not_hide_a_file_that_can_not_be(
    whole: Path,
    change: Callable[[list[dict[str, object]]], list[dict[str, object]]],
    code: str,
    place: str,
) -> None:
    """What a forger still can do, changing an outcome and rebuilding the chain, only a signature ends."""
    lines = [json.loads(line) for line in whole.read_bytes().splitlines()]
    whole.write_bytes(forged(change(lines)))
    assert refusal(whole) == (code, place)


def test_a_line_that_is_no_object_is_refused(whole: Path) -> None:
    lines = whole.read_bytes().splitlines(keepends=True)
    whole.write_bytes(b"".join([lines[0], b"[1]\n", *lines[1:]]))
    assert refusal(whole) == ("edited-results", ":2")


def test_a_line_of_another_run_is_named_as_such(whole: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    with Writer.create(other, Header(**{**_fields(HEADER), "run": "another"})) as writer:
        writer.write(result(1))
    lines = whole.read_bytes().splitlines(keepends=True)
    lines[1] = other.read_bytes().splitlines(keepends=True)[1]
    whole.write_bytes(b"".join(lines))
    assert refusal(whole) == ("foreign-record", ":2")


def _fields(header: Header) -> dict[str, object]:
    return {name: getattr(header, name) for name in Header.__slots__}


def test_a_record_that_its_schema_refuses_is_refused_although_its_chain_holds(tmp_path: Path) -> None:
    """An outcome of our own making: the writer does not check, the reader does."""
    path = tmp_path / "results.jsonl"
    with Writer.create(path, HEADER) as writer:
        writer.write(result(0))
        writer.finish(finished="2026-11-21T16:10:00Z")
    assert refusal(path)[1] == ":2"


@pytest.mark.parametrize("cut", [0, 1, 40, 200])
def test_a_run_broken_off_anywhere_is_continued_to_the_same_file(
    whole: Path, tmp_path: Path, cut: int
) -> None:
    """The half-written last line is dropped and written again; the bytes end up the same."""
    footer = whole.read_bytes().splitlines(keepends=True)[-1]
    broken = tmp_path / "broken.jsonl"
    broken.write_bytes(
        whole.read_bytes()[: -len(footer) - cut] if cut else whole.read_bytes()[: -len(footer)]
    )
    writer, done = Writer.resume(broken, HEADER)
    with writer:
        assert [one.draw.position for one in done if one.draw] == list(range(1, 1 + len(done)))
        for position in range(len(done) + 1, 6):
            writer.write(result(position))
        writer.finish(finished="2026-11-21T16:10:00Z")
    assert broken.read_bytes() == whole.read_bytes()


def test_an_unfinished_file_is_read_only_when_asked_for(whole: Path) -> None:
    whole.write_bytes(whole.read_bytes()[:-30])
    found = result_file.load(whole, allow_cut=True)
    assert (len(found.results), found.footer) == (5, None)


def test_a_run_with_other_settings_is_not_continued(whole: Path) -> None:
    with pytest.raises(StairgateError) as caught:
        Writer.resume(whole, HEADER)
    assert caught.value.problems[0].code == "finished-results"
    lines = whole.read_bytes().splitlines(keepends=True)
    whole.write_bytes(b"".join(lines[:-1]))
    with pytest.raises(StairgateError) as caught:
        Writer.resume(whole, Header(**{**_fields(HEADER), "seed": "other"}))  # type: ignore[arg-type]
    assert "another seed" in caught.value.problems[0].cause


def test_a_file_is_never_written_over(whole: Path) -> None:
    with pytest.raises(StairgateError) as caught:
        Writer.create(whole, HEADER)
    assert caught.value.exit_code is Exit.USAGE


def test_a_file_that_is_not_there_is_something_missing(tmp_path: Path) -> None:
    with pytest.raises(StairgateError) as caught:
        result_file.load(tmp_path / "none.jsonl")
    assert caught.value.exit_code is Exit.MISSING


@given(results)
def test_grading_needs_only_a_result_without_its_details_for_machines(one: Result) -> None:
    data = record.result_data(one, run="r", seq=1)
    assert record.result_from(data, observed=False) == replace(one, observed={})


def test_a_line_read_without_its_details_is_checked_with_them(whole: Path) -> None:
    whole.write_bytes(_with_other_observed(whole.read_bytes()))
    with pytest.raises(StairgateError) as caught:
        result_file.load(whole, observed=False)
    assert caught.value.problems[0].code == "wrong-type"


def _with_other_observed(content: bytes) -> bytes:
    """The file with a sound chain and details that are no object."""
    link, lines = chain.GENESIS, []
    for line in content.splitlines():
        data = json.loads(line)
        del data["chain"]
        if data["record"] == "result":
            data["observed"] = "nothing"
        body = json.dumps(data, separators=(",", ":"))[:-1].encode()
        link = chain.link(link, body)
        lines.append(chain.joined(body, link))
    return b"".join(lines)
