"""What is written by hand is what the library writes."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import dns.message
import dns.rdatatype
import dns.rrset
from hypothesis import given
from hypothesis import strategies as st

from proxy.dns import chain

if TYPE_CHECKING:
    import pytest

NAMES = ("a.example", "www.a.example")
V4 = st.ip_addresses(v=4).map(str)
V6 = st.ip_addresses(v=6).map(str)


def read(sections: chain.Sections, name: str, kind: int) -> tuple[list[str], float]:
    """The answer's records as a client reads them, and how long they hold."""
    question = dns.message.make_query(name, dns.rdatatype.RdataType.make(kind)).to_wire()[12:]
    head = struct.pack("!6H", 1, 0x8000 | sections.code, 1, sections.answers, sections.authority, 0)
    message = dns.message.from_wire(head + question + sections.data)
    lines = [line.lower() for rrset in message.answer for line in rrset.to_text().splitlines()]
    return sorted(lines), sections.until  # the library draws their order


@given(
    st.one_of(
        st.lists(V4, min_size=1, max_size=5, unique=True).map(lambda ips: ("A", ips)),
        st.lists(V6, min_size=1, max_size=5, unique=True).map(lambda ips: ("AAAA", ips)),
    ),
    st.integers(0, 90_000),
    st.floats(0, 4000),
    st.sampled_from(NAMES),
)
def test_addresses_are_written_as_the_library_writes_them(
    data: tuple[str, list[str]], lifetime: int, age: float, owner: str
) -> None:
    kind, ips = data
    number = int(dns.rdatatype.from_text(kind))
    message = dns.message.make_response(dns.message.make_query("a.example", kind))
    message.answer.append(dns.rrset.from_text(f"{owner.upper()}.", lifetime, "IN", kind, *ips))
    answer = chain.read_answer(message)
    by_hand = chain.write_sections(answer, "a.example", number, age)
    written = chain._write_by_library(answer, "a.example", number, age)
    assert read(by_hand, "a.example", number) == read(written, "a.example", number)


def test_an_answer_with_an_alias_goes_the_long_way(monkeypatch: pytest.MonkeyPatch) -> None:
    message = dns.message.make_response(dns.message.make_query("a.example", "A"))
    message.answer.append(dns.rrset.from_text("a.example.", 60, "IN", "CNAME", "b.example."))
    message.answer.append(dns.rrset.from_text("b.example.", 60, "IN", "A", "198.51.100.7"))
    asked = []
    real = chain._write_by_library
    monkeypatch.setattr(chain, "_write_by_library", lambda *words: asked.append(words) or real(*words))
    written = chain.write_sections(chain.read_answer(message), "a.example", 1)
    assert (len(asked), written.answers) == (1, 2)
