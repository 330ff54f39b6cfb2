"""The TLS greeting (ClientHello): put together from any number of records, and the name it asks for.

Pure. Reads as much as is needed to know who is asked for and refuses what it does not understand, because a
greeting that two parsers read differently is a way round (RFC 8446 sections 4.1.2 and 5.1).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

LARGEST = 65536
"""Bytes of a greeting we wait for; post-quantum key shares make it 1.8 KB, nothing makes it this."""

_HANDSHAKE = 0x16
_CLIENT_HELLO = 1
_LONGEST_RECORD = 16384  # RFC 8446 section 5.1, plaintext
_EXTENSION = struct.Struct(">HH")  # kind and length
_SERVER_NAME = 0
_ALPN = 16
_ENCRYPTED_HELLO = 0xFE0D  # browsers send it as grease with every greeting: its presence says nothing


class GreetingError(ValueError):
    """What came is no greeting we understand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """What a greeting says.

    Attributes:
        name: the server name in lower case; None where it has none.
        protocols: the application protocols it offers, in its order.
        encrypted: it carries an (outer) encrypted hello; the outer name is the one read here.
    """

    name: str | None
    protocols: tuple[bytes, ...] = ()
    encrypted: bool = False


def read_greeting(data: bytes | bytearray) -> Greeting | None:
    """The greeting at the beginning of what a client sent.

    Args:
        data: everything since the connection (or the tunnel) began.

    Returns:
        The greeting, or None where it is not yet whole.

    Raises:
        GreetingError: it is none, is malformed, or is too long.
    """
    message = _join_records(data)
    if message is None:
        if len(data) > LARGEST:
            raise GreetingError("the greeting does not end")
        return None
    try:
        return _read_message(message)
    except IndexError:
        raise GreetingError("a length leads out of the greeting") from None


def _join_records(data: bytes | bytearray) -> bytes | None:
    """The handshake message out of its records; None while it is not whole."""
    message = bytearray()
    place = 0
    while True:
        head = data[place : place + 5]
        if head and head[0] != _HANDSHAKE:
            raise GreetingError("not a TLS greeting")
        if len(head) > 1 and head[1] != 3:
            raise GreetingError("not a TLS version")
        if len(head) < 5:
            return None
        length = int.from_bytes(head[3:5])
        if not 0 < length <= _LONGEST_RECORD:
            raise GreetingError("a record of impossible length")
        record = data[place + 5 : place + 5 + length]
        message += record
        if message and message[0] != _CLIENT_HELLO:
            raise GreetingError("not a client's greeting")
        if len(message) >= 4:
            whole = 4 + int.from_bytes(message[1:4])
            if whole > LARGEST:
                raise GreetingError("the greeting is too long")
            if len(message) > whole:
                raise GreetingError("something stands behind the greeting in its record")
            if len(message) == whole:
                return bytes(message)
        if len(record) < length:
            return None
        place += 5 + length


def _read_message(message: bytes) -> Greeting:
    reader = _Reader(message[4:])
    reader.take(2 + 32)  # legacy version, random
    reader.vector(1)  # session id
    reader.vector(2)  # cipher suites
    reader.vector(1)  # compression methods
    if reader.ended():
        return Greeting(name=None)
    extensions = reader.vector(2)
    if not reader.ended():
        raise GreetingError("something stands behind the extensions")
    seen = _read_extensions(extensions)
    name = _read_name(seen[_SERVER_NAME]) if _SERVER_NAME in seen else None
    protocols = _read_protocols(seen[_ALPN]) if _ALPN in seen else ()
    return Greeting(name=name, protocols=protocols, encrypted=_ENCRYPTED_HELLO in seen)


def _read_extensions(data: bytes) -> dict[int, bytes]:
    """Contents by kind; written out, because a browser sends a score of them with every greeting."""
    seen: dict[int, bytes] = {}
    place, end = 0, len(data)
    while place < end:
        start = place + _EXTENSION.size
        if start > end:
            raise IndexError
        kind, length = _EXTENSION.unpack_from(data, place)
        place = start + length
        if place > end:
            raise IndexError
        if kind in seen:
            raise GreetingError("an extension twice")
        seen[kind] = data[start:place]
    return seen


def _read_name(extension: bytes) -> str:
    outer = _Reader(extension)
    names = _Reader(outer.vector(2))
    if not outer.ended() or names.take(1) != b"\x00":
        raise GreetingError("a server name of unknown kind")
    text = names.vector(2)
    if not names.ended():
        raise GreetingError("two server names")
    if not text.isascii() or not text or b"\x00" in text:
        raise GreetingError("a server name that is none")
    return text.decode("ascii").lower()


def _read_protocols(extension: bytes) -> tuple[bytes, ...]:
    outer = _Reader(extension)
    listed = _Reader(outer.vector(2))
    found = []
    while not listed.ended():
        found.append(listed.vector(1))
    return tuple(found)


class _Reader:
    """Bytes read from the front; IndexError where they end too early."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._place = 0

    def ended(self) -> bool:
        return self._place == len(self._data)

    def take(self, count: int) -> bytes:
        end = self._place + count
        if end > len(self._data):
            raise IndexError
        taken = self._data[self._place : end]
        self._place = end
        return taken

    def vector(self, size: int) -> bytes:
        return self.take(int.from_bytes(self.take(size)))
