"""One DNS question off the wire, read by hand: this is the path every question takes. Pure.

Reads the header, the one question and the client's OPT record (RFC 1035 section 4, RFC 6891). Everything odd
but legal goes the long way through dnspython; what is not legal is told apart by the answer it gets.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass

import dns.exception
import dns.message
import dns.rcode

HEADER = struct.Struct("!6H")
_FIXED = struct.Struct("!HH")
_OPT = struct.Struct("!BHHBBHH")  # root name, type, size, extended code, version, flags, length

RESPONSE = 0x8000
OPCODE = 0x7800
TRUNCATED = 0x0200
RECURSION_DESIRED = 0x0100
CHECKING_DISABLED = 0x0010
DNSSEC_OK = 0x8000

IN = 1
OPT = 41
LONGEST_NAME = 255
_PLAIN = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\Z")

SMALLEST_ANSWER = 512
"""Bytes a client without EDNS takes over UDP (RFC 1035 section 4.2.1)."""
LARGEST_ANSWER = 1232
"""Bytes sent over UDP at most, whatever the client would take: no fragments (DNS flag day 2020)."""


class NoQuestionError(ValueError):
    """What came is no question that can be answered with a name's data.

    Attributes:
        code: the response code that says so; None where nothing may be answered at all.
        head: as much of the message as an answer needs; empty where `code` is None.
    """

    def __init__(self, why: str, code: int | None = None, head: bytes = b"") -> None:
        super().__init__(why)
        self.code = code
        self.head = head


@dataclass(frozen=True, slots=True)
class Question:
    """What a client asks.

    Attributes:
        id: the message id.
        flags: the header's flags as sent.
        raw: name, type and class as sent; its spelling is given back as it came.
        name: the name in lower case, without the last dot; "" for the root.
        plain: every label is letters, digits, hyphens and underscores, so that the name is a host's.
        type: the record type's number.
        edns: the client sent an OPT record, and so understands one.
        size: bytes the client takes over UDP.
        wants_dnssec: the client set DO.
    """

    id: int
    flags: int
    raw: bytes
    name: str
    plain: bool
    type: int
    edns: bool = False
    size: int = SMALLEST_ANSWER
    wants_dnssec: bool = False


def read_question(data: bytes) -> Question:
    """Read a message as a question.

    Args:
        data: one message, without the length that TCP puts before it.

    Raises:
        NoQuestionError: it is none; the only exception that comes out.
    """
    if len(data) < HEADER.size:
        raise NoQuestionError("shorter than a header")
    number, flags, questions, answers, authority, additional = HEADER.unpack_from(data)
    if flags & RESPONSE:
        raise NoQuestionError("an answer, not a question")
    head = data[:4]
    if flags & OPCODE:
        raise NoQuestionError("an operation other than a query", dns.rcode.NOTIMP, head)
    if questions != 1:
        raise NoQuestionError(f"{questions} questions", dns.rcode.FORMERR, head)
    name, plain, end = _read_name(data, head)
    if end + _FIXED.size > len(data):
        raise NoQuestionError("cut off", dns.rcode.FORMERR, head)
    kind, family = _FIXED.unpack_from(data, end)
    end += _FIXED.size
    raw = data[HEADER.size : end]
    if family != IN:
        raise NoQuestionError(f"class {family}", dns.rcode.REFUSED, head)
    if not additional and not answers and not authority and end == len(data):
        return Question(number, flags, raw, name, plain, kind)
    edns, size, version, wants_dnssec = _read_edns(data, end, (answers, authority, additional), head)
    if version:
        raise NoQuestionError("a later version of EDNS", dns.rcode.BADVERS, head + raw)
    size = max(SMALLEST_ANSWER, min(size, LARGEST_ANSWER))
    return Question(number, flags, raw, name, plain, kind, edns, size, wants_dnssec)


def _read_name(data: bytes, head: bytes) -> tuple[str, bool, int]:
    """The name of the question, whether it is plain, and where it ends. No pointers: nothing is before."""
    labels: list[bytes] = []
    place = HEADER.size
    while True:
        if place >= len(data):
            raise NoQuestionError("the name does not end", dns.rcode.FORMERR, head)
        length = data[place]
        place += 1
        if not length:
            break
        label = data[place : place + length]
        place += length
        if length > 63 or len(label) < length or place - HEADER.size > LONGEST_NAME - 1:
            raise NoQuestionError("no name", dns.rcode.FORMERR, head)
        labels.append(label)
    name = b".".join(labels).lower().decode("latin-1")
    # A dot inside a label would make one name look like another.
    plain = name.count(".") == len(labels) - 1 and _PLAIN.match(name) is not None
    return name, plain, place


def _read_edns(
    data: bytes, end: int, counts: tuple[int, int, int], head: bytes
) -> tuple[bool, int, int, bool]:
    """The OPT record: whether there is one, the size it offers, its version, and DO."""
    if counts == (0, 0, 1) and end + _OPT.size <= len(data):
        root, kind, size, _, version, flags, length = _OPT.unpack_from(data, end)
        if not root and kind == OPT and end + _OPT.size + length == len(data):
            return True, size, version, bool(flags & DNSSEC_OK)
    try:
        message = dns.message.from_wire(data, ignore_trailing=False)
    except (dns.exception.DNSException, ValueError) as error:
        raise NoQuestionError(f"malformed: {error}", dns.rcode.FORMERR, head) from error
    version = max(message.edns, 0)
    return message.edns >= 0, message.payload, version, bool(message.ednsflags & DNSSEC_OK)
