"""One form for hosts and paths that are spelled differently and mean the same (RFC 3986 6.2.2, RFC 5891).

Two witnesses compare notes by it: what the client asked for and what reached the origin. Pure.
"""

from __future__ import annotations

import re
import socket
import unicodedata
from contextlib import suppress
from ipaddress import IPv6Address, ip_address
from urllib.parse import unquote

_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")
# The spellings of old: 2130706433, 0x7f.1, 0177.0.0.1 (inet_aton).
_OLD_ADDRESS = re.compile(r"(?:0x[0-9a-f]+|[0-9]+)(?:\.(?:0x[0-9a-f]+|[0-9]+)){0,3}")


def plain_host(host: str) -> str:
    """One form for a host: lower case, no trailing dot, A-labels, plain IP spelling. Total."""
    text = unicodedata.normalize("NFKC", unquote(host)).replace("\u00ad", "").strip().lower()
    text = text.replace("\u3002", ".").rstrip(".").strip("[]")
    try:
        found = ip_address(text)
    except ValueError:
        if _OLD_ADDRESS.fullmatch(text):
            with suppress(OSError):
                return socket.inet_ntoa(socket.inet_aton(text))
    else:
        mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
        return str(mapped or found)
    try:
        return text if text.isascii() else text.encode("idna").decode()
    except UnicodeError:
        return text


def plain_path(path: str) -> str:
    """One form for a path: unreserved characters decoded, escapes in upper case, dot segments gone.

    Doubled slashes stay: they are another path.
    """
    segments: list[str] = []
    parts = _ESCAPE.sub(_decode, path).split("/")
    for index, part in enumerate(parts):
        is_last = index == len(parts) - 1
        if part == "..":
            if len(segments) > 1:
                segments.pop()
            segments += [""] if is_last else []
        elif part == ".":
            segments += [""] if is_last else []
        else:
            segments.append(part)
    return "/".join(segments)


def _decode(found: re.Match[str]) -> str:
    character = chr(int(found.group(1), 16))
    is_plain = character.isascii() and (character.isalnum() or character in "-._~")
    return character if is_plain else found.group(0).upper()


def asked_in(target: str, host: str) -> tuple[str, str, str]:
    """Host without port, path and query of a request, from its target and its Host header."""
    if target.startswith("/"):
        netloc, rest = host, target
    else:
        netloc, slash, rest = target.partition("://")[2].partition("/")
        rest = slash + rest
    name, _, port = netloc.rpartition("@")[2].rpartition(":")
    if port.strip("0123456789"):  # the colon was part of an IPv6 address
        name = netloc.rpartition("@")[2]
    path, _, query = rest.partition("?")
    return name or netloc, plain_path(path or "/"), query
