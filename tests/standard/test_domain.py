"""The registrable domain of an address, however it is spelled."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from standard import domain


@pytest.mark.parametrize(
    ("address", "host", "registrable"),
    [
        ("http://www.Shop.co.UK./basket", "www.shop.co.uk", "shop.co.uk"),
        ("shop.co.uk:8443", "shop.co.uk", "shop.co.uk"),
        ("wss://user:secret@chat.example.com/", "chat.example.com", "example.com"),
        ("http://me.github.io/", "me.github.io", "me.github.io"),
        ("https://b\u00fccher.example/", "xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("https://XN--BCHER-KVA.example/", "xn--bcher-kva.example", "xn--bcher-kva.example"),
        ("http://ex%61mple.com/", "example.com", "example.com"),
        ("http://co.uk/", "co.uk", "co.uk"),
        ("http://192.0.2.7:80/", "192.0.2.7", "192.0.2.7"),
        ("http://[2001:DB8:0::1]/", "2001:db8::1", "2001:db8::1"),
        ("http://[::ffff:192.0.2.7]/", "192.0.2.7", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::1", "2001:db8::1"),
    ],
)
def test_one_domain_however_it_is_spelled(address: str, host: str, registrable: str) -> None:
    assert domain.host(address) == host
    assert domain.registrable(host) == registrable


@pytest.mark.parametrize(
    "address",
    ["", "http:///x", "http://a b.example/", "http://a.example\\@b.example/", "http://[::1", "http://a..b/",
     "http://0x7f.1/", "http://3232235777/", "http://[fe80::1%25eth0]/"],
)  # fmt: skip
def test_an_address_that_programs_read_differently_has_no_host(address: str) -> None:
    assert domain.host(address) == ""


@given(st.text())
def test_any_text_gives_a_host_that_gives_itself(text: str) -> None:
    found = domain.host(text)
    assert domain.host(f"http://[{found}]/" if ":" in found else found) == found
    assert domain.registrable(found) in domain.parents(found)
