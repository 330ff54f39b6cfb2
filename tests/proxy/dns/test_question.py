"""A question is read as sent, and nothing that is sent breaks the reader."""

from __future__ import annotations

import contextlib

import dns.message
import dns.rcode
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.dns.answer import refusal
from proxy.dns.question import NoQuestionError, read_question

LABEL = st.text(alphabet="abcdefghijklmnopqrstuvwxyzABCXYZ0123456789-_", min_size=1, max_size=20)


@given(st.lists(LABEL, min_size=1, max_size=6), st.integers(1, 260), st.booleans(), st.integers(0, 65535))
def test_what_a_client_writes_is_what_is_read(labels: list[str], kind: int, edns: bool, number: int) -> None:
    query = dns.message.make_query(".".join(labels) + ".", kind, use_edns=0 if edns else -1)
    query.id = number
    question = read_question(query.to_wire())
    assert (question.id, question.name, question.type) == (number, ".".join(labels).lower(), kind)
    assert (question.edns, question.plain) == (edns, True)


@given(st.binary(max_size=600))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    refused: NoQuestionError | None = None
    try:
        read_question(data)
    except NoQuestionError as error:
        refused = error
    if refused is not None and refused.code is not None:
        answer = dns.message.from_wire(refusal(refused.head, refused.code))
        assert answer.rcode() == refused.code


@given(st.data())
def test_a_question_cut_or_changed_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    wire = bytearray(dns.message.make_query("www.good.example", "A", use_edns=0).to_wire())
    place = data.draw(st.integers(0, len(wire) - 1))
    wire[place] = data.draw(st.integers(0, 255))
    with contextlib.suppress(NoQuestionError):
        read_question(bytes(wire[: data.draw(st.integers(0, len(wire)))]))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda wire: wire[:2] + b"\x28\x00" + wire[4:], dns.rcode.NOTIMP),  # UPDATE
        (lambda wire: wire[:4] + b"\x00\x02" + wire[6:], dns.rcode.FORMERR),  # two questions
        (lambda wire: wire[:4] + b"\x00\x00" + wire[6:12], dns.rcode.FORMERR),  # none
        (lambda wire: wire[:12] + b"\xc0\x0c" + wire[-4:], dns.rcode.FORMERR),  # a name that points at itself
        (lambda wire: wire[:-1], dns.rcode.FORMERR),
        (lambda wire: wire[:-2] + b"\x00\x03", dns.rcode.REFUSED),  # CHAOS
        (lambda wire: wire + b"more", dns.rcode.FORMERR),
    ],
)
def test_what_is_no_question_gets_its_code(change: object, code: int) -> None:
    wire = dns.message.make_query("good.example", "A").to_wire()
    with pytest.raises(NoQuestionError) as caught:
        read_question(change(wire))  # type: ignore[operator]
    assert caught.value.code == code


@pytest.mark.parametrize("data", [b"", b"\x00" * 11, b"\x00\x01\x80" + b"\x00" * 20])
def test_noise_and_answers_get_nothing(data: bytes) -> None:
    with pytest.raises(NoQuestionError) as caught:
        read_question(data)
    assert caught.value.code is None


def test_a_later_edns_is_answered_badvers() -> None:
    query = dns.message.make_query("good.example", "A", use_edns=1)
    with pytest.raises(NoQuestionError) as caught:
        read_question(query.to_wire())
    answer = dns.message.from_wire(refusal(caught.value.head, caught.value.code or 0))
    assert answer.rcode() == dns.rcode.BADVERS


@pytest.mark.parametrize(
    "name", ["bad\\.example.good.example.", "a\\/b.example.", "a\\032b.example.", "ä.example."]
)
def test_labels_that_no_host_has_are_told_apart(name: str) -> None:
    wire = dns.message.make_query(name, "A").to_wire()
    assert read_question(wire).plain is (name == "ä.example.")
