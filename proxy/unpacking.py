"""Bodies as they came, unpacked as far as they are to be read: never more, whatever they pretend to hold.

Pure. Knows content codings (RFC 9110 section 8.4) and sizes, and nothing of what a body says.
"""

from __future__ import annotations

import io
import zlib
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from typing import Any

import brotli
import zstandard

CODINGS = frozenset({"gzip", "x-gzip", "deflate", "br", "zstd", "identity", ""})
"""The codings that are read here; browsers know no other but those with a dictionary."""

_MOST_CODINGS = 3  # one inside the other; nobody sends two
_WINDOW = 8 * 1024 * 1024  # bytes; the largest window browsers take (RFC 9659)


class UnpackError(ValueError):
    """A body that can't be unpacked; its text says why."""


def unpack(body: bytes, codings: str, most: int) -> bytes:
    """The beginning of a body, without its content codings.

    Args:
        body: as it came, or the first part of it.
        codings: the Content-Encoding header, empty where there is none.
        most: bytes of the answer at most.

    Raises:
        UnpackError: a coding that is unknown, one too many, or bytes that do not fit it.
    """
    names = [name.strip().lower() for name in codings.split(",")]
    if not CODINGS.issuperset(names):
        raise UnpackError("its coding is not known")
    if len(names) > _MOST_CODINGS:
        raise UnpackError("it is packed too often")
    for name in reversed(names):
        if body and name not in {"identity", ""}:
            body = _unpack_one(body, name, most)
    return body[:most]


def _unpack_one(body: bytes, name: str, most: int) -> bytes:
    try:
        match name:
            case "br":
                unpacker = brotli.Decompressor()
                found: bytes = unpacker.process(body, output_buffer_limit=most)
            case "zstd":
                with zstandard.ZstdDecompressor(max_window_size=_WINDOW).stream_reader(
                    io.BytesIO(body), read_across_frames=True
                ) as reader:
                    found = reader.read(most)
            case "deflate":
                found = _inflate(body, most)
            case _:
                found = _gunzip(body, most)
    except (zlib.error, brotli.error, zstandard.ZstdError) as error:
        raise UnpackError(f"it is not {name}") from error
    return found


def _gunzip(body: bytes, most: int) -> bytes:
    """Member after member (RFC 1952 section 2.2); what stands behind the last is passed over."""
    found = b""
    while body[:2] == b"\x1f\x8b" and len(found) < most:
        unpacker = zlib.decompressobj(31)
        found += unpacker.decompress(body, most - len(found))
        body = unpacker.unused_data
    if not found and body and body[:2] != b"\x1f\x8b":
        raise zlib.error("no gzip header")
    return found


def _inflate(body: bytes, most: int) -> bytes:
    """Both things that are called deflate: with a zlib header and without one."""
    try:
        return zlib.decompressobj().decompress(body, most)
    except zlib.error:
        return zlib.decompressobj(-15).decompress(body, most)


FLOWING = frozenset({"gzip", "x-gzip", "deflate", "br", "identity", ""})
"""The codings that are unpacked part by part."""


class Unpacker:
    """Unpacks a body part by part, as it comes."""

    def __init__(self, coding: str) -> None:
        """Begin.

        Args:
            coding: one of `FLOWING`.
        """
        self._coding = coding
        self._inflating: Any = None
        self._brotli = brotli.Decompressor() if coding == "br" else None

    def unpack(self, part: bytes, most: int) -> bytes:
        """What a part holds; after more than `most` bytes nothing that follows can be unpacked any more.

        Raises:
            UnpackError: bytes that do not fit the coding.
        """
        if self._coding in {"", "identity"} or not part:
            return part[:most]
        try:
            if self._brotli is not None:
                found: bytes = self._brotli.process(part, output_buffer_limit=most)
                return found
            if self._inflating is None:
                self._inflating = zlib.decompressobj(self._window(part))
            found = self._inflating.decompress(part, most)
        except (zlib.error, brotli.error) as error:
            raise UnpackError(f"it is not {self._coding}") from error
        return found

    def _window(self, part: bytes) -> int:
        """How zlib is to read it: deflate comes with a header of zlib's (RFC 1950) and without one."""
        if self._coding != "deflate":
            return 31
        return 15 if part[0] & 15 == 8 and int.from_bytes(part[:2]) % 31 == 0 else -15


def readable(body: bytes, charset: str | None) -> tuple[bytes, str | None]:
    """A body whose markup is ASCII, and its charset: UTF-16 becomes UTF-8, as a byte order mark outranks all.

    Args:
        body: unpacked.
        charset: as the Content-Type names it.
    """
    if body.startswith(BOM_UTF16_LE):
        name = "utf-16-le"
    elif body.startswith(BOM_UTF16_BE):
        name = "utf-16-be"
    elif charset and charset.strip("\"' ").lower().startswith(("utf-16", "utf16")):
        name = "utf-16-be" if charset.lower().endswith("be") else "utf-16-le"  # WHATWG: plain means LE
    else:
        return body, charset
    return body.decode(name, "replace").encode(), "utf-8"
