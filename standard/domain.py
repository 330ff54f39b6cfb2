"""The registrable domain of an address: what a person or company registers, `example.co.uk`.

One address of each counts in a draw, so the grader works it out itself, from the address asked for and the
public suffix list; what a record says of it decides nothing. Pure but for the list, which is part of the
package `publicsuffixlist` and read once.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from publicsuffixlist import PublicSuffixList

if TYPE_CHECKING:
    from collections.abc import Iterator

# Nearly every address: an optional scheme, a plain host, perhaps a port, then whatever follows.
_PLAIN = re.compile(r"(?:[a-zA-Z][a-zA-Z0-9+.-]*+://)?+([a-zA-Z0-9_.-]++)(?::[0-9]*+)?+(?:[/?#]|\Z)")
_HOST = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*\Z")
# Read differently by different programs: what such an address asks for can't be said.
_DOUBTFUL = re.compile(r"[\x00-\x20\x7f\\]")
_NUMBER = re.compile(r"([0-9]+|0x[0-9a-f]*)\Z")


def host(address: str) -> str:
    """The host of `address` in one spelling: lower case, A-labels, no last dot, IP addresses canonical.

    Args:
        address: a URL, or a bare host with or without a port.

    Returns:
        The host, or "" where the address has none that everybody would read the same.
    """
    plain = _PLAIN.match(address)
    found = plain.group(1).lower().rstrip(".") if plain is not None else _spelled_out(address)
    if ".." in found or found[:1] == ".":
        return ""
    return _number(found) if _ends_in_a_number(found) else found


def registrable(found: str) -> str:
    """The registrable domain of a host that `host` gave; a number or a public suffix stands for itself."""
    if not found or ":" in found or _ends_in_a_number(found):
        return found
    return _suffixes().privatesuffix(found) or found


def parents(found: str) -> Iterator[str]:
    """The host itself, then each domain above it: `a.b.c`, `b.c`, `c`."""
    yield found
    while found := found.partition(".")[2]:
        yield found


@functools.cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def _ends_in_a_number(found: str) -> bool:
    """Whether the last label is a number, so that the host is an IP address or nothing (WHATWG URL, 3.5)."""
    last = found[found.rfind(".") + 1 :]
    return last[:1].isdigit() and _NUMBER.match(last) is not None


def _spelled_out(address: str) -> str:
    """The host of an address with anything unusual in it: a password, escapes, other scripts, brackets."""
    if _DOUBTFUL.search(address):
        return ""
    try:
        if _number(address):
            return _number(address)
        netloc = urlsplit(address if "://" in address else f"//{address}").hostname or ""
        if ":" in netloc:
            return _number(netloc)
        # Nameprep folds width and case, and reads the dots of other scripts as dots.
        found = unquote(netloc).rstrip(".").encode("idna").decode("ascii").lower()
    except ValueError:  # UnicodeError is one
        return ""
    return found if _HOST.match(found) else ""


def _number(found: str) -> str:
    """An IP address in one spelling; "" where `found` is none, or one with a zone."""
    try:
        number = ipaddress.ip_address(found)
    except ValueError:
        return ""
    if isinstance(number, ipaddress.IPv6Address):
        if number.scope_id is not None:
            return ""
        return str(number.ipv4_mapped or number)
    return str(number)
