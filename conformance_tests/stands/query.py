"""A DNS question by itself: which record, over what, of which resolver, and what the answer gives away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from conformance_tests.lab import service_records
from conformance_tests.lab.client import trusting
from conformance_tests.lab.lookup import Asked, Found, look_up

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from conformance_tests.lab.internet import Internet
    from conformance_tests.lab.names import Zone
    from conformance_tests.lab.question import Door

OPTIONS = ("query", "over", "of", "edns", "greets")
"""The keys of a probe that make it a DNS question: type, transport, resolver, kind of EDNS, name in TLS."""
_SUBNET = 8
_SIX = "six"  # the product's own IPv6 address


async def query(name: str, options: Mapping[str, Any], internet: Internet, door: Door) -> Found:
    """Ask what a probe asks.

    Args:
        name: as it is spelled.
        options: the probe's, of which `OPTIONS` count. `of`: an address, or `six`; else the door's resolver.
            `edns`: `plain` (the usual), `none`, `do` (wants signatures) or `subnet`.
        internet: the lab.
        door: the client's.
    """
    here = door.resolver or (str(internet.plan.resolver), 53)
    over, edns = str(options.get("over", "udp")), str(options.get("edns", "plain"))
    match options.get("of"):
        case None:
            resolver = here
        case str(word) if word == _SIX:
            resolver = (str(internet.plan.home6[0]), here[1])
        case other:
            resolver = (str(other), 53)
    if over == "tls":
        resolver = (resolver[0], 853)
    asked = Asked(
        name=name,
        kind=str(options["query"]),
        over=over,
        edns=edns != "none",
        dnssec_ok=edns == "do",
        server=str(options.get("greets", "")),
        # Family IPv4, 24 bits of 198.51.100.0 (RFC 7871 6).
        options={_SUBNET: b"\x00\x01\x18\x00\xc6\x33\x64"} if edns == "subnet" else {},
    )
    return await look_up(resolver, asked, trusting(door.trust, names_server=False))


def gives_away(found: Found, zone: Zone) -> bool:
    """Whether an answer holds what the lab's own zone says of the name: an address, a hint, another name.

    Another name gives it away only where names were asked for: an alias without an address leads nowhere.
    """
    asked = found.asked
    leads = set(_leads(asked.name, zone)) if asked.kind not in {"A", "AAAA"} else set()
    return any(part in found.packet for part in _truth(asked.name, zone)) or bool(leads & set(found.names))


def _truth(name: str, zone: Zone) -> Iterator[bytes]:
    known = zone.find(name.lower().rstrip("."))
    while known is not None:
        yield from (ip.packed for ip in known.four)
        yield from (ip.packed for ip in known.six)
        if known.text:
            yield known.text.encode()
        if "ech" in known.service:
            record = service_records.make(["ech"], (), ())
            yield dict(record.parameters)[service_records.Key.ECH]
        known = zone.find(known.alias.lower()) if known.alias else None


def _leads(name: str, zone: Zone) -> Iterator[bytes]:
    known = zone.find(name.lower().rstrip("."))
    if known is not None:
        yield from (part.lower().encode() for part in (known.alias, known.leads) if part)
