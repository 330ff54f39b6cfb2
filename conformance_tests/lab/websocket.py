"""The few bytes of RFC 6455 the lab needs: accept an upgrade, send a text in frames, read it again."""

from __future__ import annotations

import base64
import hashlib
import zlib

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_TEXT, _FINAL, _DEFLATED = 0x1, 0x80, 0x40
_TAIL = b"\x00\x00\xff\xff"
DEFLATE = "permessage-deflate"
"""The extension by which messages travel compressed (RFC 7692)."""


def accept_key(key: bytes) -> str:
    """The Sec-WebSocket-Accept value for a Sec-WebSocket-Key (RFC 6455 4.2.2)."""
    return base64.b64encode(hashlib.sha1(key + _MAGIC, usedforsecurity=False).digest()).decode()


def frame_text(text: str, fragment: int = 0, *, is_deflated: bool = False) -> bytes:
    """A text message in unmasked frames (server to client).

    Args:
        text: up to 65,535 bytes.
        fragment: bytes a frame; 0 puts all into one.
        is_deflated: compress it (RFC 7692 7.2.1).
    """
    body = text.encode()
    if is_deflated:
        coder = zlib.compressobj(wbits=-15)
        body = (coder.compress(body) + coder.flush(zlib.Z_SYNC_FLUSH)).removesuffix(_TAIL)
    step = fragment or len(body) or 1
    parts = [body[begin : begin + step] for begin in range(0, len(body), step)] or [b""]
    frames = b""
    for index, part in enumerate(parts):
        opening = _TEXT | (_DEFLATED if is_deflated else 0)
        first = (0 if index else opening) | (_FINAL if index == len(parts) - 1 else 0)
        head = bytes([first, len(part)]) if len(part) < 126 else bytes([first, 126, *len(part).to_bytes(2)])
        frames += head + part
    return frames


def read_text(data: bytes) -> tuple[bytes, bool]:
    """The message at the beginning of `data`, joined and inflated, and whether its end is there."""
    text, place, is_deflated = b"", 0, False
    while len(data) >= place + 2:
        first, length = data[place], data[place + 1] & 0x7F
        is_deflated = is_deflated or bool(first & _DEFLATED)
        place += 2
        if length == 126:
            length, place = int.from_bytes(data[place : place + 2]), place + 2
        if len(data) < place + length:
            break
        text += data[place : place + length]
        place += length
        if first & _FINAL:
            return (_inflated(text) if is_deflated else text), True
    return text, False


def _inflated(body: bytes) -> bytes:
    try:
        return zlib.decompressobj(wbits=-15).decompress(body + _TAIL)
    except zlib.error:
        return body
