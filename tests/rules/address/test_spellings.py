"""Equal addresses in other spellings: each class is one way to write the same place differently."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.address import Address, AddressError, parse, parsing

if TYPE_CHECKING:
    from collections.abc import Callable

LABEL = st.from_regex(r"[a-z](?:[a-z0-9-]{0,9}[a-z0-9])?", fullmatch=True).filter(
    lambda label: label[2:4] != "--" and not label.startswith("xn-")
)
HOST = st.lists(LABEL, min_size=1, max_size=4).map(lambda labels: ".".join([*labels, "example"]))
PATH = st.lists(st.from_regex(r"[A-Za-z0-9_~-]{1,8}", fullmatch=True), max_size=3).map(
    lambda parts: "/" + "/".join(parts)
)
MATHS = {chr(ord("a") + n): chr(0x1D41A + n) for n in range(26)}
CIRCLED = {chr(ord("a") + n): chr(0x24D0 + n) for n in range(26)}
WIDE = {chr(n): chr(n + 0xFEE0) for n in range(0x21, 0x7F) if chr(n) != "."}


def spelt(text: str, letters: dict[str, str]) -> str:
    return "".join(letters.get(letter, letter) for letter in text)


def encoded(text: str, form: str = "%{:02X}") -> str:
    return "".join(form.format(byte) if byte != ord("/") else "/" for byte in text.encode())


def inside(host: str, noise: str) -> str:
    return f"{host[:1]}{noise}{host[1:]}"


def alternating(text: str) -> str:
    return "".join(letter.upper() if place % 2 else letter for place, letter in enumerate(text))


# Each takes a host and a path, and gives another spelling of http://host/path.
CLASSES: dict[str, Callable[[str, str], str]] = {
    "upper-case host": lambda h, p: f"http://{h.upper()}{p}",
    "mixed-case host": lambda h, p: f"http://{alternating(h)}{p}",
    "upper-case scheme": lambda h, p: f"HTTP://{h}{p}",
    "other scheme, https": lambda h, p: f"https://{h}{p}",
    "other scheme, websocket": lambda h, p: f"wss://{h}{p}",
    "dot at the end": lambda h, p: f"http://{h}.{p}",
    "dots at the end": lambda h, p: f"http://{h}..{p}",
    "dot at the start": lambda h, p: f"http://.{h}{p}",
    "default port": lambda h, p: f"http://{h}:80{p}",
    "default port with zeros": lambda h, p: f"http://{h}:00080{p}",
    "empty port": lambda h, p: f"http://{h}:{p}",
    "dot and port": lambda h, p: f"http://{h}.:80{p}",
    "user": lambda h, p: f"http://user@{h}{p}",
    "user and password": lambda h, p: f"http://user:pass@{h}{p}",
    "user that looks like a host": lambda h, p: f"http://www.harmless.example@{h}{p}",
    "user with an at sign": lambda h, p: f"http://a@b@{h}{p}",
    "user with a port": lambda h, p: f"http://www.harmless.example:80@{h}:80{p}",
    "very long user": lambda h, p: f"http://{'u' * 5000}@{h}{p}",
    "percent-encoded host": lambda h, p: f"http://{encoded(h)}{p}",
    "percent-encoded host, small digits": lambda h, p: f"http://{encoded(h, '%{:02x}')}{p}",
    "one percent-encoded letter": lambda h, p: f"http://{encoded(h[0])}{h[1:]}{p}",
    "percent-encoded dots": lambda h, p: f"http://{h.replace('.', '%2e')}{p}",
    "percent-encoded capitals": lambda h, p: f"http://{encoded(h.upper())}{p}",
    "full-width letters": lambda h, p: f"http://{spelt(h, WIDE)}{p}",
    "full-width letters, percent-encoded": lambda h, p: f"http://{encoded(spelt(h, WIDE))}{p}",
    "mathematical letters": lambda h, p: f"http://{spelt(h, MATHS)}{p}",
    "circled letters": lambda h, p: f"http://{spelt(h, CIRCLED)}{p}",
    "full-width dot": lambda h, p: f"http://{h.replace('.', chr(0xFF0E))}{p}",
    "ideographic dot": lambda h, p: f"http://{h.replace('.', chr(0x3002))}{p}",
    "half-width ideographic dot": lambda h, p: f"http://{h.replace('.', chr(0xFF61))}{p}",
    "ideographic dot, percent-encoded": lambda h, p: f"http://{h.replace('.', '%E3%80%82')}{p}",
    "soft hyphen": lambda h, p: f"http://{inside(h, chr(0xAD))}{p}",
    "zero-width space": lambda h, p: f"http://{inside(h, chr(0x200B))}{p}",
    "word joiner": lambda h, p: f"http://{inside(h, chr(0x2060))}{p}",
    "byte-order mark inside": lambda h, p: f"http://{inside(h, chr(0xFEFF))}{p}",
    "variation selector": lambda h, p: f"http://{inside(h, chr(0xFE0F))}{p}",
    "backslashes": lambda h, p: f"http:\\\\{h}{p}".replace("/", "\\"),
    "slash and backslash": lambda h, p: f"http:/\\{h}{p}",
    "one slash": lambda h, p: f"http:/{h}{p}",
    "no slash": lambda h, p: f"http:{h}{p}",
    "many slashes": lambda h, p: f"http://////{h}{p}",
    "blanks around": lambda h, p: f"  http://{h}{p} ",
    "control characters around": lambda h, p: f"\x00\x1fhttp://{h}{p}\x01\x1e",
    "wide blanks around": lambda h, p: f"\u3000\xa0http://{h}{p}\u2003",
    "byte-order mark in front": lambda h, p: f"\ufeffhttp://{h}{p}",
    "microsoft-edge": lambda h, p: f"microsoft-edge:http://{h}{p}",
    "tab inside the host": lambda h, p: f"http://{inside(h, chr(9))}{p}",
    "line end inside the host": lambda h, p: f"http://{inside(h, chr(10))}{p}",
    "carriage return inside the scheme": lambda h, p: f"ht\rtp://{h}{p}",
    "tab inside the path": lambda h, p: f"http://{h}{p[0]}\t{p[1:]}",
    "fragment": lambda h, p: f"http://{h}{p}#part",
    "fragment with an address": lambda h, p: f"http://{h}{p}#@www.harmless.example/?x",
    "no scheme": lambda h, p: f"{h}{p}",
    "no scheme but slashes": lambda h, p: f"//{h}{p}",
    "no scheme, user": lambda h, p: f"user:pass@{h}{p}",
    "view-source": lambda h, p: f"view-source:http://{h}{p}",
    "blob": lambda h, p: f"blob:http://{h}{p}",
    "dot segment": lambda h, p: f"http://{h}/.{p}",
    "double-dot segments": lambda h, p: f"http://{h}/a/b/../..{p}",
    "double-dot segments above the root": lambda h, p: f"http://{h}/../../..{p}",
    "percent-encoded dot segments": lambda h, p: f"http://{h}/a/%2e%2E{p}",
    "repeated slashes in the path": lambda h, p: f"http://{h}/{p}".replace("/", "//"),
    "percent-encoded path": lambda h, p: f"http://{h}{encoded(p)}",
    "percent-encoded path, small digits": lambda h, p: f"http://{h}{encoded(p, '%{:02x}')}",
    "percent-encoded slashes": lambda h, p: f"http://{h}/{p[1:].replace('/', '%2F')}",
    "percent-encoded backslash": lambda h, p: f"http://{h}/a%5c..{p}",
    "very long path that leads back": lambda h, p: f"http://{h}/{'a' * 20000}/..{p}",
}


@pytest.mark.parametrize("name", CLASSES)
@given(host=HOST, path=PATH)
def test_another_spelling_is_the_same_host_and_path(name: str, host: str, path: str) -> None:
    plain = parse(f"http://{host}{path}")
    other = parse(CLASSES[name](host, path))
    assert (other.host, other.path, other.ip) == (plain.host, plain.path, plain.ip)
    assert plain.host == host


def test_there_are_enough_classes() -> None:
    assert len(CLASSES) + len(IP_CLASSES) + len(IPV6_CLASSES) >= 40


UNICODE = st.text(st.sampled_from("äöüéèñçøåłžабвгджзλπωあいう中国ßő"), min_size=1, max_size=8)


@given(label=UNICODE)
def test_an_international_name_is_the_same_in_every_form(label: str) -> None:
    host = parse(f"http://{label}.example/").host
    for other in (
        label.upper() if label.upper().lower() == label else label,
        unicodedata.normalize("NFD", label),
        unicodedata.normalize("NFKD", label),
        host.removesuffix(".example"),
        host.removesuffix(".example").upper(),
        encoded(label),
    ):
        assert parse(f"http://{other}.example/").host == host
    assert host.isascii()


IP_CLASSES: dict[str, Callable[[int, int, int, int], str]] = {
    "dotted": lambda a, b, c, d: f"{a}.{b}.{c}.{d}",
    "dot at the end": lambda a, b, c, d: f"{a}.{b}.{c}.{d}.",
    "decimal": lambda a, b, c, d: f"{whole(a, b, c, d)}",
    "hexadecimal": lambda a, b, c, d: f"0x{whole(a, b, c, d):x}",
    "hexadecimal capitals": lambda a, b, c, d: f"0X{whole(a, b, c, d):X}",
    "octal": lambda a, b, c, d: f"0{whole(a, b, c, d):o}",
    "octal with zeros": lambda a, b, c, d: f"0000{whole(a, b, c, d):o}",
    "dotted hexadecimal": lambda a, b, c, d: f"0x{a:x}.0x{b:x}.0x{c:x}.0x{d:x}",
    "dotted octal": lambda a, b, c, d: f"0{a:o}.0{b:o}.0{c:o}.0{d:o}",
    "dotted octal with zeros": lambda a, b, c, d: f"00{a:03o}.00{b:03o}.00{c:03o}.00{d:03o}",
    "mixed": lambda a, b, c, d: f"{a}.0x{b:x}.0{c:o}.{d}",
    "two parts": lambda a, b, c, d: f"{a}.{(b << 16) + (c << 8) + d}",
    "three parts": lambda a, b, c, d: f"{a}.{b}.{(c << 8) + d}",
    "two parts, hexadecimal": lambda a, b, c, d: f"0x{a:x}.0x{(b << 16) + (c << 8) + d:x}",
    "full-width digits": lambda a, b, c, d: spelt(f"{a}.{b}.{c}.{d}", WIDE),
    "full-width dots": lambda a, b, c, d: f"{a}．{b}．{c}．{d}",  # noqa: RUF001 -- the class itself
    "percent-encoded": lambda a, b, c, d: encoded(f"{a}.{b}.{c}.{d}"),
    "superscript digits": lambda a, b, c, d: spelt(
        f"{a}.{b}.{c}.{d}", dict(zip("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹", strict=True))
    ),
    "mapped into IPv6": lambda a, b, c, d: f"[::ffff:{a}.{b}.{c}.{d}]",
    "mapped into IPv6, hexadecimal": lambda a, b, c, d: f"[::ffff:{(a << 8) + b:x}:{(c << 8) + d:x}]",
    "mapped into IPv6, long": lambda a, b, c, d: f"[0:0:0:0:0:FFFF:{a}.{b}.{c}.{d}]",
    "user in front": lambda a, b, c, d: f"user@{a}.{b}.{c}.{d}",
    "port": lambda a, b, c, d: f"{a}.{b}.{c}.{d}:80",
}
BYTE = st.integers(0, 255)


def whole(a: int, b: int, c: int, d: int) -> int:
    return (a << 24) + (b << 16) + (c << 8) + d


@pytest.mark.parametrize("name", IP_CLASSES)
@given(a=BYTE, b=BYTE, c=BYTE, d=BYTE)
def test_another_spelling_is_the_same_ipv4_address(name: str, a: int, b: int, c: int, d: int) -> None:
    found = parse(f"http://{IP_CLASSES[name](a, b, c, d)}/")
    assert found.host == f"{a}.{b}.{c}.{d}"
    assert found.ip is not None
    assert found.ip.version == 4


IPV6_CLASSES = {
    "compressed": "[2001:db8::7:1]",
    "long": "[2001:0db8:0000:0000:0000:0000:0007:0001]",
    "capitals": "[2001:DB8::7:1]",
    "zone": "[2001:db8::7:1%25eth0]",
    "IPv4 at the end": "[2001:db8::0.7.0.1]",
    "port": "[2001:db8::7:1]:80",
    "user": "user@[2001:db8::7:1]",
    "no brackets": "2001:db8::7:1",
}


@pytest.mark.parametrize("name", IPV6_CLASSES)
def test_another_spelling_is_the_same_ipv6_address(name: str) -> None:
    found = parse(f"http://{IPV6_CLASSES[name]}/" if "]" in IPV6_CLASSES[name] else IPV6_CLASSES[name])
    assert found.host == "2001:db8::7:1"
    assert isinstance(found, Address)


@given(
    st.sampled_from(["", "http://", "https://", "ws://", "ftp://", "HTTP://"]),
    st.sampled_from(["a.example", "data", "feed", "www.b.example", "1.2.3.4", "0x7f.1", "x" * 254]),
    st.sampled_from(["", ":", ":80", ":443", ":080", ":8080", ":65535", ":65536", ":99999", ":0", ":123456"]),
    st.sampled_from(["", "/", "/x.png", "/a//b", "?q"]),
)
def test_the_short_way_through_reads_as_the_long_one(scheme: str, host: str, port: str, tail: str) -> None:
    text = f"{scheme}{host}{port}{tail}"

    def read(way: Callable[[], Address]) -> Address | str:
        try:
            return way()
        except AddressError as error:
            return error.reason

    assert read(lambda: parse(text)) == read(lambda: parsing._parse(text, text, 0))
