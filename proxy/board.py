"""The board: a piece of shared memory where each part of a running Stairgate says how it is.

Made before the parts are forked; each part writes in its own slot and everyone reads all of them. Writing
never waits, needs no disk and survives whoever wrote. It knows slots and JSON, and not what a part does.
"""

from __future__ import annotations

import json
import mmap
import struct
from typing import Any
from zlib import crc32

_BEAT = struct.Struct("<Q")
_TEXT = struct.Struct("<III")  # turn (odd: being written), length, check sum
_SLOT = 16_384
_ROOM = _SLOT - _BEAT.size - _TEXT.size
_ATTEMPTS = 50


class Board:
    """Slots by name. The maker's processes inherit it by fork."""

    def __init__(self, names: tuple[str, ...]) -> None:
        """Make a board with one slot for each name; all are empty."""
        self.names = names
        self._places = {name: number * _SLOT for number, name in enumerate(names)}
        self._memory = mmap.mmap(-1, _SLOT * max(len(names), 1))

    def beat(self, name: str) -> None:
        """Say that the part is alive: one counter, of which only a change means anything."""
        place = self._places[name]
        (count,) = _BEAT.unpack_from(self._memory, place)
        _BEAT.pack_into(self._memory, place, (count + 1) % 2**64)

    def beats(self, name: str) -> int:
        """How often the part has beaten; only whether it changed means anything."""
        (count,) = _BEAT.unpack_from(self._memory, self._places[name])
        return int(count)

    def write(self, name: str, told: dict[str, Any]) -> None:
        """Replace what a part says of itself; only its owner may.

        Raises:
            ValueError: it is longer than a slot.
        """
        text = json.dumps(told, ensure_ascii=True).encode("ascii")
        if len(text) > _ROOM:
            raise ValueError(f"{len(text)} bytes do not fit into a slot of {_ROOM}")
        place = self._places[name] + _BEAT.size
        turn, _, _ = _TEXT.unpack_from(self._memory, place)
        turn = (turn | 1) % 2**32  # also where the last writer was killed in the middle
        _TEXT.pack_into(self._memory, place, turn, 0, 0)
        start = place + _TEXT.size
        self._memory[start : start + len(text)] = text
        _TEXT.pack_into(self._memory, place, (turn + 1) % 2**32, len(text), crc32(text))

    def read(self, name: str) -> dict[str, Any]:
        """What a part last said of itself; empty where it said nothing, or is just being written over."""
        place = self._places[name] + _BEAT.size
        start = place + _TEXT.size
        for _ in range(_ATTEMPTS):
            turn, length, check = _TEXT.unpack_from(self._memory, place)
            text = bytes(self._memory[start : start + min(length, _ROOM)])
            if turn % 2 == 0 and length and crc32(text) == check:
                told: dict[str, Any] = json.loads(text)
                return told
            if length == 0 and turn % 2 == 0:
                break
        return {}
