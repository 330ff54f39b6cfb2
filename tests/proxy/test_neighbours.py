"""The neighbour table, read from a real kernel in a network of its own; and when it is read again."""

from __future__ import annotations

import json
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from proxy.neighbours import AGAIN, FRESH, Neighbours, read_messages

ROOT = Path(__file__).parents[2]
SCRIPT = """
set -e
ip link set lo up
unshare -n sleep 20 & other=$!
trap 'kill $other' EXIT
while [ "$(readlink /proc/$other/ns/net)" = "$(readlink /proc/$$/ns/net)" ]; do sleep 0.05; done
ip link add ours type veth peer name theirs
ip link set theirs netns $other
ip addr add 10.9.0.1/24 dev ours; ip addr add fd00:9::1/64 dev ours nodad; ip link set ours up
nsenter -t $other -n sh -c 'ip link set theirs address 02:00:5e:00:53:01; ip addr add 10.9.0.2/24 dev theirs
ip addr add fd00:9::2/64 dev theirs nodad; ip link set theirs up'
nsenter -t $other -n {python} -c '
import socket
for family, host in ((socket.AF_INET, "10.9.0.1"), (socket.AF_INET6, "fd00:9::1")):
    client = socket.socket(family)
    client.settimeout(2)
    client.connect_ex((host, 9))
'
{python} -c 'import json; from proxy.neighbours import read_table; print(json.dumps(read_table()))'
"""


def test_a_device_that_connected_is_found_by_both_of_its_addresses() -> None:
    if not all(map(shutil.which, ("unshare", "nsenter", "ip"))):
        pytest.skip("needs unshare, nsenter and ip")
    script = SCRIPT.replace("{python}", sys.executable)
    run = subprocess.run(
        ["unshare", "-rn", "sh", "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    if "Operation not permitted" in run.stderr:
        pytest.skip("no network namespaces here")
    assert json.loads(run.stdout) == {"10.9.0.2": "02:00:5e:00:53:01", "fd00:9::2": "02:00:5e:00:53:01"}, (
        run.stderr
    )


def test_an_old_table_is_read_again_and_so_is_one_without_the_newcomer() -> None:
    now = 0.0
    tables = [{"10.0.0.1": "a"}, {"10.0.0.1": "b"}, {"10.0.0.1": "b", "10.0.0.2": "c"}]
    read: list[int] = []

    def table() -> dict[str, str]:
        read.append(1)
        return tables[len(read) - 1]

    neighbours = Neighbours(table, lambda: now)
    assert [neighbours.hardware("10.0.0.1") for _ in range(3)] == ["a"] * 3
    now += FRESH
    assert neighbours.hardware("10.0.0.1") == "b"
    assert neighbours.hardware("10.0.0.2") == ""
    assert len(read) == 2, "a stranger must not make us read without end"
    now += AGAIN
    assert neighbours.hardware("10.0.0.2") == "c"


# One neighbour as the kernel tells it: header, neighbour (IPv4, reachable), address, hardware address.
ATTRIBUTES = struct.pack("=HH4s", 8, 1, bytes([10, 9, 0, 2]))
ATTRIBUTES += struct.pack("=HH6sxx", 10, 2, b"\x02\0\x5e\0\x53\x01")
MESSAGE = struct.pack("=IHHIIBxxxiHBB", 28 + len(ATTRIBUTES), 28, 2, 1, 0, 2, 2, 2, 0, 1) + ATTRIBUTES
DONE = struct.pack("=IHHIII", 20, 3, 2, 1, 0, 0)


def test_a_message_is_read_and_its_end_is_known() -> None:
    assert read_messages(MESSAGE) == ({"10.9.0.2": "02:00:5e:00:53:01"}, True)
    assert read_messages(MESSAGE + DONE) == ({"10.9.0.2": "02:00:5e:00:53:01"}, False)


@pytest.mark.parametrize("cut", range(len(MESSAGE)))
def test_a_message_cut_anywhere_names_nobody_wrong(cut: int) -> None:
    found, _ = read_messages(MESSAGE[:cut])
    assert found in ({}, {"10.9.0.2": "02:00:5e:00:53:01"})
