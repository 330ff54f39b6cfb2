"""The bytes of a pack: a head, then sections. What a reader may trust before it looks anything up.

A pack is one file, read by mapping it into memory. Numbers are little-endian. The head names its version,
the size of the whole, and for each section its place, size and checksum; the head has a checksum of its own.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

import xxhash

from rules.errors import Problem, StairgateError

if TYPE_CHECKING:
    from collections.abc import Mapping

MAGIC = b"STAIRGATE PACK\r\n"
VERSION = 4
FIXED = struct.Struct(
    "<16sIIQQ"
)  # magic, version, bytes of the head, bytes of the file, checksum of the head
ALIGN = 4096  # a page: what is touched only on a hit shares no page with what is touched always


OUTDATED = "pack-of-another-version"
"""The code of a problem that compiling the lists at hand again always mends."""


def refusal(place: str, cause: str, *, code: str = "pack-unusable") -> StairgateError:
    """Make the error for a pack that can't be used."""
    return StairgateError(
        Problem(code=code, place=place, cause=cause, hint="build it again: stairgate lists update"),
    )


def head_bytes(
    meta: Mapping[str, Any], sections: Mapping[str, memoryview | bytes]
) -> tuple[bytes, dict[str, int]]:
    """Lay out a file.

    Args:
        meta: what the head says beside the sections; JSON.
        sections: their content, in order.

    Returns:
        The head, and for each section where it begins.
    """
    room = 4096 * (1 + (len(json.dumps(meta)) + 200 * len(sections) + FIXED.size) // 4096)
    places: dict[str, int] = {}
    table: dict[str, list[int]] = {}
    at = room
    for name, content in sections.items():
        size = memoryview(content).nbytes
        places[name] = at
        table[name] = [at, size, xxhash.xxh3_64_intdigest(content)]
        at += -(-size // ALIGN) * ALIGN
    body = json.dumps({"meta": meta, "sections": table}, separators=(",", ":")).encode()
    fixed = FIXED.pack(MAGIC, VERSION, len(body), at, xxhash.xxh3_64_intdigest(body))
    return (fixed + body).ljust(room, b"\0"), places


def read_head(data: memoryview, place: str) -> tuple[dict[str, Any], dict[str, memoryview]]:
    """Check the head and the size of a mapped pack.

    Args:
        data: the whole file.
        place: its name, for the error.

    Returns:
        What the head says, and a view of each section.

    Raises:
        StairgateError: foreign, of another version, damaged in its head, or cut.
    """
    if len(data) < FIXED.size or bytes(data[: len(MAGIC)]) != MAGIC:
        raise refusal(place, "this is no Stairgate pack")
    _, version, length, size, checksum = FIXED.unpack_from(data)
    if version != VERSION:
        cause = f"the pack is of version {version}, this program reads version {VERSION}"
        raise refusal(place, cause, code=OUTDATED)
    if size != len(data):
        raise refusal(place, f"the pack is cut: {len(data)} of {size} bytes")
    body = bytes(data[FIXED.size : FIXED.size + length])
    if xxhash.xxh3_64_intdigest(body) != checksum:
        raise refusal(place, "the head of the pack is damaged")
    head = json.loads(body)
    return head["meta"], {name: data[at : at + length] for name, (at, length, _) in head["sections"].items()}


def damaged_sections(data: memoryview) -> list[str]:
    """Give the names of the sections whose checksum is wrong; the head must have been read before."""
    _, _, length, _, _ = FIXED.unpack_from(data)
    sections = json.loads(bytes(data[FIXED.size : FIXED.size + length]))["sections"]
    return [
        name
        for name, (at, size, checksum) in sections.items()
        if xxhash.xxh3_64_intdigest(data[at : at + size]) != checksum
    ]


def empty_sections() -> dict[str, memoryview]:
    """Give the sections of a pack with nothing in it."""
    names = ("keys", "checks", "origins", "lines", "odd", "odd-ends", "odd-texts")
    paths = ("paths", "path-ends", "path-above", "path-lines", "path-origins", "path-texts", "path-text-ends")
    return {
        **dict.fromkeys((*names, *paths), memoryview(b"")),
        "starts": memoryview(bytes(12)),
        "filter": memoryview(bytes(32)),
        "tails": memoryview(bytes(32)),
        "expressions": memoryview(b"[]"),
    }
