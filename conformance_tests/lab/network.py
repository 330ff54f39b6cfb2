"""Three network namespaces: the internet (here), the product (`p`) and the client (`c`).

The client can reach the product and nothing else, so that it cannot go past the product even by mistake; the
origin sees who asked by source address. Everything here runs inside the seal.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from standard.errors import Problem, StairgateError
from standard.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conformance_tests.lab.plan import Plan


class Space(StrEnum):
    """The network namespaces besides the lab's own."""

    PRODUCT = "p"
    CLIENT = "c"


_FOLDER = Path("/run/netns")
# Home and carrier networks stay unreachable from the internet's side, but for our own two links.
_AT_HOME = (
    "10.0.0.1/32", "172.16.0.1/32", "192.168.1.1/32", "192.168.1.20/32", "192.168.1.21/32",
    "169.254.1.1/32",
    "169.254.169.254/32", "100.64.0.1/32", "fd12:3456::1/128", "fd00:ec2::254/128",
    "64:ff9b::7f00:1/128", "2002:7f00:1::/128",
)  # fmt: skip
_NOWHERE = "185.93.3.0/24"
"""A network of the internet that no route leads to: the source of a list may lie there."""
_PRIVATE = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10")


def build(plan: Plan, *, routed: bool) -> None:
    """Make both namespaces and the links between lab, product and client (17 to 18 ms).

    Args:
        plan: the addresses.
        routed: whether the product forwards for the client (the gateway stand); else the client has no route
            beyond the product.
    """
    lab4, product4 = plan.uplink
    lab6, product6 = plan.uplink6
    near4, client4 = plan.home
    near6, client6 = plan.home6
    _ip("netns", "add", Space.PRODUCT)
    _ip("netns", "add", Space.CLIENT)
    # While an interface looks for its own duplicate, its first neighbour is unreachable (measured).
    _forget_duplicates()
    for space in (Space.PRODUCT, Space.CLIENT):
        with inside(space):
            _forget_duplicates()
    _ip("link", "add", "up0", "type", "veth", "peer", "name", "wan0", "netns", Space.PRODUCT)
    _ip(
        "-n",
        Space.PRODUCT,
        "link",
        "add",
        "lan0",
        "type",
        "veth",
        "peer",
        "name",
        "eth0",
        "netns",
        Space.CLIENT,
    )
    _address(None, "up0", f"{lab4}/24", f"{lab6}/64")
    _address(Space.PRODUCT, "wan0", f"{product4}/24", f"{product6}/64")
    _address(Space.PRODUCT, "lan0", f"{near4}/24", f"{near6}/64")
    _address(Space.CLIENT, "eth0", f"{client4}/24", f"{client6}/64")
    for space in (Space.PRODUCT, Space.CLIENT):
        _ip("-n", space, "link", "set", "lo", "up")
        with inside(space):
            # A new namespace starts at 1024 again; the product runs without root.
            Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").write_text("0")
            Path("/proc/sys/net/ipv4/ping_group_range").write_text("0 0")
    # The product's machine answers for the addresses of a home, so that there is something to find there.
    for address in _AT_HOME:
        _ip(
            "-n",
            Space.PRODUCT,
            "address",
            "add",
            address,
            "dev",
            "lo",
            *(["nodad"] if ":" in address else []),
        )
    _ip("-n", Space.PRODUCT, "route", "add", "default", "via", str(lab4))
    _ip("-n", Space.PRODUCT, "-6", "route", "add", "default", "via", str(lab6))
    if routed:
        _ip("-n", Space.CLIENT, "route", "add", "default", "via", str(near4))
        _ip("-n", Space.CLIENT, "-6", "route", "add", "default", "via", str(near6))
        with inside(Space.PRODUCT):
            Path("/proc/sys/net/ipv4/ip_forward").write_text("1")
            Path("/proc/sys/net/ipv6/conf/all/forwarding").write_text("1")
        _ip("route", "add", f"{near4}/24".replace(".1/", ".0/"), "via", str(product4))
        _ip("-6", "route", "add", f"{near6}/64".replace("::1/", "::/"), "via", str(product6))
    # The whole internet is this machine. In table main: in table local it would shadow the links (measured).
    for network in (*_PRIVATE, _NOWHERE):
        _ip("route", "add", "unreachable", network)
    _ip("route", "add", "local", "default", "dev", "lo", "src", str(lab4), "table", "main")
    _ip("-6", "route", "add", "local", "default", "dev", "lo", "src", str(lab6), "table", "main")
    Path("/proc/sys/net/ipv4/ip_default_ttl").write_text("53")


