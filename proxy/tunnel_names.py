"""The names a tunnel has: where CONNECT leads, what Host says, what the greeting asks for. Pure."""

from __future__ import annotations

from rules.address import Address, AddressError, parse


def tunnel_address(target: str) -> Address:
    """`name:port` and nothing else (RFC 9112 section 3.2.3).

    Raises:
        AddressError: anything else.
    """
    host, colon, port = target.rpartition(":")
    if not colon or not host or not port.isdigit() or any(character in target for character in "/?#@ \\"):
        raise AddressError("not host:port")
    return parse(f"https://{target}/")


def same_place(host: str, address: Address) -> bool:
    """Whether a Host field names where the tunnel leads."""
    try:
        other = parse(f"https://{host}/")
    except AddressError:
        return False
    return other.host == address.host and other.port in {address.port, None}


def same_name(name: str, host: str) -> bool:
    """Whether a server name in a greeting is the host, in any spelling."""
    return name == host or canonical(name) == host


def canonical(name: str) -> str:
    """A host in its one form; empty where it is none."""
    try:
        return parse(name).host
    except AddressError:
        return ""
