"""The kernel's neighbour table: the hardware address behind an address of the home network.

Linux, by route netlink (rtnetlink(7)): IPv4 and IPv6 alike. It knows addresses and no people. A device behind
another router, or on a system without netlink, has none; then it is known by its address or not at all.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from ipaddress import ip_address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

FRESH = 5.0
"""Seconds a table is good for: as long an address may belong to the device that had it before."""
AGAIN = 0.2
"""Seconds after which an address that was not there is looked for again."""

# linux/netlink.h, linux/rtnetlink.h, linux/neighbour.h
_NEWNEIGH, _GETNEIGH, _REQUEST_DUMP, _ERROR, _DONE = 28, 30, 0x301, 2, 3
_DESTINATION, _HARDWARE = 1, 2
_UNUSABLE = 0x01 | 0x20 | 0x40  # INCOMPLETE, FAILED, NOARP
_HEADER = struct.Struct("=IHHII")
_NEIGHBOUR = struct.Struct("=BxxxiHBB")
_ATTRIBUTE = struct.Struct("=HH")


def read_table() -> dict[str, str]:
    """Address to hardware address (`aa:bb:cc:dd:ee:ff`) of all neighbours; empty where it can't be read."""
    found: dict[str, str] = {}
    with contextlib.suppress(OSError, AttributeError):
        route = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, 0)
        with route:
            route.settimeout(0.5)
            route.bind((0, 0))
            size = _HEADER.size + _NEIGHBOUR.size
            route.send(
                _HEADER.pack(size, _GETNEIGH, _REQUEST_DUMP, 1, 0)
                + _NEIGHBOUR.pack(socket.AF_UNSPEC, 0, 0, 0, 0)
            )
            while True:
                rows, more = read_messages(route.recv(262_144))
                found.update(rows)
                if not more:
                    break
    return found


def read_messages(data: bytes) -> tuple[dict[str, str], bool]:
    """What one answer of the kernel says.

    Args:
        data: one datagram: netlink messages one after another.

    Returns:
        Address to hardware address, and whether more is to come.
    """
    found: dict[str, str] = {}
    place = 0
    while place + _HEADER.size <= len(data):
        length, kind, _, _, _ = _HEADER.unpack_from(data, place)
        if kind in {_DONE, _ERROR} or length < _HEADER.size:
            return found, False
        if kind == _NEWNEIGH:
            found.update(_row(data[place + _HEADER.size : place + length]))
        place += (length + 3) & ~3
    return found, True


def _row(message: bytes) -> Iterator[tuple[str, str]]:
    if len(message) < _NEIGHBOUR.size:
        return
    _, _, state, _, _ = _NEIGHBOUR.unpack_from(message)
    values = dict(_attributes(message[_NEIGHBOUR.size :]))
    address, hardware = values.get(_DESTINATION, b""), values.get(_HARDWARE, b"")
    if state & _UNUSABLE or len(address) not in {4, 16} or len(hardware) != 6:
        return
    yield str(ip_address(address)), hardware.hex(":")


def _attributes(data: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, place)
        if length < _ATTRIBUTE.size:
            return
        yield kind, data[place + _ATTRIBUTE.size : place + length]
        place += (length + 3) & ~3


class Neighbours:
    """The table, read again when it is old; a look-up in between is one look into a dictionary."""

    def __init__(
        self,
        read: Callable[[], Mapping[str, str]] = read_table,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._clock = clock
        self._table: Mapping[str, str] = {}
        self._read_at = float("-inf")

    def hardware(self, address: str) -> str:
        """The hardware address behind an address; "" where it is none of ours or not known."""
        age = self._clock() - self._read_at
        # Whoever has just connected is in the kernel's table: one that is missing here is newer than ours.
        if age >= FRESH or (age >= AGAIN and address not in self._table):
            self._table = self._read()
            self._read_at = self._clock()
        return self._table.get(address, "")
