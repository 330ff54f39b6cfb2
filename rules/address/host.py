"""One spelling for a host: what a browser would contact, written one way.

Follows the host parser of the WHATWG URL standard (clauses 3.5 to 3.7), and is wider where a client other
than a browser would still reach the site: dots at either end are dropped, an IPv6 zone is dropped, and an
IPv4-mapped IPv6 address is the IPv4 address it leads to. Knows hosts only: no paths, no lists.
"""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

import idna

# A host that is already in its canonical form; the last label must not be able to be a number, and a label
# `xn--` must go the long way. Everything else does too.
PLAIN = re.compile(
    r"(?!xn--|[^/]*\.xn--)[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*(?<=[a-z_])"
)
# WHATWG URL 3.5: the forbidden domain code points, without the percent sign that is dealt with apart.
FORBIDDEN = re.compile(r'[\x00-\x20"#%/:<>?@\[\\\]^`{|}\x7f]')
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
LONGEST = 1000  # characters; four times what the name system can carry


class AddressError(ValueError):
    """What was asked for is no address.

    Attributes:
        reason: one short phrase, lower case: what is wrong with it.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Host(NamedTuple):
    """A canonical host.

    Attributes:
        name: A-labels in lower case, or the text form of the IP address without brackets.
        ip: the IP address if the host is one.
    """

    name: str
    ip: IPv4Address | IPv6Address | None = None


def canonical(text: str) -> Host:
    """Write a host one way.

    Args:
        text: as spelt: any case, percent-encoded, Unicode or A-labels, an IP address in any form.

    Returns:
        The canonical host.

    Raises:
        AddressError: no client could contact this.
    """
    if len(text) <= 253 and "0x" not in text and PLAIN.fullmatch(text):
        return Host(text)
    return _canonical(text)


@lru_cache(maxsize=4096)
def _canonical(text: str) -> Host:
    if text.startswith("["):
        if not text.endswith("]"):
            raise AddressError("bracket not closed")
        return _ipv6(text[1:-1])
    if text.count(":") > 1:
        return _ipv6(text)
    if len(text) > 3 * LONGEST:
        raise AddressError("host too long")
    name = _to_ascii(_decoded(text)).strip(".")
    if not name:
        raise AddressError("no host")
    if len(name) > LONGEST:
        raise AddressError("host too long")
    if ".." in name:
        raise AddressError("empty label in the host")
    if found := FORBIDDEN.search(name):
        raise AddressError(f"character {found.group()!a} in the host")
    if NUMBER.fullmatch(name.rpartition(".")[2]):
        address = ipv4(name)
        return Host(str(address), address)
    return Host(name)


def _decoded(text: str) -> str:
    """Percent-decode; bytes that are not UTF-8 make the host invalid (WHATWG URL 3.5 step 3)."""
    try:
        return unquote_to_bytes(text).decode() if "%" in text else text
    except UnicodeError:
        raise AddressError("host is not UTF-8") from None


def _to_ascii(text: str) -> str:
    """UTS 46 non-transitional processing as browsers do it: STD 3 rules off, hyphens not checked."""
    try:
        # U+3002, U+FF0E and U+FF61 are mapped to the full stop here, ignored characters vanish.
        mapped = text.lower() if text.isascii() else idna.uts46_remap(text, std3_rules=False)
        return ".".join(_label(label) for label in mapped.split("."))
    except (idna.IDNAError, UnicodeError) as error:
        raise AddressError("host is no valid international name") from error


def _label(label: str) -> str:
    if not label.startswith("xn--"):
        if label.isascii():
            return label
        _check(label)
        return "xn--" + label.encode("punycode").decode()
    if not label.isascii():
        raise AddressError("host is no valid international name")
    decoded = label[4:].encode().decode("punycode")
    # An A-label must be the one spelling of its U-label, or two different names would look alike.
    if (
        not decoded
        or decoded.isascii()
        or idna.uts46_remap(decoded, std3_rules=False) != decoded
        or "xn--" + decoded.encode("punycode").decode() != label
    ):
        raise AddressError("host is no valid international name")
    _check(decoded)
    return label


def _check(label: str) -> None:
    """UTS 46 validity criteria that mapping leaves open: first character, joiners, direction."""
    idna.check_initial_combiner(label)
    for position, character in enumerate(label):
        if character in "\u200c\u200d" and not idna.valid_contextj(label, position):
            raise AddressError("joiner out of place in the host")
    idna.check_bidi(label)


def ipv4(text: str) -> IPv4Address:
    """Read an IPv4 address as the C library and browsers do: decimal, octal, hexadecimal, one to four parts.

    Args:
        text: lower case; one dot at the end is allowed.

    Returns:
        The address.

    Raises:
        AddressError: a part is no number or too large.
    """
    parts = text.removesuffix(".").split(".")
    if len(parts) > 4:
        raise AddressError("too many parts for an IPv4 address")
    numbers = [_number(part) for part in parts]
    *first, last = numbers
    if any(number > 255 for number in first) or last >= 256 ** (5 - len(numbers)):
        raise AddressError("part of an IPv4 address too large")
    return IPv4Address(last + sum(number << (8 * (3 - place)) for place, number in enumerate(first)))


def _number(part: str) -> int:
    if not part or len(part) > 80:
        raise AddressError("no number in an IPv4 address")
    try:
        if part.startswith("0x"):
            return int(part[2:] or "0", 16)
        if not part.isdigit() or not part.isascii():
            raise AddressError("no number in an IPv4 address")
        return int(part, 8) if part.startswith("0") else int(part)
    except ValueError:
        raise AddressError("no number in an IPv4 address") from None


def _ipv6(text: str) -> Host:
    # A zone names an interface of the client, not another place: `fe80::1%eth0`, `%25eth0` in a URL.
    bare = text.partition("%")[0]
    try:
        address = IPv6Address(bare)
    except ValueError:
        raise AddressError("no valid IPv6 address") from None
    if address.ipv4_mapped is not None:
        return Host(str(address.ipv4_mapped), address.ipv4_mapped)
    return Host(str(address), address)
