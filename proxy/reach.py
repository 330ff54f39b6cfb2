"""Which addresses a client may reach through the gate: the internet, and what the household opens by name.

A proxy stands inside the home: whoever talks through it could otherwise reach router pages, cameras, cloud
metadata and the gate's own console (CVE-2025-23217 was exactly this). Pure: it knows addresses, and neither
sockets nor name look-ups. It never asks `ipaddress.is_private`: that includes 198.18.0.0/15 and the
documentation ranges, which laboratories use.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING

from rules.decide import Decision, Reason, refuse

if TYPE_CHECKING:
    from collections.abc import Iterable

type IP = IPv4Address | IPv6Address

# IANA's special-purpose registries (RFC 6890 and successors), as far as they lead into a home or a machine.
_REFUSED_4 = tuple(
    (IPv4Network(network), why)
    for network, why in (
        ("0.0.0.0/8", "this machine"),
        ("10.0.0.0/8", "a home network"),
        ("100.64.0.0/10", "the carrier's own network"),
        ("127.0.0.0/8", "this machine"),
        ("168.63.129.16/32", "a cloud machine's own data"),  # Azure's host agent, outside any private range
        ("169.254.0.0/16", "the local link"),  # with it 169.254.169.254, cloud metadata
        ("172.16.0.0/12", "a home network"),
        ("192.0.0.0/24", "protocol assignments"),  # with it 192.0.0.192, cloud metadata
        ("192.168.0.0/16", "a home network"),
        ("224.0.0.0/4", "a group of machines"),
        ("240.0.0.0/4", "reserved addresses"),
    )
)
_REFUSED_6 = tuple(
    (IPv6Network(network), why)
    for network, why in (
        ("::/128", "this machine"),
        ("::1/128", "this machine"),
        ("64:ff9b:1::/48", "a local translation prefix"),
        ("fc00::/7", "a home network"),
        ("fe80::/10", "the local link"),
        ("fec0::/10", "a home network"),
        ("ff00::/8", "a group of machines"),
    )
)
_COMPATIBLE = IPv6Network("::/96")
_NAT64 = IPv6Network("64:ff9b::/96")
_LOW_32 = 0xFFFFFFFF


@lru_cache(8192)
def is_refused(ip: IP) -> str | None:
    """What lies at an address that clients are refused, in words; None where the address is open to them.

    Args:
        ip: an address, without zone. IPv4 inside IPv6 (mapped, compatible, 6to4, Teredo, NAT64) counts as the
            IPv4 address it leads to.
    """
    if isinstance(ip, IPv4Address):
        return next((why for network, why in _REFUSED_4 if ip in network), None)
    for network, why in _REFUSED_6:
        if ip in network:
            return why
    inner = _inner(ip)
    return None if inner is None else is_refused(inner)


def _inner(ip: IPv6Address) -> IPv4Address | None:
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    if ip in _NAT64 or ip in _COMPATIBLE:
        return IPv4Address(int(ip) & _LOW_32)
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """The household's own openings, and what stays shut whatever it says.

    Attributes:
        opened: (host or address, port) pairs clients may reach although they lie inside.
        shut: (address, port) pairs of our own (console, gate) that no opening opens.
    """

    opened: frozenset[tuple[str, int]] = field(default_factory=frozenset)
    shut: frozenset[tuple[str, int]] = field(default_factory=frozenset)

    def refuses(self, host: str, port: int, ip: IP) -> str | None:
        """Why a client asking for `host` may not be connected to `ip`; None where it may.

        Args:
            host: the name (or address) the client asked for.
            port: the port it asked for.
            ip: the very address that would be dialled.
        """
        text = str(ip)
        if (text, port) in self.shut:
            return "the filter itself"
        why = is_refused(ip)
        if why is not None and ((text, port) in self.opened or (host, port) in self.opened):
            return None
        return why


def read_reach(entries: Iterable[str], shut: Iterable[tuple[str, int]] = ()) -> Reach:
    """The policy's `reach` entries (`address:port`, `name:port`, `[v6]:port`) as a `Reach`.

    Args:
        entries: as written in the policy, already checked there.
        shut: our own listeners.

    Raises:
        ValueError: an entry without a port.
    """
    return Reach(opened=frozenset(map(_pair, entries)), shut=frozenset(shut))


def _pair(entry: str) -> tuple[str, int]:
    host, colon, port = entry.rpartition(":")
    if not colon or not port.isdigit():
        raise ValueError(f"{entry!r} is not address:port")
    host = host.strip("[]").lower()
    try:
        return str(ip_address(host)), int(port)
    except ValueError:
        return host, int(port)


def inside(what: str) -> Decision:
    """The refusal of what lies inside the home; `what` in words."""
    return refuse(Reason.ADDRESS, f"It leads to {what}, which is closed to devices behind the filter.")
