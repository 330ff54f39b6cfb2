"""The edges: the last value that is taken, the first that is not, and what an inner address keeps."""

from __future__ import annotations

import base64

import pytest

from rules.address import AddressError, parse, wrapped
from rules.address.parsing import LONGEST

BLANKS = (*range(0x21), 0x85, 0xA0, 0x1680, *range(0x2000, 0x2010), 0x2028, 0x2029, 0x202F, 0x205F)
BLANKS += (0x2060, 0x3000, 0xFEFF)


def inner(text: str) -> dict[str, tuple[str, str, str]]:
    """Scheme, path and query of each wrapped address, by host."""
    return {one.host: (one.scheme, one.path, one.query) for one in wrapped(parse(text))}


@pytest.mark.parametrize(
    ("scheme", "port"), [("http", 80), ("https", 443), ("ws", 80), ("wss", 443), ("ftp", 21)]
)
def test_the_port_of_a_scheme_is_left_out_and_its_neighbour_is_not(scheme: str, port: int) -> None:
    assert parse(f"{scheme}://a.example:{port}/").port is None
    assert parse(f"{scheme}://a.example:{port + 1}/").port == port + 1


def test_ports_end_at_65535() -> None:
    assert parse("a.example:65535").port == 65535
    assert parse("a.example:0000000443").port == 443
    with pytest.raises(AddressError):
        parse("a.example:65536")
    with pytest.raises(AddressError):
        parse("a.example:1000080")


def test_the_longest_address_is_read_and_one_more_character_is_too_long() -> None:
    text = "http://a.example/".ljust(LONGEST, "x")
    assert parse(text).host == "a.example"
    with pytest.raises(AddressError):
        parse(text + "x")


def test_four_prefixes_are_stripped_and_a_fifth_is_too_much() -> None:
    assert parse("view-source:" * 4 + "http://a.example/").host == "a.example"
    with pytest.raises(AddressError):
        parse("view-source:" * 5 + "http://a.example/")


@pytest.mark.parametrize("code", BLANKS)
def test_a_blank_at_either_end_is_dropped(code: int) -> None:
    assert parse(f"{chr(code)}http://a.example/b{chr(code)}").path == "/b"


def test_a_sign_that_is_no_blank_stays_at_the_end() -> None:
    assert parse("http://a.example/ü!").path == "/%C3%BC!"
    assert parse("http://a.example/\u2010").path == "/%E2%80%90"


def test_a_plain_spelling_keeps_its_scheme_path_and_query() -> None:
    whole, bare = parse("https://a.example/b?c"), parse("a.example")
    assert (whole.scheme, whole.path, whole.query) == ("https", "/b", "c")
    assert (bare.scheme, bare.path, bare.query) == ("", "/", "")


def test_a_host_inside_a_host_keeps_scheme_path_and_query() -> None:
    assert inner("https://192.0.2.7.nip.io/b?c=1")["192.0.2.7"] == ("https", "/b", "c=1")
    assert inner("192.0.2.7.nip.io/b")["192.0.2.7"] == ("http", "/b", "")


def test_an_address_in_a_path_takes_the_query_unless_it_has_its_own() -> None:
    archive = "https://web.archive.org/web/2020"
    assert inner(f"{archive}/https://in.example/b?c=1")["in.example"] == ("https", "/b", "c=1")
    assert inner(f"{archive}/https:%2F%2Fin.example%2Fb%3Fc=1?d=2")["in.example"][2] == "c=1"
    assert inner("https://a.example/x/https/in.example/b?c=1")["in.example"] == ("https", "/b", "c=1")


def test_base64_is_read_in_the_first_part_of_a_path_too() -> None:
    coded = base64.urlsafe_b64encode(b"https://www.in-side.com/").decode()
    assert "www.in-side.com" in inner(f"https://a.example/{coded}")


def test_an_address_that_wraps_itself_is_not_told_again() -> None:
    text = "https://translate-goog.translate.goog/?_x_tr_hp=translate-goog."
    assert "translate-goog.translate.goog" not in inner(text)


def test_the_longest_host_is_read_in_any_spelling_and_one_more_letter_is_too_long() -> None:
    name = "x" * 1000
    assert parse(name).host == name
    assert parse("%78" * 1000).host == name
    with pytest.raises(AddressError):
        parse(name + "x")


def test_a_number_of_80_digits_is_read_and_one_more_or_an_underscore_is_not() -> None:
    assert parse("0" * 79 + "7").host == "0.0.0.7"
    for text in ("0" * 80 + "7", "1_0.2.3.4"):
        with pytest.raises(AddressError):
            parse(text)


@pytest.mark.parametrize("host", ["ü_b.example", "faß.example"])
def test_an_international_name_with_an_underscore_or_a_sharp_s_is_itself_in_both_forms(host: str) -> None:
    coded = parse(f"http://{host}/").host
    assert coded.startswith("xn--")
    assert parse(f"http://{coded}/").host == coded
