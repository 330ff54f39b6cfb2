"""What a name server's answer leads to, and the answer as it is passed on. Pure.

Reads every name and address on the way (CNAME, DNAME, HTTPS, SVCB), and leaves out what would lead past the
gate: keys for encrypted names (`ech`, RFC 9460 section 14.3 and RFC 9849), the promise of HTTP/3, and
signatures that no longer fit.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dns.rdtypes.svcbbase import ALPNParam, MandatoryParam, ParamKey

from proxy.dns.question import HEADER

if TYPE_CHECKING:
    from proxy.reach import IP

LONGEST_KEPT = 3600
"""Seconds an answer is kept here at most."""
LONGEST_GIVEN = 60
"""Seconds a client may keep an answer: a change of the rules has to reach it (standard, clause 8.1.4)."""
LONGEST_NEGATIVE = 300
_SHORTEST = 5
_STRIPPED_TYPES = frozenset({dns.rdatatype.RRSIG, dns.rdatatype.NSEC, dns.rdatatype.NSEC3})
_FOLLOWED = frozenset({dns.rdatatype.CNAME, dns.rdatatype.DNAME})
_SERVICES = frozenset({dns.rdatatype.SVCB, dns.rdatatype.HTTPS})
_PLAIN = frozenset({int(dns.rdatatype.A), int(dns.rdatatype.AAAA)})
_RECORD = struct.Struct("!HHHIH")  # pointer to a name, type, class, TTL, length
_ASKED = 0xC00C  # where the asked name stands in every answer
_HINTS = frozenset({ParamKey.IPV4HINT, ParamKey.IPV6HINT})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A name server's answer, read once.

    Attributes:
        code: the response code.
        records: the answer section, as it is passed on; lifetimes as they came.
        authority: the start of authority of an empty answer.
        names: every other name it leads to, canonical, in order.
        addresses: every address it leads to, hints included.
        seconds: how long it may be kept.
    """

    code: int
    records: tuple[dns.rrset.RRset, ...]
    authority: tuple[dns.rrset.RRset, ...] = ()
    names: tuple[str, ...] = ()
    addresses: tuple[IP, ...] = ()
    seconds: int = _SHORTEST


def read_answer(message: dns.message.Message) -> Answer:
    """Read a name server's answer.

    Args:
        message: an answer that belongs to what was asked.
    """
    records: list[dns.rrset.RRset] = []
    names: dict[str, None] = {}
    found: dict[IP, None] = {}
    for rrset in message.answer:
        if rrset.rdtype in _STRIPPED_TYPES:
            continue
        kept = _stripped(rrset) if rrset.rdtype in _SERVICES else rrset
        for rdata in kept:
            if kept.rdtype in _FOLLOWED or kept.rdtype in _SERVICES:
                name = canonical_name(rdata.target)
                if name:
                    names[name] = None
            found |= dict.fromkeys(_addresses(kept.rdtype, rdata))
        if len(kept):
            records.append(kept)
    authority = tuple(rrset for rrset in message.authority if rrset.rdtype == dns.rdatatype.SOA)
    return Answer(
        code=message.rcode(),
        records=tuple(records),
        authority=() if records else authority,
        names=tuple(names),
        addresses=tuple(found),
        seconds=_kept(message, records, authority),
    )


def canonical_name(name: dns.name.Name) -> str:
    """A name as the rules spell it; labels are joined as they are, "" for the root."""
    return ".".join(label.decode("latin-1") for label in name.labels if label).lower()


@dataclass(frozen=True, slots=True)
class Sections:
    """An answer as it is sent, without what differs from question to question.

    Attributes:
        code: the response code.
        answers: records in the answer section.
        authority: records in the authority section.
        data: both sections; their pointers count on the question standing before them.
        until: up to which age of the answer this holds: then the lifetimes in it would be too long.
    """

    code: int
    answers: int
    authority: int
    data: bytes
    until: float


def write_sections(answer: Answer, name: str, kind: int, age: float = 0.0) -> Sections:
    """Write the sections of an answer.

    Args:
        answer: what the name server said.
        name: the name asked for.
        kind: the record type's number.
        age: seconds since it was said.
    """
    return _write_addresses(answer, name, kind, age) or _write_by_library(answer, name, kind, age)


