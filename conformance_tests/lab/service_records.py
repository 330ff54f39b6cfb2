"""SVCB and HTTPS records as bytes (RFC 9460): made for sites, read and shortened by controls. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from ipaddress import IPv4Address, IPv6Address

SVCB, HTTPS = 64, 65


class Key(IntEnum):
    """The parameters the lab uses, by their number (RFC 9460 14.3.2)."""

    ALPN = 1
    IPV4HINT = 4
    ECH = 5
    IPV6HINT = 6


@dataclass(frozen=True, slots=True)
class ServiceRecord:
    """One record: priority 0 is an alias for its target; an empty target is the name itself."""

    priority: int
    target: str
    parameters: tuple[tuple[int, bytes], ...] = ()

    def pack(self) -> bytes:
        """The record's data on the wire."""
        labels = [label.encode() for label in self.target.rstrip(".").split(".") if label]
        name = b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
        pairs = (key.to_bytes(2) + len(value).to_bytes(2) + value for key, value in sorted(self.parameters))
        return self.priority.to_bytes(2) + name + b"".join(pairs)

    def without(self, *keys: Key) -> ServiceRecord:
        """The same record without some parameters."""
        kept = tuple((key, value) for key, value in self.parameters if key not in keys)
        return ServiceRecord(self.priority, self.target, kept)


def make(
    words: Iterable[str], four: Iterable[IPv4Address], six: Iterable[IPv6Address], target: str = ""
) -> ServiceRecord:
    """A record for a site.

    Args:
        words: `hints` for its addresses, `ech` for a configuration of Encrypted Client Hello, `alias` for
            alias form.
        four: its IPv4 addresses.
        six: its IPv6 addresses.
        target: another name that serves it.
    """
    wanted = set(words)
    if "alias" in wanted:
        return ServiceRecord(0, target)
    parameters: list[tuple[int, bytes]] = [(Key.ALPN, b"\x02h2")]
    if "hints" in wanted:
        for key, packed in (
            (Key.IPV4HINT, b"".join(ip.packed for ip in four)),
            (Key.IPV6HINT, b"".join(ip.packed for ip in six)),
        ):
            parameters += [(key, packed)] if packed else []
    if "ech" in wanted:
        # Of the right form (RFC 9849 4), with a key nobody holds: a client that used it would get a retry.
        parameters.append((Key.ECH, b"\x00\x42\xfe\x0d\x00\x3e" + bytes(range(0x3E))))
    return ServiceRecord(1, target, tuple(parameters))


def read(data: bytes) -> ServiceRecord:
    """A record from its data on the wire.

    Raises:
        ValueError: the data is cut.
    """
    labels, place = [], 2
    try:
        while length := data[place]:
            labels.append(data[place + 1 : place + 1 + length].decode("latin-1"))
            place += 1 + length
    except IndexError as error:
        raise ValueError("the record ends in its target") from error
    place += 1
    parameters = []
    while place + 4 <= len(data):
        key, length = int.from_bytes(data[place : place + 2]), int.from_bytes(data[place + 2 : place + 4])
        parameters.append((key, data[place + 4 : place + 4 + length]))
        place += 4 + length
    return ServiceRecord(int.from_bytes(data[:2]), ".".join(labels), tuple(parameters))
