"""Which person is behind a connection: by peer, password, device, or the port they came to. Pure look-up.

What is harder to change goes first, so that a device that is somebody's stays theirs whatever port it is set
to: a WireGuard key, a password, the hardware address, the address, and only then the gate's port.
It knows the policy's people and devices. It must not know sockets; the neighbour table is asked for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from rules.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What is known of a connection before it says anything.

    Attributes:
        device: the address it comes from, in the spelling of `rules.policy.places.fold_device`; "" unknown.
        port: the port of the gate it came to; 0 where that says nothing.
        peer: the WireGuard peer's name, where it came through our tunnel.
        login: the person whose password it gave, once that was found right.
    """

    device: str = ""
    port: int = 0
    peer: str = ""
    login: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks.

    Attributes:
        person: the key in the policy; empty where nobody knows.
        device: the address of the device, for the record.
        known: the policy names the device, its port or the password; else `unknown_device` was taken.
        by_password: known by a password.
    """

    person: str
    device: str
    known: bool = True
    by_password: bool = False


def recognise(policy: Policy, arrival: Arrival, hardware: Callable[[str], str]) -> Asker:
    """Who is behind a connection, by the policy in force.

    Args:
        policy: the household's policy.
        arrival: what is known of the connection.
        hardware: the hardware address of a device by its address, "" where unknown; asked only where the
            policy names hardware addresses.
    """
    owners = policy.owners
    if arrival.peer:
        # A key is nobody else's: an address inside the tunnel must not turn it into someone.
        owner = owners.get(f"wireguard:{arrival.peer.casefold()}")
        return _asker(policy, owner, arrival)
    if arrival.login:
        known = policy.people.get(arrival.login)
        if known is not None and known.password:
            return Asker(person=arrival.login, device=arrival.device, by_password=True)
    owner = owners.get(hardware(arrival.device)) if policy.names_hardware and arrival.device else None
    if owner is None:
        owner = owners.get(arrival.device) or owners.get(f"port:{arrival.port}")
    return _asker(policy, owner, arrival)


def _asker(policy: Policy, owner: str | None, arrival: Arrival) -> Asker:
    if owner is None:
        return Asker(person=policy.unknown_device, device=arrival.device, known=False)
    return Asker(person=owner, device=arrival.device)


def fold_address(host: str) -> str:
    """An address of a socket as devices are compared: without its zone, IPv4 not wrapped in IPv6.

    Args:
        host: as `getpeername` gives it; "" stays "".
    """
    host = host.partition("%")[0]
    return host.removeprefix("::ffff:") if "." in host else host


def ports_of(policy: Policy) -> frozenset[int]:
    """The ports that stand for a person: the gate listens on each of them."""
    return frozenset(
        int(device.removeprefix("port:")) for device in policy.owners if device.startswith("port:")
    )