def _write_by_library(answer: Answer, name: str, kind: int, age: float) -> Sections:
    message = dns.message.Message(0)
    message.question = [
        dns.rrset.RRset(wire_name(name), dns.rdataclass.IN, dns.rdatatype.RdataType.make(kind))
    ]
    message.answer = [_aged(rrset, age) for rrset in answer.records]
    message.authority = [_aged(rrset, age) for rrset in answer.authority]
    wire = message.to_wire(max_size=65535)
    _, _, _, answers, authority, _ = HEADER.unpack_from(wire)
    spare = min((rrset.ttl for rrset in (*answer.records, *answer.authority)), default=0) - LONGEST_GIVEN
    longest = spare if spare > age else age + 1.0
    start = HEADER.size + len(message.question[0].name.to_wire() or b"") + 4
    return Sections(answer.code, answers, authority, wire[start:], longest)


def _write_addresses(answer: Answer, name: str, kind: int, age: float) -> Sections | None:
    """The sections by hand where they are nothing but addresses of the asked name, as most are; else None.

    Ten times cheaper than the library's way, which every other answer goes.
    """
    if kind not in _PLAIN or len(answer.records) != 1 or answer.authority:
        return None
    (rrset,) = answer.records
    if rrset.rdtype != kind or canonical_name(rrset.name) != name:
        return None
    left = max(1, min(int(rrset.ttl - age), LONGEST_GIVEN))
    data = [_RECORD.pack(_ASKED, kind, 1, left, len(ip.packed)) + ip.packed for ip in answer.addresses]
    spare = float(rrset.ttl - LONGEST_GIVEN)
    return Sections(answer.code, len(data), 0, b"".join(data), spare if spare > age else age + 1.0)


def lead(name: str, target: str, answer: Answer) -> Answer:
    """The answer for `name` that leads to `target`, with what a name server said of that one.

    Args:
        name: the name asked for.
        target: the name whose addresses are given instead.
        answer: what was said of `target`.
    """
    alias = dns.rrset.from_text(wire_name(name), LONGEST_GIVEN, "IN", "CNAME", f"{target}.")
    if not answer.records:
        return answer
    return replace(answer, records=(alias, *answer.records), names=(target, *answer.names))


def wire_name(name: str) -> dns.name.Name:
    """A name of ours as dnspython has it."""
    labels = [label.encode("latin-1") for label in name.split(".")] if name else []
    return dns.name.Name([*labels, b""])


def _aged(rrset: dns.rrset.RRset, age: float) -> dns.rrset.RRset:
    copy: dns.rrset.RRset = rrset.copy()
    copy.ttl = max(1, min(int(rrset.ttl - age), LONGEST_GIVEN))
    return copy


def _addresses(kind: int, rdata: Any) -> list[IP]:
    if kind in {dns.rdatatype.A, dns.rdatatype.AAAA}:
        return [ip_address(rdata.address)]
    if kind in _SERVICES:
        return [
            ip_address(text)
            for key in _HINTS
            if (hint := rdata.params.get(key)) is not None
            for text in hint.addresses
        ]
    return []


def _stripped(rrset: dns.rrset.RRset) -> dns.rrset.RRset:
    """The same records without `ech` and without HTTP/3; a record that can't do without them is left out."""
    kept = dns.rrset.RRset(rrset.name, rrset.rdclass, rrset.rdtype)
    kept.ttl = rrset.ttl
    for rdata in rrset:
        params = dict(rdata.params)
        params.pop(ParamKey.ECH, None)
        alpn = params.get(ParamKey.ALPN)
        if isinstance(alpn, ALPNParam):
            spoken = tuple(word for word in alpn.ids if not word.startswith(b"h3"))
            if spoken:
                params[ParamKey.ALPN] = ALPNParam(spoken)
            elif ParamKey.NO_DEFAULT_ALPN in params:
                continue
            else:
                del params[ParamKey.ALPN]
        mandatory = params.get(ParamKey.MANDATORY)
        if isinstance(mandatory, MandatoryParam) and any(key not in params for key in mandatory.keys):
            continue
        kept.add(rdata.replace(params=params), rrset.ttl)
    return kept


def _kept(
    message: dns.message.Message, records: list[dns.rrset.RRset], authority: tuple[dns.rrset.RRset, ...]
) -> int:
    """How long an answer may be kept: the shortest record's time, or the zone's own for "nothing"."""
    if message.rcode() not in {dns.rcode.NOERROR, dns.rcode.NXDOMAIN}:
        return _SHORTEST
    if records:
        return max(_SHORTEST, min(LONGEST_KEPT, *(rrset.ttl for rrset in records)))
    if authority:
        start: Any = authority[0][0]
        return max(_SHORTEST, min(LONGEST_NEGATIVE, authority[0].ttl, int(start.minimum)))
    return _SHORTEST
