"""Bodies are unpacked as browsers do it, and no further than asked."""

from __future__ import annotations

import contextlib
import gzip
import tracemalloc
import zlib

import brotli
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from proxy.unpacking import UnpackError, readable, unpack

TEXT = b"Some words that a page may hold. " * 40


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


PACKERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "br": brotli.compress,
    "zstd": zstandard.compress,
}


@pytest.mark.parametrize("name", PACKERS)
@given(body=st.binary(max_size=3000), most=st.integers(min_value=1, max_value=4000))
def test_what_was_packed_comes_out_as_far_as_asked(name: str, body: bytes, most: int) -> None:
    assert unpack(PACKERS[name](body), name, most) == body[:most]


def test_deflate_without_its_header_is_read_as_browsers_read_it() -> None:
    assert unpack(raw_deflate(TEXT), "deflate", 10_000) == TEXT


def test_a_second_gzip_member_is_read_too() -> None:
    assert unpack(gzip.compress(b"one ") + gzip.compress(b"two"), "gzip", 100) == b"one two"


def test_codings_inside_each_other_are_undone_from_the_last() -> None:
    assert unpack(brotli.compress(gzip.compress(TEXT)), "gzip, br", 10_000) == TEXT


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_the_first_part_of_a_packed_body_gives_the_first_part_of_the_page(name: str) -> None:
    body = "".join(f"line {number} of {number * 7919 % 1009}\n" for number in range(60_000)).encode()
    packed = PACKERS[name](body)
    found = unpack(packed[: len(packed) // 2], name, len(body))
    assert found
    assert body.startswith(found)


@pytest.mark.parametrize("name", ["gzip", "deflate", "br", "zstd"])
def test_a_bomb_costs_no_more_memory_than_is_asked_for(name: str) -> None:
    bomb = PACKERS[name](bytes(64 * 1024 * 1024))
    tracemalloc.start()
    try:
        assert len(unpack(bomb, name, 65536)) == 65536
        assert tracemalloc.get_traced_memory()[1] < 16 * 1024 * 1024
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("body", "codings"),
    [
        (TEXT, "gzip"),
        (TEXT, "deflate"),
        (TEXT, "br"),
        (TEXT, "zstd"),
        (TEXT, "dcb"),
        (TEXT, "rot13"),
        (TEXT, "gzip, gzip, gzip, gzip"),
    ],
)
def test_what_does_not_fit_its_coding_is_an_error_that_is_caught(body: bytes, codings: str) -> None:
    with pytest.raises(UnpackError):
        unpack(body, codings, 1000)


@given(
    body=st.binary(max_size=500), codings=st.sampled_from(["gzip", "deflate", "br", "zstd", "br, gzip", ""])
)
def test_unpacking_is_total(body: bytes, codings: str) -> None:
    with contextlib.suppress(UnpackError):
        assert len(unpack(body, codings, 100)) <= 100


@pytest.mark.parametrize(
    ("body", "charset"),
    [
        ("\ufeffname".encode("utf-16-le"), None),
        ("\ufeffname".encode("utf-16-be"), "utf-8"),
        ("name".encode("utf-16-le"), "utf-16"),
        ("name".encode("utf-16-be"), "UTF-16BE"),
    ],
)
def test_utf_16_becomes_text_whose_markup_is_ascii(body: bytes, charset: str | None) -> None:
    text, name = readable(body, charset)
    assert text.decode().strip("\ufeff") == "name"
    assert name == "utf-8"