def tear_down() -> None:
    """Remove both namespaces and with them the links and routes; `build` may then be called again."""
    for space in (Space.CLIENT, Space.PRODUCT):
        if (_FOLDER / space).exists():
            _ip("netns", "delete", space)
    for network in (*_PRIVATE, _NOWHERE):
        _ip("route", "del", "unreachable", network, check=False)
    _ip("route", "del", "local", "default", "table", "main", check=False)
    _ip("-6", "route", "del", "local", "default", "table", "main", check=False)
    _ip("link", "del", "up0", check=False)


def lay_rules(text: str) -> None:
    """Lay nftables rules on the product's machine instead of those that were there.

    Raises:
        StairgateError: nft is not here, or refuses them.
    """
    if shutil.which("nft") is None:
        problem = Problem(
            code="no-nft",
            place="the lab",
            cause="The gateway stand needs the program nft.",
            hint="Install the system's package nftables.",
        )
        raise StairgateError(problem, exit_code=Exit.MISSING)
    with inside(Space.PRODUCT):
        laid = subprocess.run(
            ["nft", "-f", "-"], input=f"flush ruleset\n{text}", check=False, capture_output=True, text=True
        )
    if laid.returncode:
        problem = Problem(
            code="rules-refused",
            place="rules",
            cause="nft refuses these rules.",
            hint="Read its complaint below and mend the adapter.",
            excerpt=laid.stderr.strip()[:400],
        )
        raise StairgateError(problem)


@contextmanager
def inside(space: Space) -> Iterator[None]:
    """Move the calling thread into a namespace for a moment; sockets made meanwhile stay there.

    Never await inside: the whole thread has moved.
    """
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(_FOLDER / space, os.O_RDONLY)
    try:
        os.setns(there, os.CLONE_NEWNET)
        try:
            yield
        finally:
            os.setns(home, os.CLONE_NEWNET)
    finally:
        os.close(there)
        os.close(home)


def socket_in(
    space: Space, family: socket.AddressFamily, kind: socket.SocketKind = socket.SOCK_STREAM
) -> socket.socket:
    """A new non-blocking socket that lives in `space`; TCP ones with TCP_NODELAY."""
    with inside(space):
        made = socket.socket(family, kind, socket.IPPROTO_TCP if kind == socket.SOCK_STREAM else 0)
    made.setblocking(False)
    if kind == socket.SOCK_STREAM:
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made


def _forget_duplicates() -> None:
    for scope in ("all", "default"):
        Path(f"/proc/sys/net/ipv6/conf/{scope}/accept_dad").write_text("0")


def _address(space: Space | None, link: str, four: str, six: str) -> None:
    where = ["-n", space] if space else []
    _ip(*where, "address", "add", four, "dev", link)
    _ip(*where, "address", "add", six, "dev", link, "nodad")
    _ip(*where, "link", "set", link, "up")


def _ip(*arguments: str, check: bool = True) -> None:
    done = subprocess.run(["ip", *arguments], check=False, capture_output=True, text=True)
    if check and done.returncode:
        msg = f"ip {' '.join(arguments)}: {done.stderr.strip()}"
        raise RuntimeError(msg)
