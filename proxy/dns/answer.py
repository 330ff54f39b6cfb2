"""Answers of our own, written by hand: no data, no such name, an address, and why (RFC 8914). Pure."""

from __future__ import annotations

import struct
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING

import dns.rcode

from proxy.dns.question import CHECKING_DISABLED, HEADER, RECURSION_DESIRED, RESPONSE, TRUNCATED
from rules.decide import Decision, Reason

if TYPE_CHECKING:
    from collections.abc import Iterable

    from proxy.dns.chain import Sections
    from proxy.dns.question import Question

A, NS, CNAME, SOA, PTR, MX, TXT, AAAA, SRV, SVCB, HTTPS, ANY = 1, 2, 5, 6, 12, 15, 16, 28, 33, 64, 65, 255

BRIEF = 10
"""Seconds a client may keep a block: a parent who opens a site should not have to wait longer."""

_RECORD = struct.Struct("!HHHIH")  # pointer to the question's name, type, class, TTL, length
_AVAILABLE = 0x0080  # recursion available
_NAME = 0xC00C  # where the question's name stands in every answer
# A start of authority at the asked name, so that clients keep "no data" for a while (RFC 2308 section 5). Its
# own names are the root: it claims to be nobody's.
_SOA_DATA = b"\0\0" + struct.pack("!IIIII", 1, 3600, 600, 86400, BRIEF)
_NOTHING = _RECORD.pack(_NAME, SOA, 1, BRIEF, len(_SOA_DATA)) + _SOA_DATA
_OPTION = struct.Struct("!BHHBBHHHHH")  # our OPT record up to the words of an extended error
_EDE = 15  # the option's code, RFC 8914 section 2
_LONGEST_TEXT = 240  # bytes of a reason: with header, name and SOA it stays below 512


class Ede(IntEnum):
    """Extended DNS errors that are given (RFC 8914 section 4)."""

    OTHER = 0
    STALE = 3
    NOT_READY = 14
    BLOCKED = 15
    CENSORED = 16
    FILTERED = 17
    PROHIBITED = 18
    UNREACHABLE = 22


def error_of(decision: Decision) -> Ede:
    """The extended error that says why a name is blocked.

    What the household chose is Filtered (asked for by the client's side), what protects its machines is
    Blocked (the operator's own policy), what the law demands is Censored, an unknown device is Prohibited.
    """
    match decision.reason:
        case Reason.ILLEGAL:
            return Ede.CENSORED
        case Reason.SECURITY | Reason.BYPASS | Reason.ADDRESS | Reason.UNPARSABLE:
            return Ede.BLOCKED
        case Reason.IDENTITY:
            return Ede.PROHIBITED
        case Reason.FAILURE:
            return Ede.OTHER
        case _:
            return Ede.FILTERED


def write(
    question: Question,
    records: Iterable[bytes] = (),
    *,
    code: int = dns.rcode.NOERROR,
    error: Ede | None = None,
    text: str = "",
    negative: bool = True,
) -> bytes:
    """A whole answer.

    Args:
        question: what was asked.
        records: records of the answer section, each as `record` makes them; none: an empty answer.
        code: the response code.
        error: the extended error, given only to who sent an OPT record.
        text: its words.
        negative: an answer without records carries a start of authority, so that it is kept for a while.
    """
    answers = list(records)
    authority = b""
    if negative and not answers:
        authority = _NOTHING
    flags = RESPONSE | (question.flags & (RECURSION_DESIRED | CHECKING_DISABLED)) | _AVAILABLE | (code & 0xF)
    parts = [
        HEADER.pack(question.id, flags, 1, len(answers), bool(authority), question.edns),
        question.raw,
        *answers,
        authority,
    ]
    if question.edns:
        parts.append(opt(code, error, text))
    return b"".join(parts)


def pass_on(question: Question, sections: Sections) -> bytes:
    """A name server's answer for one client, who gets back the name as it was spelt (draft 0x20)."""
    flags = RESPONSE | (question.flags & (RECURSION_DESIRED | CHECKING_DISABLED)) | _AVAILABLE
    counts = (1, sections.answers, sections.authority, question.edns)
    head = HEADER.pack(question.id, flags | sections.code & 0xF, *counts)
    return head + question.raw + sections.data + (_BARE_OPT if question.edns else b"")


def opt(code: int = 0, error: Ede | None = None, text: str = "") -> bytes:
    """Our OPT record, with the extended error where there is one."""
    if error is None:
        return struct.pack("!BHHBBHH", 0, 41, 1232, code >> 4, 0, 0, 0)
    words = text.encode()
    if len(words) > _LONGEST_TEXT:
        words = words[:_LONGEST_TEXT].decode(errors="ignore").encode()
    size = len(words)
    return _OPTION.pack(0, 41, 1232, code >> 4, 0, 0, size + 6, _EDE, size + 2, error) + words


_BARE_OPT = opt()


def record(kind: int, data: bytes, seconds: int = BRIEF) -> bytes:
    """A record of the asked name."""
    return _RECORD.pack(_NAME, kind, 1, seconds, len(data)) + data


def addresses(question: Question, ips: Iterable[IPv4Address | IPv6Address], seconds: int = BRIEF) -> bytes:
    """The answer with those of the addresses that suit the type asked for; no data where none does."""
    wanted = {A: IPv4Address, AAAA: IPv6Address}.get(question.type)
    return write(question, [record(question.type, ip.packed, seconds) for ip in ips if type(ip) is wanted])


def refusal(head: bytes, code: int) -> bytes:
    """The answer to what is no question: header, the code, and the question as far as it could be read.

    Args:
        head: the message's first bytes; with the question where an OPT record has to follow.
        code: the response code; above 15 it needs that record.
    """
    number, flags = struct.unpack_from("!HH", head)
    question = head[4:]
    flags = RESPONSE | (flags & 0x7900) | _AVAILABLE | (code & 0xF)
    answer = HEADER.pack(number, flags, bool(question), 0, 0, code > 15) + question
    return answer + opt(code) if code > 15 else answer


def truncated(question: Question) -> bytes:
    """The answer that says: ask again over TCP."""
    flags = RESPONSE | (question.flags & (RECURSION_DESIRED | CHECKING_DISABLED)) | _AVAILABLE | TRUNCATED
    answer = HEADER.pack(question.id, flags, 1, 0, 0, question.edns) + question.raw
    return answer + opt() if question.edns else answer
