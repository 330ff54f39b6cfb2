"""What a service manager is told: that we are ready, that we live, that we end (sd_notify(3)).

A datagram to the socket named in NOTIFY_SOCKET; without one, nobody is told and nothing happens.
"""

from __future__ import annotations

import contextlib
import os
import socket


def notify(*lines: str) -> bool:
    """Tell the service manager, such as `READY=1`; never raises.

    Returns:
        Whether there was one to tell.
    """
    path = os.environ.get("NOTIFY_SOCKET", "")
    if not path:
        return False
    # An address in the abstract name space begins with a zero byte, written as @.
    address = "\0" + path[1:] if path.startswith("@") else path
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as way:
        way.setblocking(False)
        way.sendto("\n".join(lines).encode("utf-8"), address)
    return True
