"""Who listens everywhere answers from the address that was asked."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys

import pytest

from proxy.dns.sockets import bind_shared
from rules.errors import StairgateError

ASKED = """
import socket, subprocess
from proxy.dns.sockets import NOTE_SIZE, bind, is_everywhere, leaving
for line in ("link set lo up", "addr add 192.0.2.1/24 dev lo", "addr add 192.0.2.2/24 dev lo",
             "addr add fd00::1/64 dev lo nodad", "addr add fd00::2/64 dev lo nodad"):
    subprocess.run(["ip", *line.split()], check=True)
for everywhere, address in (("0.0.0.0", "192.0.2.2"), ("::", "fd00::2"), ("0.0.0.0", "127.0.0.3")):
    served, _ = bind((everywhere, 0))
    served.settimeout(2)
    assert is_everywhere(served)
    client = socket.socket(served.family, socket.SOCK_DGRAM)
    client.settimeout(2)
    client.connect((address, served.getsockname()[1]))  # hears nothing that comes from elsewhere
    client.send(b"question")
    data, extra, _, back = served.recvmsg(100, NOTE_SIZE)
    served.sendmsg([b"answer"], leaving(extra), 0, back)
    print(client.recv(100).decode())
one, _ = bind(("127.0.0.1", 0))
assert not is_everywhere(one)
"""


def _possible() -> bool:
    if any(shutil.which(name) is None for name in ("unshare", "ip")):
        return False
    tried = subprocess.run(
        ["unshare", "-rn", "ip", "link", "set", "lo", "up"], capture_output=True, check=False
    )
    return tried.returncode == 0


@pytest.mark.skipif(not _possible(), reason="network namespaces can't be made here: unshare, ip")
def test_an_answer_leaves_from_the_address_that_was_asked() -> None:
    done = subprocess.run(
        ["unshare", "-rn", sys.executable, "-c", ASKED],
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )
    assert (done.stdout.split(), done.returncode) == (["answer"] * 3, 0), done.stderr


def test_a_place_is_shared_among_ours_and_with_nobody_who_was_there_before() -> None:
    shared = bind_shared(("127.0.0.1", 0), 3)
    (port,) = {one.getsockname()[1] for pair in shared for one in pair}
    with pytest.raises(StairgateError):
        bind_shared(("127.0.0.1", port), 2)
    heard = set()
    for _ in range(64):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.connect(("127.0.0.1", port))
            client.send(b"question")
    for number, (datagrams, _) in enumerate(shared):
        with contextlib.suppress(BlockingIOError):
            datagrams.recv(100)
            heard.add(number)
    for one in (one for pair in shared for one in pair):
        one.close()
    assert heard == {0, 1, 2}
