"""TLS greetings in every shape: whole or not yet, the name, and what is refused."""

from __future__ import annotations

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.greeting import LARGEST, Greeting, GreetingError, read_greeting


def real_greeting(name: str | None = "www.example", alpn: tuple[str, ...] = ("h2", "http/1.1")) -> bytes:
    """What OpenSSL says first."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.set_alpn_protocols(list(alpn))
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    side = context.wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        side.do_handshake()
    return outgoing.read()


def in_records(message: bytes, sizes: list[int]) -> bytes:
    """The same handshake message cut into records of these sizes, the rest in one more."""
    cut, place = b"", 0
    for size in [*sizes, len(message)]:
        piece = message[place : place + size]
        if piece:
            cut += b"\x16\x03\x01" + len(piece).to_bytes(2) + piece
        place += size
    return cut


def message(extensions: bytes, *, before: bytes = b"\x00" + b"\x00\x02\x13\x01" + b"\x01\x00") -> bytes:
    body = b"\x03\x03" + bytes(32) + before + len(extensions).to_bytes(2) + extensions
    return b"\x01" + len(body).to_bytes(3) + body


def extension(kind: int, content: bytes) -> bytes:
    return kind.to_bytes(2) + len(content).to_bytes(2) + content


def name_extension(*names: bytes, kind: bytes = b"\x00") -> bytes:
    listed = b"".join(kind + len(name).to_bytes(2) + name for name in names)
    return extension(0, len(listed).to_bytes(2) + listed)


def test_a_real_greeting_is_read() -> None:
    assert read_greeting(real_greeting()) == Greeting(name="www.example", protocols=(b"h2", b"http/1.1"))


def test_a_greeting_without_a_name_has_none() -> None:
    found = read_greeting(real_greeting(None))
    assert found is not None
    assert found.name is None


def test_whatever_follows_the_greeting_does_not_matter() -> None:
    assert read_greeting(real_greeting() + b"\x17\x03\x03\x00\x01x") == read_greeting(real_greeting())


@pytest.mark.parametrize("length", [0, 1, 2, 3, 4, 5, 6, 9, 40, 200])
def test_a_part_of_a_greeting_is_waited_for(length: int) -> None:
    assert read_greeting(real_greeting()[:length]) is None


def test_no_beginning_of_a_greeting_is_taken_for_something_else() -> None:
    whole = real_greeting()
    assert {read_greeting(whole[:length]) for length in range(len(whole))} == {None}


@given(st.lists(st.integers(1, 80), max_size=40))
def test_records_of_any_size_hold_the_same_greeting(sizes: list[int]) -> None:
    whole = GREETING
    assert read_greeting(in_records(whole[5:], sizes)) == read_greeting(whole)


GREETING = real_greeting()


def test_names_are_compared_in_lower_case() -> None:
    found = read_greeting(in_records(message(name_extension(b"WWW.Example")), []))
    assert found == Greeting(name="www.example")


def test_an_encrypted_hello_is_seen_and_the_outer_name_counts() -> None:
    content = name_extension(b"outer.example") + extension(0xFE0D, b"x")
    assert read_greeting(in_records(message(content), [])) == Greeting(name="outer.example", encrypted=True)


OTHERS = {
    "grease": extension(0x0A0A, b"") + extension(0xFAFA, b"\x00"),
    "a post-quantum key share": extension(51, b"\x04\xbe" + bytes(1214)),
    "padding": extension(21, bytes(400)),
    "a session to take up": extension(41, bytes(300)),
    "early data": extension(42, b""),
    "unknown ones": b"".join(extension(kind, b"www.other.example") for kind in range(60_000, 60_040)),
    "a name that is not in its place": extension(0x3374, b"\x00\x00\x00\x00www.other.example"),
}


@pytest.mark.parametrize("what", OTHERS)
@pytest.mark.parametrize("sizes", [[], [1, 1, 1], [4], [200] * 20])
def test_other_extensions_do_not_change_the_name(what: str, sizes: list[int]) -> None:
    for content in (name_extension(b"a.example") + OTHERS[what], OTHERS[what] + name_extension(b"a.example")):
        found = read_greeting(in_records(message(content), sizes))
        assert found is not None
        assert (found.name, found.encrypted) == ("a.example", False)


REFUSED = {
    "plain HTTP": b"GET / HTTP/1.1\r\n\r\n",
    "SSH": b"SSH-2.0-OpenSSH\r\n",
    "an SSL 2 greeting": b"\x80\x2e\x01\x00\x02\x00\x15",
    "a TLS alert": b"\x15\x03\x01\x00\x02\x01\x00",
    "application data": b"\x17\x03\x03\x00\x05hello",
    "another major version": b"\x16\x02\x00\x00\x05\x01\x00\x00\x01\x00",
    "an empty record": b"\x16\x03\x01\x00\x00",
    "a record that is too long": b"\x16\x03\x01\x40\x01" + b"\x01",
    "a server's greeting": in_records(b"\x02\x00\x00\x01x", []),
    "two names": in_records(message(name_extension(b"a.example", b"b.example")), []),
    "a name twice": in_records(message(name_extension(b"a.example") + name_extension(b"b.example")), []),
    "a name of another kind": in_records(message(name_extension(b"a.example", kind=b"\x01")), []),
    "an empty name": in_records(message(name_extension(b"")), []),
    "a name with a NUL": in_records(message(name_extension(b"good.example\x00.bad.example")), []),
    "a name beyond ASCII": in_records(message(name_extension("b\u00fccher.example".encode())), []),
    "a length that leads out": in_records(message(b"\x00\x00\x00\xff\x00"), []),
    "bytes behind the extensions": in_records(
        b"\x01" + (len(message(b"")) - 4 + 1).to_bytes(3) + message(b"")[4:] + b"x", []
    ),
    "two messages in one record": b"\x16\x03\x01"
    + (2 * len(message(b""))).to_bytes(2)
    + message(b"")
    + message(b""),
    "another record in between": in_records(GREETING[5:], [10])[:15] + b"\x15\x03\x01\x00\x02\x01\x00",
    "a greeting that is too long": b"\x16\x03\x01\x00\x04\x01\xff\xff\xff",
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_understood_is_refused(what: str) -> None:
    with pytest.raises(GreetingError):
        read_greeting(REFUSED[what])


def test_a_greeting_that_never_ends_is_refused() -> None:
    endless = b"\x16\x03\x01\x00\x04\x01\x00\xff\x00" + b"\x16\x03\x01\x00\x01x" * (LARGEST // 6 + 1)
    with pytest.raises(GreetingError):
        read_greeting(endless)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused_and_nothing_else(data: bytes) -> None:
    try:
        found = read_greeting(data)
    except GreetingError:
        return
    assert found is None or isinstance(found, Greeting)
