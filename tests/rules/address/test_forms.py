"""Addresses in posted forms are found in each way a browser writes one, and nowhere else."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.address import is_form, wrapped_in_form
from rules.address.wrapping import LONGEST

URL_ENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=----x1"


def parts(*fields: tuple[str, str], ends: str = "\r\n") -> bytes:
    """A multipart body as browsers write it."""
    text = "".join(
        f'------x1{ends}Content-Disposition: form-data; name="{name}"{ends}{ends}{value}{ends}'
        for name, value in fields
    )
    return f"{text}------x1--{ends}".encode()


def hosts(body: bytes, content_type: str) -> list[str]:
    return [one.host for one in wrapped_in_form(body, content_type)]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"url=http%3A%2F%2Fwww.in-side.com%2F", URL_ENCODED),
        (b"token=1&u=www.in-side.com&go=Go", f"{URL_ENCODED}; charset=UTF-8"),
        (b"u=d3d3LmluLXNpZGUuY29t", URL_ENCODED.upper()),
        (b"x=&input=https://www.in-side.com/", URL_ENCODED),
        (parts(("a", "1"), ("url", "http://www.in-side.com/x?y=1&z=2")), MULTIPART),
        (parts(("url", "www.in-side.com")), 'multipart/form-data; boundary="----x1"'),
        (parts(("a", "1"), ("q x", "http://www.in-side.com/")), MULTIPART),
        (
            b"------x1\r\ncontent-disposition: form-data; name=url\r\n\r\nwww.in-side.com\r\n------x1--",
            MULTIPART,
        ),
    ],
)
def test_the_wrapped_address_is_found(body: bytes, content_type: str) -> None:
    assert set(hosts(body, content_type)) == {"www.in-side.com"}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"url": "http://www.in-side.com/"}', "application/json"),
        (b"url=http://www.in-side.com/", ""),
        (b"url=http://www.in-side.com/", "application/x-www-form-urlencoded-not"),
        (b"url=http://www.in-side.com/", "multipart/form-data"),
        (b"referrer=http://www.in-side.com/", URL_ENCODED),
        (b"comment=I like www.in-side.com a lot", URL_ENCODED),
        (b"url=http://www.in-side.com/", "text/plain"),
        (parts(("url", "http://www.in-side.com/")).replace(b'"\r\n', b'"; filename="x.txt"\r\n'), MULTIPART),
        (parts(("url", "http://www.in-side.com/")).replace(b"Disposition", b"Position"), MULTIPART),
        (b"", URL_ENCODED),
        (b"", MULTIPART),
    ],
)
def test_what_is_no_form_or_only_mentions_wraps_nothing(body: bytes, content_type: str) -> None:
    assert hosts(body, content_type) == []


def test_short_fields_are_read_however_long_the_others_are() -> None:
    long = b"&".join(b"f%d=%s" % (number, b"x" * 300) for number in range(100))
    assert hosts(long + b"&url=http://www.in-side.com/", URL_ENCODED) == ["www.in-side.com"]


def test_as_many_fields_are_read_as_fit_into_a_query() -> None:
    wanted = b"url=http://www.in-side.com"
    fields = [b"x" * 22] * ((LONGEST - 27) // 23) + [wanted]
    assert sum(len(field) + 1 for field in fields) == LONGEST
    assert hosts(b"&".join(fields), URL_ENCODED) == ["www.in-side.com"]
    assert hosts(b"&".join([b"x" * 23, *fields[1:]]), URL_ENCODED) == []


def test_what_comes_after_64_kilobytes_is_not_read() -> None:
    assert hosts(b"a=" + b"x" * (64 * 1024 - 29) + b"&url=http://www.in-side.com", URL_ENCODED) == [
        "www.in-side.com"
    ]
    assert hosts(b"a=" + b"x" * 64 * 1024 + b"&url=http://www.in-side.com", URL_ENCODED) == []


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        (URL_ENCODED, True),
        (" Multipart/Form-Data ; charset=x", True),
        (MULTIPART, True),
        ("text/html", False),
        ("", False),
    ],
)
def test_a_form_is_known_by_its_type(content_type: str, expected: bool) -> None:
    assert is_form(content_type) is expected


@given(st.binary(max_size=300), st.sampled_from([URL_ENCODED, MULTIPART]), st.text(max_size=20))
def test_any_bytes_are_read_without_an_error(body: bytes, content_type: str, more: str) -> None:
    for one in (
        *wrapped_in_form(body, content_type + more),
        *wrapped_in_form(parts(("url", more)) + body, MULTIPART),
    ):
        assert one.host


@pytest.mark.parametrize(
    "piece", [b"------x1", b"url=http://a&", b"\r\n\r\n", b"Content-Disposition: name=", b"&", b"=%25"]
)
@pytest.mark.parametrize("content_type", [URL_ENCODED, MULTIPART])
def test_a_hostile_body_costs_little_time(piece: bytes, content_type: str) -> None:
    began = time.process_time()
    wrapped_in_form(piece * (100_000 // len(piece)), content_type)
    assert time.process_time() - began < 1
