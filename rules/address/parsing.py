"""One form for an address: from any spelling of a URL, a host or host:port to an Address.

Follows the WHATWG URL parser for the schemes of the web, because that is what decides which site a client
contacts. Two addresses that lead to the same page should be equal in host, path and port. Knows nothing of
lists or policies, and never opens a connection.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from .host import AddressError, Host, canonical

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address, IPv6Address

LONGEST = 2 * 1024 * 1024  # characters; the longest URL that Chromium takes
PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443, "ftp": 21}
EMPTY_OF_HOST = frozenset({"about", "data", "javascript", "mailto", "tel", "sms", "urn", "file"})
# Schemes in front of another address: a browser strips them or shows what is behind them.
PREFIXES = frozenset(
    {
        "view-source",
        "blob",
        "feed",
        "filesystem",
        "jar",
        "pcast",
        "googlechrome",
        "googlechromes",
        "microsoft-edge",
    }
)

# The spelling that nearly every address comes in: already canonical, nothing to decode.
FAST = re.compile(
    r"(?:(https?|wss?|ftp)://)?"
    r"((?!xn--|[^/?]*\.xn--)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*(?<=[a-z_]))"
    r"(?::([1-9][0-9]{0,4}))?"
    r"((?:/(?![./])[A-Za-z0-9_.~!$&'()*+,;=:@-]*)*)"
    r"(?:\?([\x21\x22\x24-\x7e]*))?"
)
SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
NOISE = dict.fromkeys(map(ord, "\t\n\r"))  # WHATWG URL 4.4: removed wherever they stand
# Stripped at both ends: what WHATWG URL 4.4 strips, and blanks that come along when an address is copied.
EDGES = "".join(map(chr, (*range(0x21), 0x85, 0xA0, 0x1680, *range(0x2000, 0x2010), 0x2028, 0x2029)))
EDGES += "\u202f\u205f\u2060\u3000\ufeff"
LITERAL = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/")
SPELT = [chr(byte) if byte in LITERAL else f"%{byte:02X}" for byte in range(256)]


@dataclass(frozen=True, slots=True)
class Address:
    """What is asked for, in the one form that everything else compares.

    Attributes:
        text: as asked.
        scheme: `http`, `https`, `ws`, `wss`, `ftp`, or another in lower case; empty for a bare host.
        host: A-labels in lower case without a dot at the end; an IP address in its usual form, no brackets.
        port: None where it is the default of the scheme.
        path: begins with a slash; dot segments, repeated slashes and needless percent-encoding resolved.
        query: after the question mark, as sent.
        ip: the IP address if the host is one.
    """

    text: str
    scheme: str
    host: str
    port: int | None = None
    path: str = "/"
    query: str = ""
    ip: IPv4Address | IPv6Address | None = None


def parse(text: str) -> Address:
    """Read an address in any spelling: a URL, a host, a host with a port, a host with a path.

    Args:
        text: any string at all.

    Returns:
        The canonical address.

    Raises:
        AddressError: no client could contact this; the only exception that can come out.
    """
    if len(text) > LONGEST:
        raise AddressError("too long")
    if found := FAST.fullmatch(text):
        scheme, host, digits, path, query = found.groups()
        if len(host) <= 253 and "0x" not in host:
            if digits is None:
                return Address(text, scheme or "", host, None, path or "/", query or "")
            # Without a scheme what stands before a colon may be one.
            if scheme is not None and (port := int(digits)) <= 65535:
                return Address(
                    text, scheme, host, None if port == PORTS[scheme] else port, path or "/", query or ""
                )
    return _parse(text, text.strip(EDGES).translate(NOISE), depth=0)


def _parse(text: str, rest: str, depth: int) -> Address:
    scheme, rest = _split_scheme(rest)
    if scheme in PREFIXES:
        if depth >= 4:
            raise AddressError("too many schemes")
        return _parse(text, rest.lstrip("/\\ "), depth + 1)
    rest = rest.partition("#")[0].replace("\\", "/")
    rest = rest.lstrip("/")
    end = next((place for place, character in enumerate(rest) if character in "/?"), len(rest))
    authority, tail = rest[:end], rest[end:]
    host, port = _split_port(authority.rpartition("@")[2])
    if port == PORTS.get(scheme):
        port = None
    path, _, query = tail.partition("?")
    return Address(text, scheme, host.name, port, canonical_path(path), query, host.ip)


def _split_scheme(text: str) -> tuple[str, str]:
    """Find the scheme; `host:port` and `user:password@host` have none, `http:host` does (WHATWG URL 4.4)."""
    found = SCHEME.match(text)
    if not found:
        return "", text
    scheme, rest = found.group(1).lower(), text[found.end() :]
    if scheme in PORTS or scheme in PREFIXES:
        return scheme, rest
    if scheme in EMPTY_OF_HOST:
        raise AddressError(f"{scheme}: names no host")
    if rest[:2].replace("\\", "/") == "//":
        return scheme, rest
    return "", text


def _split_port(text: str) -> tuple[Host, int | None]:
    if text.startswith("["):
        name, closed, port = text.partition("]")
        if port and not port.startswith(":"):
            raise AddressError("text after the bracket")
        return canonical(name + closed), _port(port[1:])
    if text.count(":") > 1:  # a bare IPv6 address has no port
        return canonical(text), None
    name, _, port = text.partition(":")
    if not name:
        raise AddressError("no host")
    return canonical(name), _port(port)


def _port(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or int(text[-6:]) > 65535 or text[:-6].strip("0"):
        raise AddressError("port is no number up to 65535")
    return int(text[-6:])


def canonical_path(path: str) -> str:
    """Write a path one way: decoded where that loses nothing, no dot segments, no repeated slashes.

    An encoded slash or backslash counts as a slash: servers differ there, and a rule for `/a` must hold for
    every one of them.

    Args:
        path: as sent, without query and fragment; may be empty.

    Returns:
        The path, beginning with a slash, with a slash at the end where one was.
    """
    raw = unquote_to_bytes(path.encode("utf-8", "surrogatepass")).replace(b"\\", b"/")
    kept: list[bytes] = []
    last = b""
    for last in raw.split(b"/"):
        if last == b"..":
            if kept:
                kept.pop()
        elif last not in {b"", b"."}:
            kept.append(last)
    folder = b"/" if kept and last in {b"", b".", b".."} else b""
    return "".join(map(SPELT.__getitem__, b"/" + b"/".join(kept) + folder))


def parents(host: str) -> Iterator[str]:
    """Give the host and then each of its parents: `a.b.c`, `b.c`, `c`. An IP address gives only itself.

    Args:
        host: canonical, as in Address.host.

    Yields:
        Names from the longest to the shortest.
    """
    yield from lineage(host)


def lineage(host: str) -> tuple[str, ...]:
    """The same as `parents` at once: for who asks several questions about one host."""
    if (host[-1:].isdigit() and host.rpartition(".")[2].isdigit()) or ":" in host:
        return (host,)
    names = [host]
    _, dot, rest = host.partition(".")
    while dot:
        names.append(rest)
        _, dot, rest = rest.partition(".")
    return tuple(names)
