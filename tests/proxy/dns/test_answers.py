"""What a device is answered: over real sockets, with a name server behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dns.message
import dns.rcode
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


def texts(answer: dns.message.Message) -> list[str]:
    """The data of an answer's records."""
    return [rdata.to_text() for rrset in answer.answer for rdata in rrset]


def errors(answer: dns.message.Message) -> list[tuple[int, str]]:
    """The extended errors of an answer."""
    return [(int(option.code), option.text or "") for option in answer.options if option.otype == 15]


BAD = {"pornography": ["bad.example"]}


def test_an_open_name_gets_the_name_servers_answer(start_names: Callable[..., Any], name_server: Any) -> None:
    name_server.add("good.example 300 IN A 198.51.100.7")
    assert texts(start_names().ask("good.example")) == ["198.51.100.7"]


@pytest.mark.parametrize("kind", ["A", "AAAA", "HTTPS", "MX", "TXT", "SRV", "CNAME"])
def test_a_blocked_name_has_no_data_of_any_type_and_is_never_asked_for(
    start_names: Callable[..., Any], name_server: Any, kind: str
) -> None:
    answer = start_names(listed=BAD).ask("www.bad.example", kind)
    assert (answer.rcode(), texts(answer), not name_server.asked) == (dns.rcode.NOERROR, [], True)


def test_a_block_says_why_by_rfc_8914(start_names: Callable[..., Any]) -> None:
    ((code, text),) = errors(start_names(listed=BAD).ask("bad.example"))
    assert code == 17
    assert "bad.example" in text


def test_a_client_without_edns_gets_none(start_names: Callable[..., Any]) -> None:
    answer = start_names(listed=BAD).ask("bad.example", edns=False)
    assert (answer.edns, texts(answer)) == (-1, [])


def test_a_block_may_be_kept_for_ten_seconds_and_no_longer(start_names: Callable[..., Any]) -> None:
    answer = start_names(listed=BAD).ask("bad.example")
    assert [rrset.ttl for rrset in answer.authority] == [10]


def test_a_block_page_is_given_where_one_is_set(start_names: Callable[..., Any]) -> None:
    import ipaddress

    names = start_names(listed=BAD, page=(ipaddress.ip_address("192.168.1.2"),))
    assert texts(names.ask("bad.example")) == ["192.168.1.2"]
    assert texts(names.ask("bad.example", "AAAA")) == []


def test_an_open_answer_is_kept_by_the_client_for_a_minute_at_most(
    start_names: Callable[..., Any], name_server: Any
) -> None:
    name_server.add("good.example 86400 IN A 198.51.100.7")
    assert start_names().ask("good.example").answer[0].ttl == 60


def test_help_is_never_blocked(start_names: Callable[..., Any], name_server: Any) -> None:
    name_server.add("www.childline.org.uk 300 IN A 198.51.100.8")
    names = start_names(listed={"pornography": ["childline.org.uk"]})
    assert texts(names.ask("www.childline.org.uk")) == ["198.51.100.8"]
    assert names.noted == []


def test_an_alias_of_a_blocked_site_is_blocked(start_names: Callable[..., Any], name_server: Any) -> None:
    name_server.add(
        "metrics.good.example 300 IN CNAME cdn.other.example.",
        "cdn.other.example 300 IN CNAME x.bad.example.",
        "x.bad.example 300 IN A 198.51.100.9",
    )
    names = start_names(listed=BAD)
    answer = names.ask("metrics.good.example")
    assert texts(answer) == []
    assert "It leads to x.bad.example" in errors(answer)[0][1]


def test_an_alias_of_a_site_no_list_knows_stays_open_for_the_allow_list_profile(
    start_names: Callable[..., Any], name_server: Any
) -> None:
    name_server.add("a.school.example 300 IN CNAME b.cdn.example.", "b.cdn.example 300 IN A 198.51.100.9")
    policy = "country: GB\npeople: {everyone: {profile: early, allow: [school.example]}}\n"
    assert "198.51.100.9" in texts(start_names(policy).ask("a.school.example"))


