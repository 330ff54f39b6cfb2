"""The few bytes of RFC 6455 the lab needs: accept an upgrade, send a text frame, read one."""

from __future__ import annotations

import base64
import hashlib

_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def accept_key(key: bytes) -> str:
    """The Sec-WebSocket-Accept value for a Sec-WebSocket-Key (RFC 6455 4.2.2)."""
    return base64.b64encode(hashlib.sha1(key + _MAGIC, usedforsecurity=False).digest()).decode()


def frame_text(text: str) -> bytes:
    """An unmasked text frame (server to client), up to 65,535 bytes."""
    body = text.encode()
    head = bytes([0x81, len(body)]) if len(body) < 126 else b"\x81\x7e" + len(body).to_bytes(2, "big")
    return head + body
