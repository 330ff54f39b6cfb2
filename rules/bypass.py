"""Ways round the gate that show in the shape of a request, whatever name it is sent to.

Look-ups hidden in HTTPS (RFC 8484, and the JSON form that public resolvers speak beside it) and tunnels to
ports that are not the web's. Pure: addresses and field values in, findings out; what is done about them is
the profile's setting for the category.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote_plus

from .decision import Finding
from .metasearch import may_be_metasearch, of_query

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .address import Address
    from .decision import Request
    from .policy import Policy

_LOOK_UP = "encrypted_dns"
_TUNNEL = "vpn_proxy"

_HIDDEN_TYPES = frozenset(
    {
        "application/dns-message",  # RFC 8484
        "application/oblivious-dns-message",  # RFC 9230
        "application/dns-json",  # Google's and Cloudflare's JSON form
        "application/dns-udpwireformat",  # RFC 8484's drafts, still answered
        "application/dns+json",  # RFC 8427
    }
)
_RECORD_TYPES = frozenset(
    {
        "a",
        "aaaa",
        "any",
        "caa",
        "cname",
        "dnskey",
        "ds",
        "https",
        "mx",
        "ns",
        "ptr",
        "soa",
        "srv",
        "svcb",
        "txt",
    }
)
# A quick first question: nearly every query is passed over by it. Names of parameters may be percent-encoded.
_MAY_BE_LOOK_UP = re.compile(r"dns=|type=|(?:\A|&)[^=&]*%", re.IGNORECASE)
_NAME = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+\.?\Z", re.IGNORECASE)

WEB_PORTS = frozenset(
    {80, 81, 443, 591, 3000, 3001, 4443, 5000, 5001, 7443, 8000, 8001, 8008, 8042, 8069, 8123, 8200, 8443}
    | {8444, 8800, 8834, 8843, 8880, 8888, 8983, 9000, 9001, 9090, 9091, 9443, 10000, 10443}
    | {2052, 2053, 2082, 2083, 2086, 2087, 2095, 2096}  # Cloudflare's further ports for the web
    | set(range(8080, 8100))
)
"""Ports on which sites are found. Others carry mail, games, tunnels and proxies."""
_LOOK_UP_PORTS = frozenset({53, 784, 853, 8853, 5353})


def with_ways(request: Request, policy: Policy) -> Request:
    """A request with the findings that its address gives: a look-up or a metasearch in it, an odd port.

    Args:
        request: as asked; findings it has already stay.
        policy: whose `reach` opens ports of the household's own.
    """
    address = request.address
    if address is None:
        return request
    found: list[Finding] = []
    if address.port is not None and address.port not in WEB_PORTS and not _is_opened(address, policy):
        found.append(_odd_port(address.port))
    if address.query and may_be_way(address.query):
        if _is_look_up(address.query):
            found.append(_look_up("its query is one"))
        if searching := of_query(address.query):
            found.append(searching)
    return replace(request, findings=(*request.findings, *found)) if found else request


def may_be_way(query: str) -> bool:
    """The quick first question to a query: False where `with_ways` can't find anything in it."""
    return _MAY_BE_LOOK_UP.search(query) is not None or may_be_metasearch(query)


def ways_of(values: Iterable[str]) -> tuple[Finding, ...]:
    """The findings that a request's `Content-Type` and `Accept` give.

    Args:
        values: of both fields, in any order; empty where a request has none.
    """
    for value in values:
        if "dns" in value.lower():
            words = {word.partition(";")[0].strip().lower() for word in value.split(",")}
            if not words.isdisjoint(_HIDDEN_TYPES):
                return (_look_up("it says so of itself"),)
    return ()


def _is_look_up(query: str) -> bool:
    """Whether a query asks a name server: `dns=` with a message, or `name=` with `type=` (JSON)."""
    values = dict(_pairs(query))
    if "dns" in values and _is_message(values["dns"]):
        return True
    if "name" not in values or "type" not in values:
        return False
    kind = values["type"].lower()
    return _NAME.match(values["name"]) is not None and (kind in _RECORD_TYPES or kind.isdecimal())


def _pairs(query: str) -> Iterator[tuple[str, str]]:
    for part in query.split("&"):
        name, _, value = part.partition("=")
        yield unquote_plus(name).lower(), unquote_plus(value)


def _is_message(text: str) -> bool:
    """Whether a text is a DNS question in base64url (RFC 8484 section 4.1); padding is forgiven."""
    bare = text.rstrip("=")
    try:
        data = base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return False
    if len(data) < 17:  # header, root, type and class
        return False
    _, flags, questions = struct.unpack_from("!3H", data)
    return not flags & 0x8000 and questions == 1


def _is_opened(address: Address, policy: Policy) -> bool:
    if not policy.reach:
        return False
    host = policy.names.get(address.host, address.host)
    return f"{host}:{address.port}" in policy.reach or f"[{host}]:{address.port}" in policy.reach


def _odd_port(port: int) -> Finding:
    if port in _LOOK_UP_PORTS:
        return Finding(category=_LOOK_UP, because=f"port {port} is where names are looked up", shape=True)
    return Finding(category=_TUNNEL, because=f"port {port} is not one of the web's", shape=True)


def _look_up(why: str) -> Finding:
    return Finding(category=_LOOK_UP, because=f"a look-up of names hidden in a request, {why}", shape=True)
