"""Ways in which web proxies and redirects write an address: percent signs in layers, base64, hex, rot13."""

from __future__ import annotations

import base64
import binascii
import codecs
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

if TYPE_CHECKING:
    from collections.abc import Iterator

LAYERS = 4  # of percent-encoding; each redirect adds one
# Bing writes `a1` before the base64 of a result's address.
BASE64 = re.compile(r"(?:a1)?([A-Za-z0-9+/_-]{10,4096})={0,2}")
HEX = re.compile(r"(?:0x)?((?:[0-9a-f]{2}){8,2048})", re.IGNORECASE)
PROOFPOINT = re.compile(r"https?-3A__", re.IGNORECASE)
ADDRESS = re.compile(r"(?:(?:https?|wss?|ftp):/?/?)?[\x21-\x7e]+\.[\x21-\x7e]{2,}", re.IGNORECASE)


def readable(text: str) -> Iterator[str]:
    """Give a text and what percent-decoding makes of it, layer by layer, until nothing changes."""
    yield text
    for _ in range(LAYERS):
        decoded = unquote(text)
        if decoded == text:
            return
        text = decoded
        yield text


def decodings(text: str) -> Iterator[str]:
    """Give what a text could mean in an encoding that hides an address, where that reads as one.

    Args:
        text: a value or path segment, percent-decoded.

    Yields:
        Decoded texts: printable, with a dot inside.
    """
    if PROOFPOINT.match(text):
        yield unquote(text.replace("-", "%").replace("_", "/"))
    if text[:4].lower() == "uggc":
        yield codecs.decode(text, "rot13")
    if found := HEX.fullmatch(text):
        yield from _plain(bytes.fromhex(found[1]))
    if found := BASE64.fullmatch(text):
        for digits in {found[1], text.rstrip("=")}:
            standard = digits.replace("-", "+").replace("_", "/")
            try:
                yield from _plain(base64.b64decode(standard + "=" * (-len(standard) % 4)))
            except (binascii.Error, ValueError):
                continue  # not base64: nothing is hidden this way


def _plain(content: bytes) -> Iterator[str]:
    text = content.decode("latin-1")
    if ADDRESS.fullmatch(text):
        yield text
