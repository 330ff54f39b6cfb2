"""The name servers are asked so that a guess from outside does not count, and their faults open nothing."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import dns.flags
import dns.message
import dns.rcode
import pytest

from proxy.dns.upstream import choose_servers, system_servers
from rules.errors import StairgateError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def texts(answer: dns.message.Message) -> list[str]:
    """The data of an answer's records."""
    return [rdata.to_text() for rrset in answer.answer for rdata in rrset]


def test_each_question_leaves_with_its_own_id_port_and_spelling(
    start_names: Callable[..., Any], name_server: Any
) -> None:
    names = start_names()
    for number in range(12):
        names.ask(f"name{number}-with-many-letters.example")
    assert len(set(name_server.ids)) > 8
    assert len(set(name_server.ports)) > 8
    assert all(text != text.lower() for text in name_server.spelt)


def test_an_answer_with_another_spelling_counts_only_over_tcp(
    start_names: Callable[..., Any], name_server: Any
) -> None:
    ways: list[bool] = []

    def lower(query: dns.message.Message, reply: dns.message.Message, tcp: bool) -> bytes:
        ways.append(tcp)
        if tcp:
            return reply.to_wire()
        text = query.question[0].name.to_text().lower()
        other = dns.message.make_response(dns.message.make_query(text, "A"))
        other.id = query.id
        return other.to_wire()

    name_server.add("good.example 300 IN A 198.51.100.7")
    name_server.behave = lower
    assert texts(start_names().ask("good.example")) == ["198.51.100.7"]
    assert ways == [False, True]


def test_an_answer_with_another_id_is_waited_past(start_names: Callable[..., Any], name_server: Any) -> None:
    def forge(query: dns.message.Message, reply: dns.message.Message, tcp: bool) -> bytes | None:
        del tcp
        reply.id = query.id ^ 1
        return reply.to_wire()

    name_server.add("good.example 300 IN A 198.51.100.7")
    name_server.behave = forge
    names = start_names()
    _hurry(names)
    answer = names.ask("good.example")
    assert (answer.rcode(), texts(answer)) == (dns.rcode.SERVFAIL, [])


def test_what_does_not_fit_is_asked_for_over_tcp_and_so_are_we(
    start_names: Callable[..., Any], name_server: Any
) -> None:
    def shorten(query: dns.message.Message, reply: dns.message.Message, tcp: bool) -> bytes:
        del query
        if not tcp:
            reply.answer.clear()
            reply.flags |= dns.flags.TC
        return reply.to_wire(max_size=65535)

    name_server.add("big.example 300 IN TXT " + " ".join(f'"{"x" * 250}"' for _ in range(8)))
    name_server.behave = shorten
    names = start_names()
    assert names.ask("big.example", "TXT").flags & dns.flags.TC
    assert len(texts(names.ask("big.example", "TXT", tcp=True))[0]) > 2000


def test_a_dead_name_server_closes(start_names: Callable[..., Any]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        dead = free.getsockname()
    answer = start_names(servers=(dead,)).ask("good.example")
    (option,) = answer.options
    assert (answer.rcode(), int(option.code)) == (dns.rcode.SERVFAIL, 22)


def test_a_second_name_server_is_asked_where_the_first_is_dead(
    start_names: Callable[..., Any], name_server: Any
) -> None:
    name_server.add("good.example 300 IN A 198.51.100.7")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        dead = free.getsockname()
    names = start_names(servers=(dead, ("127.0.0.1", name_server.port)))
    assert texts(names.ask("good.example")) == ["198.51.100.7"]


def test_garbage_from_a_name_server_closes(start_names: Callable[..., Any], name_server: Any) -> None:
    name_server.behave = lambda query, _reply, _tcp: query.to_wire()[:2] + b"\xff" * 40
    names = start_names()
    _hurry(names)
    assert names.ask("good.example").rcode() == dns.rcode.SERVFAIL


def test_an_answer_is_kept_and_one_that_says_nothing_too(
    start_names: Callable[..., Any], name_server: Any
) -> None:
    name_server.add("good.example 300 IN A 198.51.100.7")
    names = start_names()
    for name in ("good.example", "none.example") * 3:
        names.ask(name)
        names.listener.forget()
    assert name_server.asked == {("good.example", "A"): 1, ("none.example", "A"): 1}


def _hurry(names: Any) -> None:
    """Wait for a name server only as long as a test has to."""
    names.listener._answering._cache._ask.__self__._seconds = 0.1


def test_the_systems_servers_are_read_and_ourselves_left_out(tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    file.write_text("search home\nnameserver 192.168.1.1\nnameserver fe80::1%eth0\n# nameserver 9.9.9.9\n")
    assert system_servers(file) == (("192.168.1.1", 53), ("fe80::1", 53))
    assert choose_servers([("127.0.0.1", 53), ("192.168.1.1", 53)], [("127.0.0.1", 53)]) == (
        ("192.168.1.1", 53),
    )


def test_no_name_server_at_all_is_a_complaint_with_a_next_step() -> None:
    with pytest.raises(StairgateError, match="--dns-server"):
        choose_servers([("127.0.0.1", 53)], [("127.0.0.1", 53)])