def test_what_a_parent_opened_stays_open_whoever_serves_it(
    start_names: Callable[..., Any], name_server: Any
) -> None:
    name_server.add("shop.example 300 IN CNAME x.bad.example.", "x.bad.example 300 IN A 198.51.100.9")
    policy = "country: GB\nallow: [shop.example]\npeople: {everyone: {profile: tween}}\n"
    assert "198.51.100.9" in texts(start_names(policy, BAD).ask("shop.example"))


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("A", "192.168.1.1"),
        ("A", "127.0.0.1"),
        ("A", "169.254.169.254"),
        ("A", "0.0.0.0"),
        ("AAAA", "::1"),
        ("AAAA", "::ffff:10.0.0.1"),
        ("AAAA", "fd00::1"),
        ("HTTPS", "1 . ipv4hint=10.0.0.1"),
    ],
)
def test_a_name_of_the_internet_never_leads_into_the_home(
    start_names: Callable[..., Any], name_server: Any, kind: str, data: str
) -> None:
    name_server.add(f"rebind.example 1 IN {kind} {data}")
    answer = start_names().ask("rebind.example", kind)
    assert texts(answer) == []
    assert errors(answer)[0][0] == 15


def test_what_the_policy_opens_may_lie_in_the_home(start_names: Callable[..., Any], name_server: Any) -> None:
    name_server.add("nas.example 300 IN A 192.168.1.20")
    policy = 'country: GB\nreach: ["nas.example:443"]\npeople: {everyone: {profile: tween}}\n'
    assert texts(start_names(policy).ask("nas.example")) == ["192.168.1.20"]


def test_the_households_own_names_are_answered_here(
    start_names: Callable[..., Any], name_server: Any
) -> None:
    policy = "country: GB\nnames: {nas.home.arpa: 192.168.1.20}\npeople: {everyone: {profile: tween}}\n"
    names = start_names(policy)
    assert texts(names.ask("nas.home.arpa")) == ["192.168.1.20"]
    assert texts(names.ask("nas.home.arpa", "AAAA")) == []
    assert not name_server.asked


@pytest.mark.parametrize("kind", ["A", "AAAA", "HTTPS", "SVCB"])
@pytest.mark.parametrize(
    "name", ["use-application-dns.net", "mask.icloud.com", "mask-h2.icloud.com", "x.mask.apple-dns.net"]
)
def test_browsers_and_telephones_are_told_to_use_this_resolver(
    start_names: Callable[..., Any], name_server: Any, name: str, kind: str
) -> None:
    answer = start_names().ask(name, kind)
    assert (answer.rcode(), texts(answer), not name_server.asked) == (dns.rcode.NXDOMAIN, [], True)


@pytest.mark.parametrize("name", ["_dns.resolver.arpa", "resolver.arpa", "_dns.good.example"])
def test_no_other_resolver_is_named(start_names: Callable[..., Any], name_server: Any, name: str) -> None:
    answer = start_names().ask(name, "SVCB")
    assert (answer.rcode(), texts(answer), not name_server.asked) == (dns.rcode.NOERROR, [], True)


def test_whoever_may_look_names_up_elsewhere_is_not_told_otherwise(
    start_names: Callable[..., Any], name_server: Any
) -> None:
    name_server.add("use-application-dns.net 300 IN A 198.51.100.7")
    policy = "country: GB\npeople: {everyone: {profile: adult, categories: {encrypted_dns: allow}}}\n"
    assert texts(start_names(policy).ask("use-application-dns.net")) == ["198.51.100.7"]


def test_keys_for_hidden_names_and_http_3_are_taken_out(
    start_names: Callable[..., Any], name_server: Any
) -> None:
    name_server.add(
        "good.example 300 IN HTTPS 1 . alpn=h3,h2 ipv4hint=198.51.100.7 "
        "ech=AEX+DQBBvQAgACDVQ6+7qzS8nm4e1pKpnsdTx+ZJsjIb6mXPJQfbLSbnFAAEAAEAAQASY2xvdWRmbGFyZS1lY2guY29tAAA="
    )
    assert texts(start_names().ask("good.example", "HTTPS")) == ['1 . alpn="h2" ipv4hint="198.51.100.7"']


