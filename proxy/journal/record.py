"""One line of the journal, and what may never stand in it. Pure: no clock, no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rules.address import redact
from rules.policy import JournalLevel

if TYPE_CHECKING:
    from rules.decide import Decision, Request

type Row = tuple[int, str, str, str, str | None, str, str | None, str, *tuple[Any, ...]]
"""A record as plain values, in the order of the table's columns: what is sent, and what is written."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_WIDTH = 13


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """The list entry that decided: where it stands and what it says."""

    list: str
    file: str
    line: int
    entry: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What happened once.

    Attributes:
        at: when, aware, in UTC.
        person: who asked, by the policy's name for them.
        device: the address or name of the device; empty where it is not known.
        host: what was asked for; empty where it could not be read or is not kept.
        url: scheme, host and path; None where only the host is kept.
        action: `allow`, `block`, `warn` or `ask`.
        category: the category that decided, or None.
        reason: the decision's reason, such as `category` or `household`.
        rule: the entry that decided, or None.
        because: why, in one plain sentence.
    """

    at: datetime
    person: str
    device: str
    host: str
    url: str | None
    action: str
    category: str | None
    reason: str
    rule: Rule | None
    because: str = ""


def describe(
    request: Request, decision: Decision, *, at: datetime, device: str, level: JournalLevel
) -> Record | None:
    """As `note`, for people and not for the wire."""
    row = note(request, decision, at=microseconds(at), device=device, level=level)
    return None if row is None else from_row(row)


def note(request: Request, decision: Decision, *, at: int, device: str, level: JournalLevel) -> Row | None:
    """The record of a decision, or None where none may be kept.

    Help services never reach the journal: a child who looks for help must not be found out by it. The text of
    an address that could not be parsed is not kept either, because nobody knows what is in it.

    Args:
        request: what was asked.
        decision: what was answered.
        at: when, in microseconds since 1970, UTC.
        device: the device's address or name.
        level: how much the policy lets us keep for this person.
    """
    if decision.help or level is JournalLevel.OFF:
        return None
    address = request.address
    rule = decision.rule
    whole = level is JournalLevel.ADDRESS
    named = whole or level is JournalLevel.HOST
    # Where paths are not kept, an entry with a path would tell what was looked at all the same.
    told = whole or (named and (rule is None or "/" not in rule.entry))
    return (
        at,
        request.person,
        device,
        address.host if address is not None and named else "",
        redact(address) if address is not None and whole else None,
        decision.action.value,
        decision.category,
        decision.reason.value,
        *(
            (None, None, None, None)
            if rule is None or not told
            else (rule.list, rule.file, rule.line, rule.entry)
        ),
        decision.because if told or address is None else "",
    )


def as_row(record: Record) -> Row:
    """A record as plain values."""
    rule = record.rule
    return (
        microseconds(record.at),
        record.person,
        record.device,
        record.host,
        record.url,
        record.action,
        record.category,
        record.reason,
        *((None, None, None, None) if rule is None else (rule.list, rule.file, rule.line, rule.entry)),
        record.because,
    )


def from_row(row: Row) -> Record:
    """The record of plain values."""
    at, person, device, host, url, action, category, reason, *rule, because = row
    return Record(
        at=_EPOCH + timedelta(microseconds=at),
        person=person,
        device=device,
        host=host,
        url=url,
        action=action,
        category=category,
        reason=reason,
        rule=None if rule[0] is None else Rule(list=rule[0], file=rule[1], line=rule[2], entry=rule[3]),
        because=because,
    )


def is_row(value: object) -> bool:
    """Whether something that was sent may be a row."""
    return isinstance(value, tuple) and len(value) == _WIDTH


def microseconds(at: datetime) -> int:
    """A moment in microseconds since 1970, UTC."""
    return (at - _EPOCH) // _MICROSECOND


def as_json(record: Record) -> dict[str, Any]:
    """The record in the shape of `log show --json`; the time in UTC, ISO 8601 with milliseconds and Z."""
    rule = record.rule
    return {
        "at": record.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "person": record.person,
        "device": record.device,
        "host": record.host,
        "url": record.url,
        "action": record.action,
        "category": record.category,
        "reason": record.reason,
        "rule": None
        if rule is None
        else {"list": rule.list, "file": rule.file, "line": rule.line, "entry": rule.entry},
    }
