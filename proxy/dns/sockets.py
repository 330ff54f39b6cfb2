"""The sockets questions come to, and from which address an answer leaves where they listen everywhere.

A socket bound to every address answers from whichever the routes prefer; a client waits for the one it asked,
and so does the kernel where it has redirected the question. It knows sockets only.
"""

from __future__ import annotations

import socket
import struct
import sys
from ipaddress import ip_address

from rules.errors import Problem, StairgateError
from rules.exits import Exit

NOTE_SIZE = socket.CMSG_SPACE(20)
"""Bytes of the kernel's note to which address a question came: `in6_pktinfo`, the larger of the two."""
_BUFFER = 1 << 20
_V4_NOTE = struct.Struct("@I4s4s")  # in_pktinfo
_IP_PKTINFO, _IPV6_RECVPKTINFO = 8, 49  # Linux's numbers; Python does not name them everywhere

type Place = tuple[str, int]
type Sockets = tuple[socket.socket, socket.socket]
type Extra = list[tuple[int, int, bytes]]


def bind_shared(place: Place, count: int) -> list[Sockets]:
    """Sockets at one place for several processes: the system shares clients' ports out among them.

    Raises:
        StairgateError: 69 where the address can't be listened on.
    """
    # Alone first: a second Stairgate of the same account could otherwise join the group unnoticed.
    alone = bind(place)
    if count == 1:
        return [alone]
    where = (place[0], int(alone[0].getsockname()[1]))
    for one in alone:
        one.close()
    return [bind(where, shared=True) for _ in range(count)]


def bind(place: Place, *, shared: bool = False) -> Sockets:
    """A socket for UDP and one for TCP on the same port; both take in what comes.

    Args:
        place: host and port; port 0 lets the system choose.
        shared: others of ours will listen there.

    Raises:
        StairgateError: 69 where the address can't be listened on.
    """
    host, port = place
    family = socket.AF_INET6 if ip_address(host).version == 6 else socket.AF_INET
    try:
        datagrams, stream = _bind_both(family, host, port, shared=shared)
        stream.listen()
    except OSError as error:
        raise StairgateError(
            Problem(
                code="cannot-listen",
                place=f"{host}:{port}",
                cause=f"The DNS listener can't listen there: {error.strerror or error}.",
                hint="Stop what uses the port, or choose another one with --dns HOST:PORT. "
                "Ports below 1024 need the right to bind them.",
            ),
            exit_code=Exit.MISSING,
        ) from error
    return datagrams, stream


def _bind_both(family: socket.AddressFamily, host: str, port: int, *, shared: bool) -> Sockets:
    """A socket for UDP and one for TCP on the same port; a port the system chose may be taken for one."""
    for attempt in range(10):
        datagrams = _bound(socket.SOCK_DGRAM, family, host, port, shared=shared)
        try:
            return datagrams, _bound(socket.SOCK_STREAM, family, *datagrams.getsockname()[:2], shared=shared)
        except OSError:
            datagrams.close()
            if port or attempt == 9:
                raise
    raise AssertionError("unreachable")


def _bound(
    kind: socket.SocketKind, family: socket.AddressFamily, host: str, port: int, *, shared: bool
) -> socket.socket:
    made = socket.socket(family, kind)
    try:
        if kind == socket.SOCK_STREAM:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        else:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        if shared:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.setblocking(False)
        made.bind((host, port))
        if kind == socket.SOCK_DGRAM and sys.platform == "linux" and is_everywhere(made):
            if family == socket.AF_INET6:
                made.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVPKTINFO, 1)
            else:
                made.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
    except OSError:
        made.close()
        raise
    return made


def is_everywhere(sock: socket.socket) -> bool:
    """Whether a socket listens at every address, so that each answer has to say from which one it comes."""
    return ip_address(str(sock.getsockname()[0])).is_unspecified


def leaving(extra: Extra) -> Extra:
    """What makes an answer leave from the address that was asked: the question's own note, told back.

    Of `in_pktinfo` (ip(7)) the second field is the address; the interface is left to the routes. Of
    `in6_pktinfo` (ipv6(7)) all is kept: an address of one link needs its interface.
    """
    told: Extra = []
    for level, kind, data in extra:
        if level == socket.IPPROTO_IP and len(data) >= _V4_NOTE.size:
            _, address, _ = _V4_NOTE.unpack_from(data)
            told.append((level, kind, _V4_NOTE.pack(0, address, b"")))
        else:
            told.append((level, kind, data))
    return told
