"""Which addresses clients may reach: spellings, tunnels and the household's own openings."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.reach import is_refused, read_reach


@pytest.mark.parametrize(
    "text",
    [
        "127.0.0.1",
        "127.8.9.10",
        "0.0.0.0",
        "10.1.2.3",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "169.254.169.254",
        "168.63.129.16",
        "192.0.0.192",
        "100.100.100.200",
        "224.0.0.251",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fc00::1",
        "fd00:ec2::254",
        "fec0::1",
        "ff02::fb",
        "::ffff:127.0.0.1",
        "::ffff:192.168.1.1",
        "::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2002:c0a8:101::1",
    ],
)
def test_addresses_of_the_machine_and_the_home_are_refused(text: str) -> None:
    assert is_refused(ip_address(text))


@pytest.mark.parametrize(
    "text",
    [
        "198.18.0.1",
        "198.19.255.255",
        "192.0.2.1",
        "198.51.100.7",
        "203.0.113.9",
        "2001:db8::1",
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.255.255",
        "172.32.0.0",
        "2606:4700::1111",
        "64:ff9b::8.8.8.8",
        "::ffff:8.8.8.8",
        "2002:808:808::1",
    ],
)
def test_the_internet_and_the_ranges_of_laboratories_are_open(text: str) -> None:
    assert is_refused(ip_address(text)) is None


@given(st.integers(0, 2**32 - 1))
def test_an_ipv4_address_is_judged_alike_in_every_tunnel(number: int) -> None:
    plain = is_refused(IPv4Address(number))
    mapped = is_refused(IPv6Address(0xFFFF << 32 | number))
    nat64 = is_refused(IPv6Address(0x64FF9B << 96 | number))
    sixtofour = is_refused(IPv6Address(0x2002 << 112 | number << 80))
    assert (mapped, nat64, sixtofour) == (plain, plain, plain)


def test_an_opening_opens_exactly_one_address_and_port() -> None:
    reach = read_reach(["192.168.1.20:8123"])
    inside = ip_address("192.168.1.20")
    assert reach.refuses("192.168.1.20", 8123, inside) is None
    assert reach.refuses("nas.example", 8123, inside) is None
    assert reach.refuses("192.168.1.20", 80, inside) == "a home network"
    assert reach.refuses("192.168.1.21", 8123, ip_address("192.168.1.21")) == "a home network"


def test_an_opening_by_name_does_not_open_the_address_under_other_names() -> None:
    reach = read_reach(["nas.home.arpa:443"])
    inside = ip_address("192.168.1.20")
    assert reach.refuses("nas.home.arpa", 443, inside) is None
    assert reach.refuses("evil.example", 443, inside) == "a home network"


def test_our_own_listeners_stay_shut_whatever_the_policy_says() -> None:
    reach = read_reach(["127.0.0.1:8081"], shut=[("127.0.0.1", 8081)])
    assert reach.refuses("127.0.0.1", 8081, ip_address("127.0.0.1")) == "the filter itself"


def test_an_ipv6_opening_is_read_in_any_spelling() -> None:
    assert read_reach(["[0:0:0:0:0:0:0:1]:80"]).refuses("::1", 80, ip_address("::1")) is None


def test_an_opening_without_a_port_is_an_error() -> None:
    with pytest.raises(ValueError, match="not address:port"):
        read_reach(["192.168.1.20"])
