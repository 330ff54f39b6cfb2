"""SOCKS5 (RFC 1928) with and without name and password (RFC 1929): what a client says, and what it is told.

Pure. Only CONNECT is spoken: a client that wants to listen or to send UDP is refused. A message that is
malformed, or that two readers may read differently, is an error and ends the connection.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from enum import IntEnum

_VERSION = 5
_LOGIN_VERSION = 1
_CONNECT = 1
_IPV4, _NAME, _IPV6 = 1, 3, 4


class Method(IntEnum):
    """How a client may say who it is."""

    NONE = 0
    PASSWORD = 2
    REFUSED = 0xFF


class Reply(IntEnum):
    """How a request for a connection is answered."""

    GRANTED = 0
    NOT_ALLOWED = 2
    UNREACHABLE = 4
    NOT_SPOKEN = 7


class SocksError(ValueError):
    """What came is no SOCKS5 we understand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Where a client wants to go.

    Attributes:
        host: a name, or an address (IPv6 in brackets).
        port: the port.
        size: bytes of the message.
        reply: `GRANTED` where it may be done; else the refusal to send.
    """

    host: str
    port: int
    size: int
    reply: Reply = Reply.GRANTED


def read_methods(data: bytes | bytearray) -> tuple[frozenset[int], int] | None:
    """The methods of a client's first message, and its size; None where it is not yet whole.

    Raises:
        SocksError: another version, or no methods.
    """
    if data and data[0] != _VERSION:
        raise SocksError("not SOCKS5")
    if len(data) < 2:
        return None
    size = 2 + data[1]
    if size == 2:
        raise SocksError("no method is offered")
    return None if len(data) < size else (frozenset(data[2:size]), size)


def read_login(data: bytes | bytearray) -> tuple[str, str, int] | None:
    """Name, password and size of the second message; None where it is not yet whole.

    Raises:
        SocksError: another version, an empty name, no UTF-8.
    """
    if data and data[0] != _LOGIN_VERSION:
        raise SocksError("not a login")
    if len(data) < 2 or len(data) < 3 + data[1]:
        return None
    name_end = 2 + data[1]
    size = name_end + 1 + data[name_end]
    if len(data) < size:
        return None
    try:
        name, password = data[2:name_end].decode(), data[name_end + 1 : size].decode()
    except UnicodeDecodeError:
        raise SocksError("a name or password that is no text") from None
    if not name or ":" in name:
        raise SocksError("a name that is none")
    return name, password, size


def read_request(data: bytes | bytearray) -> Wanted | None:
    """The request for a connection; None where it is not yet whole.

    Raises:
        SocksError: another version, an unknown kind of address, a name that is none.
    """
    if data and data[0] != _VERSION:
        raise SocksError("not SOCKS5")
    if len(data) < 5:
        return None
    command, reserved, kind = data[1], data[2], data[3]
    if reserved:
        raise SocksError("a reserved byte is set")
    match kind:
        case 1:
            start, length = 4, 4
        case 4:
            start, length = 4, 16
        case 3:
            start, length = 5, data[4]
        case _:
            raise SocksError("an unknown kind of address")
    size = start + length + 2
    if len(data) < size:
        return None
    raw = bytes(data[start : start + length])
    reply = Reply.GRANTED if command == _CONNECT else Reply.NOT_SPOKEN
    return Wanted(host=_host(kind, raw), port=int.from_bytes(data[size - 2 : size]), size=size, reply=reply)


def _host(kind: int, raw: bytes) -> str:
    if kind == _IPV4:
        return str(ipaddress.IPv4Address(raw))
    if kind == _IPV6:
        return f"[{ipaddress.IPv6Address(raw)}]"
    # What would end or begin another part of an address is in no name.
    if (
        not raw
        or not raw.isascii()
        or any(byte <= 0x20 or byte == 0x7F or byte in b"/?#@\\:[]%" for byte in raw)
    ):
        raise SocksError("a name that is none")
    return raw.decode("ascii")


def method_bytes(method: Method) -> bytes:
    """The answer to the first message."""
    return bytes((_VERSION, method))


def login_bytes(*, right: bool) -> bytes:
    """The answer to a name and password."""
    return bytes((_LOGIN_VERSION, 0 if right else 1))


def reply_bytes(reply: Reply) -> bytes:
    """The answer to a request; the address bound is nobody's business."""
    return bytes((_VERSION, reply, 0, _IPV4, 0, 0, 0, 0, 0, 0))
