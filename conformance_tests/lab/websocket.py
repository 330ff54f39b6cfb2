"""The few bytes of RFC 6455 the lab needs: accept an upgrade, send a text in frames, read it again."""

from __future__ import annotations

import base64
import hashlib

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _FINAL = 0x1, 0x80


def accept_key(key: bytes) -> str:
    """The Sec-WebSocket-Accept value for a Sec-WebSocket-Key (RFC 6455 4.2.2)."""
    return base64.b64encode(hashlib.sha1(key + _MAGIC, usedforsecurity=False).digest()).decode()


def frame_text(text: str, fragment: int = 0) -> bytes:
    """A text message in unmasked frames (server to client).

    Args:
        text: up to 65,535 bytes.
        fragment: bytes a frame; 0 puts all into one.
    """
    body = text.encode()
    step = fragment or len(body) or 1
    parts = [body[begin : begin + step] for begin in range(0, len(body), step)] or [b""]
    frames = b""
    for index, part in enumerate(parts):
        first = (0 if index else _TEXT) | (_FINAL if index == len(parts) - 1 else 0)
        head = bytes([first, len(part)]) if len(part) < 126 else bytes([first, 126, *len(part).to_bytes(2)])
        frames += head + part
    return frames


def read_text(data: bytes) -> tuple[bytes, bool]:
    """The message at the beginning of `data`, frames joined, and whether its final frame is there."""
    text, place = b"", 0
    while len(data) >= place + 2:
        first, length = data[place], data[place + 1] & 0x7F
        place += 2
        if length == 126:
            length, place = int.from_bytes(data[place : place + 2]), place + 2
        if len(data) < place + length:
            break
        text += data[place : place + length]
        place += length
        if first & _FINAL:
            return text, True
    return text, False
