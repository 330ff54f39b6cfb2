"""Hosts that no client could contact are refused with a reason; odd ones that clients reach are not."""

from __future__ import annotations

import pytest

from rules.address import AddressError, parents, parse, redact
from rules.address.host import canonical
from rules.address.suffix import is_suffix, is_top


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no host"),
        ("http://", "no host"),
        ("http:///?x", "no host"),
        ("http://:80/", "no host"),
        ("http://user@/", "no host"),
        (".", "no host"),
        ("%2e", "no host"),
        ("http://a..b/", "empty label in the host"),
        ("http://a b/", "character ' ' in the host"),
        ("http://a%20b/", "character ' ' in the host"),
        ("http://a%2fb/", "character '/' in the host"),
        ("http://a%00b/", "character '\\x00' in the host"),
        ("http://a%2570b/", "character '%' in the host"),
        ("http://a<b/", "character '<' in the host"),
        ("http://℀.com/", "character '/' in the host"),
        ("http://%ff.com/", "host is not UTF-8"),
        ("http://xn--/", "host is no valid international name"),
        ("http://xn--abc-.com/", "host is no valid international name"),
        ("http://xn--a-é.com/", "host is no valid international name"),
        ("http://xn--zzzzzzzzz99999999.com/", "host is no valid international name"),
        ("http://\ud800.com/", "host is no valid international name"),
        ("http://\u0301a.com/", "host is no valid international name"),
        ("http://a\u200db.com/", "joiner out of place in the host"),
        ("http://256.1.1.1/", "part of an IPv4 address too large"),
        ("http://1.2.3.256/", "part of an IPv4 address too large"),
        ("http://4294967296/", "part of an IPv4 address too large"),
        ("http://1.2.3.4.5/", "too many parts for an IPv4 address"),
        ("http://09.1.1.1/", "no number in an IPv4 address"),
        ("http://0xg.0x1/", "no number in an IPv4 address"),
        ("http://a.1/", "no number in an IPv4 address"),
        (f"http://{'1' * 100}/", "no number in an IPv4 address"),
        ("http://[::1/", "bracket not closed"),
        ("http://[::1]x/", "text after the bracket"),
        ("http://[1.2.3.4]/", "no valid IPv6 address"),
        ("1:2:3", "no valid IPv6 address"),
        ("http://a:99999/", "port is no number up to 65535"),
        ("http://a:x/", "port is no number up to 65535"),
        ("http://a:1000000080/", "port is no number up to 65535"),
        ("http://a:٣/", "port is no number up to 65535"),
        ("mailto:a@b.example", "mailto: names no host"),
        ("javascript:alert(1)", "javascript: names no host"),
        ("data:text/html,x", "data: names no host"),
        ("file:///etc/passwd", "file: names no host"),
        ("blob:" * 9 + "http://a.b/", "too many schemes"),
        ("http://" + "a" * 4000, "host too long"),
        ("http://" + "a." * 999 + "b", "host too long"),
        ("http://a/" + "x" * (2 << 20), "too long"),
    ],
)
def test_what_no_client_could_contact_is_refused(text: str, reason: str) -> None:
    with pytest.raises(AddressError) as error:
        parse(text)
    assert error.value.reason == reason


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("under_score.example", "under_score.example"),
        ("-hyphen-.example", "-hyphen-.example"),
        ("http://r3---sn-4g5e.example/", "r3---sn-4g5e.example"),
        ("http://😀.example/", "xn--e28h.example"),
        ("http://faß.example/", "xn--fa-hia.example"),
        ("http://0x/", "0.0.0.0"),
        ("http://a.0x7g/", "a.0x7g"),
        ("http://[fe80::1%25lo0]/", "fe80::1"),
        ("http://localhost/", "localhost"),
        ("gopher://example.com/x", "example.com"),
        ("intent://example.com/#Intent;end", "example.com"),
        ("x" * 64 + ".example", "x" * 64 + ".example"),
        ("http://\u0646\u0627\u0645\u0647\u200c\u0627\u06cc.example/", "xn--mgba3gch31f060k.example"),
    ],
)
def test_what_some_client_reaches_is_an_address(text: str, host: str) -> None:
    assert parse(text).host == host


def test_a_port_is_kept_unless_the_scheme_has_it() -> None:
    ports = {
        text: parse(text).port
        for text in ("http://a.b:80", "https://a.b:80", "a.b:443", "wss://a.b:443/", "[::1]:8080")
    }
    assert ports == {
        "http://a.b:80": None,
        "https://a.b:80": 80,
        "a.b:443": 443,
        "wss://a.b:443/": None,
        "[::1]:8080": 8080,
    }


def test_parents_go_from_the_name_to_its_last_label_and_an_ip_has_none() -> None:
    assert list(parents("a.b.c")) == ["a.b.c", "b.c", "c"]
    assert list(parents("a.b1.x2")) == ["a.b1.x2", "b1.x2", "x2"]
    assert list(parents("192.0.2.1")) == ["192.0.2.1"]
    assert list(parents("2001:db8::1")) == ["2001:db8::1"]


def test_redacting_leaves_scheme_host_port_and_path() -> None:
    assert (
        redact(parse("https://user:pw@Example.com:8443/a%20b?secret#x")) == "https://example.com:8443/a%20b"
    )
    assert redact(parse("[2001:db8::1]")) == "[2001:db8::1]/"
    assert redact(parse("example.com/x?y")) == "example.com/x"


def test_an_ip_given_without_brackets_is_the_same() -> None:
    assert canonical("2001:DB8::1") == canonical("[2001:db8::1]")


def test_public_suffixes_are_known_with_wildcards_and_their_exceptions() -> None:
    suffixes = {"com", "co.uk", "github.io", "x.kawasaki.jp", "example", "xn--p1ai"}
    assert {name for name in suffixes if is_suffix(name)} == suffixes
    assert not any(map(is_suffix, ("city.kawasaki.jp", "example.com", "a.co.uk")))
    assert is_top("ck")
    assert not is_top("html")