def test_a_record_that_can_not_do_without_the_key_is_left_out(
    start_names: Callable[..., Any], name_server: Any
) -> None:
    name_server.add(
        "good.example 300 IN HTTPS 1 . mandatory=ech "
        "ech=AEX+DQBBvQAgACDVQ6+7qzS8nm4e1pKpnsdTx+ZJsjIb6mXPJQfbLSbnFAAEAAEAAQASY2xvdWRmbGFyZS1lY2guY29tAAA="
    )
    assert texts(start_names().ask("good.example", "HTTPS")) == []


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("www.google.co.uk", "forcesafesearch.google.com"),
        ("www.bing.com", "strict.bing.com"),
        ("duckduckgo.com", "safe.duckduckgo.com"),
        ("www.youtube.com", "restrict.youtube.com"),
    ],
)
def test_engines_are_answered_with_their_safe_address(
    start_names: Callable[..., Any], name_server: Any, asked: str, given: str
) -> None:
    name_server.add(f"{given} 300 IN A 198.51.100.10")
    policy = "country: GB\npeople: {everyone: {profile: tween}}\n"
    names = start_names(policy)
    assert texts(names.ask(asked)) == [f"{given}.", "198.51.100.10"]
    assert texts(names.ask(asked, "HTTPS")) == []


def test_each_device_gets_its_own_persons_answer(start_names: Callable[..., Any], name_server: Any) -> None:
    name_server.add("games.example 300 IN A 198.51.100.7")
    policy = (
        "country: GB\nunknown_device: nobody\npeople:\n  everyone: {profile: tween}\n"
        "  ann: {profile: adult, devices: [127.0.0.1]}\n"
    )
    names = start_names(policy, {"gambling": ["bets.example"]})
    assert texts(names.ask("games.example")) == ["198.51.100.7"]
    names.judge.change(policy.replace("127.0.0.1", "127.0.0.2"))
    answer = names.ask("games.example")
    assert (texts(answer), errors(answer)[0][0]) == ([], 18)


def test_a_change_of_the_rules_is_answered_at_once(start_names: Callable[..., Any], name_server: Any) -> None:
    name_server.add("good.example 300 IN A 198.51.100.7")
    names = start_names()
    assert texts(names.ask("good.example")) == ["198.51.100.7"]
    names.judge.change("country: GB\nblock: [good.example]\npeople: {everyone: {profile: tween}}\n")
    assert texts(names.ask("good.example")) == []


def test_a_blocked_name_is_noted_once_for_a_burst_of_questions(start_names: Callable[..., Any]) -> None:
    names = start_names(listed=BAD)
    for kind in ("A", "AAAA", "HTTPS"):
        names.ask("bad.example", kind)
    assert names.noted == [("bad.example", "category", "127.0.0.1")]


@pytest.mark.parametrize("name", ["printer.local", "localhost", "x.onion", "1.1.168.192.in-addr.arpa"])
def test_the_homes_own_names_are_told_to_nobody(
    start_names: Callable[..., Any], name_server: Any, name: str
) -> None:
    answer = start_names().ask(name, "PTR" if name.endswith("arpa") else "A")
    assert (answer.rcode(), not name_server.asked) == (dns.rcode.NXDOMAIN, True)


def test_a_broken_rule_closes(start_names: Callable[..., Any], name_server: Any) -> None:
    name_server.add("good.example 300 IN A 198.51.100.7")
    names = start_names()
    names.judge.broken = True
    answer = names.ask("good.example")
    assert (answer.rcode(), texts(answer)) == (dns.rcode.SERVFAIL, [])


def test_a_name_that_is_no_host_is_not_read_as_another(start_names: Callable[..., Any]) -> None:
    names = start_names(listed=BAD)
    assert texts(names.ask("bad\\.example\\/.good.example")) == []


def test_tcp_answers_the_same(start_names: Callable[..., Any], name_server: Any) -> None:
    name_server.add("good.example 300 IN A 198.51.100.7")
    names = start_names(listed=BAD)
    assert texts(names.ask("good.example", tcp=True)) == ["198.51.100.7"]
    assert texts(names.ask("bad.example", tcp=True)) == []


@pytest.mark.parametrize(("profile", "closed"), [("tween", True), ("adult", False)])
def test_an_engine_whose_address_forces_nothing_is_closed_where_only_names_are_seen(
    start_names: Callable[..., Any], name_server: Any, profile: str, *, closed: bool
) -> None:
    name_server.add("search.brave.com 300 IN A 198.51.100.9")
    policy = f"country: GB\npeople: {{everyone: {{profile: {profile}}}}}\n"
    answer = start_names(policy).ask("search.brave.com")
    assert texts(answer) == ([] if closed else ["198.51.100.9"])
